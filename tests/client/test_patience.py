"""Waits that spread."""

from __future__ import annotations

from whitebit_ext.http.backoff import jittered


def test_jitter_only_lengthens() -> None:
    """A wait is spread over 100 to 125 %: nobody comes before the time that was agreed."""
    assert (jittered(8.0, lambda: 0.0), jittered(8.0, lambda: 1.0)) == (8.0, 10.0)
    drawn = [jittered(4.0) for _ in range(100)]
    assert all(4.0 <= seconds <= 5.0 for seconds in drawn)
    assert len(set(drawn)) > 1
