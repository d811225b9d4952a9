"""Pages of records; the record classes are generated from the spec."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import attrs

from whitebit_api.records import Record

from .frames import to_dict

R = TypeVar("R", bound=Record)


@attrs.frozen
class Page(Generic[R]):
    """The rows of one response, newest first.

    Attributes:
        records: The rows.
        total: Number of rows of the whole list, if the server returns it.
    """

    records: tuple[R, ...]
    total: int | None = None

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[R]:
        return iter(self.records)

    def __bool__(self) -> bool:
        return bool(self.records)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return one flat dict per row (see ``to_dict``)."""
        return [to_dict(record) for record in self.records]
