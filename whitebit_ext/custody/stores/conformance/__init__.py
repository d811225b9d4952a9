"""The conformance suite: what custody relies on, as tests that anybody runs on their own store.

From the command line, with a function that opens the store, named as ``module:function``::

    export WHITEBIT_OAUTH_STORE=partner.custody:open_store
    pytest --pyargs whitebit_ext.custody.stores.conformance

or in a test file, beside the partner's other tests::

    class TestMyStore(StoreConformance):
        @pytest.fixture
        def open_store(self, tmp_path):
            return lambda: MyStore(tmp_path / "rows")

Every call opens the same rows anew, as another process would; a store that forgets is opened
once per test. The suite uses kinds of its own, which start with ``conformance-``, and deletes
their rows when a test ends: the rows of others stay as they are. It needs pytest and nothing else.
"""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    *(f"{__name__}.{module}" for module in ("opening", "optional", "processes", "races", "rows"))
)

from .optional import OptionalConformance  # noqa: E402  # rewritten when it is imported
from .processes import ProcessConformance  # noqa: E402  # likewise
from .races import RaceConformance  # noqa: E402  # likewise
from .rows import RowConformance  # noqa: E402  # likewise

__all__ = ["StoreConformance"]


class StoreConformance(RowConformance, RaceConformance, ProcessConformance, OptionalConformance):
    """Hold a store to all that custody relies on; a subclass brings the ``open_store`` fixture."""
