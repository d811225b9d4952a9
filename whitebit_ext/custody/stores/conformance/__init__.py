"""The conformance suite: tests of what custody requires of a store, for custom stores.

From the command line, with a function that opens the store, named as ``module:function``::

    export WHITEBIT_OAUTH_STORE=partner.custody:open_store
    pytest --pyargs whitebit_ext.custody.stores.conformance

or in a test file::

    class TestMyStore(StoreConformance):
        @pytest.fixture
        def open_store(self, tmp_path):
            return lambda: MyStore(tmp_path / "rows")

Every call opens the same rows again, as another process would; a store that is not durable is
opened once per test. The suite uses kinds that start with ``conformance-`` and deletes their rows
when a test ends; other rows are not changed. It requires only pytest.
"""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    *(f"{__name__}.{module}" for module in ("opening", "optional", "processes", "races", "rows"))
)

from .optional import OptionalConformance  # noqa: E402  # after the registration for rewriting
from .processes import ProcessConformance  # noqa: E402  # likewise
from .races import RaceConformance  # noqa: E402  # likewise
from .rows import RowConformance  # noqa: E402  # likewise

__all__ = ["StoreConformance"]


class StoreConformance(RowConformance, RaceConformance, ProcessConformance, OptionalConformance):
    """All tests of a store; a subclass provides the ``open_store`` fixture."""
