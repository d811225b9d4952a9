"""What the tests of the cassettes share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal


@pytest.fixture(scope="session", params=["sync", "async"])
def portal(request: pytest.FixtureRequest) -> Iterator[BlockingPortal | None]:
    """Run the event loop of the async face; none for the sync one."""
    if request.param == "sync":
        yield None
        return
    with start_blocking_portal("asyncio") as portal:
        yield portal
