"""The suite, for the store named by an environment variable (see the package)."""

from __future__ import annotations

import importlib
import os
from typing import cast

import pytest

from . import StoreConformance
from .opening import Open

_VARIABLE = "WHITEBIT_OAUTH_STORE"


class TestStore(StoreConformance):
    """Run the suite on the store that `WHITEBIT_OAUTH_STORE` names."""

    @pytest.fixture
    def open_store(self) -> Open:
        """Return the function named by the environment variable."""
        named = os.environ.get(_VARIABLE, "")
        module, _, name = named.partition(":")
        if not module or not name:
            pytest.fail(
                f"set {_VARIABLE}=module:function, the function that opens your store; "
                f"it is {named!r}",
                pytrace=False,
            )
        return cast(Open, getattr(importlib.import_module(module), name))
