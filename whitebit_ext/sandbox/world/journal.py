"""The log of requests and breaches; it contains no secret values."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import attrs

from ..operations import OPERATIONS, Operation, Region


@attrs.define
class RequestRecord:
    """A request as the server received it.

    Attributes:
        ordinal: The number of the request, starting at 1.
        time: The time of arrival on the sandbox's clock, in Unix seconds.
        operation: The name of the operation, or None for an unknown path.
        status: The response status; None during processing and for dropped connections.
        header_names: The names of the request headers in lower case.
        credentials: Labels of the presented credentials, such as `"client_secret"` or
            `"access_token of alice"`.
        fault: The kind of the fault that was applied, or None.
        address: The caller's IP address.
    """

    ordinal: int
    time: float
    region: Region
    method: str
    path: str
    operation: str | None
    header_names: tuple[str, ...]
    address: str
    credentials: tuple[str, ...] = ()
    status: int | None = None
    fault: str | None = None


@attrs.frozen
class Breach:
    """A breach of the contract by a caller.

    Attributes:
        ordinal: The number of the request.
        rule: A short stable name, such as `"unknown-field"`.
        detail: A description without values, which could be secret.
    """

    ordinal: int
    path: str
    rule: str
    detail: str


@attrs.frozen
class Note:
    """Something in a request that is not documented, and that WhiteBIT's server accepts.

    Attributes:
        ordinal: The number of the request.
        rule: A short stable name, such as `"extra-field"`.
        detail: A description without values, which could be secret.
    """

    ordinal: int
    path: str
    rule: str
    detail: str


@attrs.define(eq=False)
class Journal:
    """Requests, breaches, notes and connections in order of arrival."""

    _lock: threading.Lock = attrs.field(factory=threading.Lock, repr=False)
    _requests: list[RequestRecord] = attrs.field(factory=list, repr=False)
    _breaches: list[Breach] = attrs.field(factory=list, repr=False)
    _notes: list[Note] = attrs.field(factory=list, repr=False)
    _connections: dict[str, int] = attrs.field(factory=dict, repr=False)
    _arrived: int = 0

    def arrive(
        self,
        *,
        time: float,
        region: Region,
        method: str,
        path: str,
        operation: Operation | None,
        header_names: Iterable[str],
        address: str,
    ) -> RequestRecord:
        """Add a request on arrival, and return its record, to be completed later."""
        with self._lock:
            self._arrived += 1
            record = RequestRecord(
                ordinal=self._arrived,
                time=time,
                region=region,
                method=method,
                path=path,
                operation=operation.name if operation else None,
                header_names=tuple(header_names),
                address=address,
            )
            self._requests.append(record)
            return record

    def connect(self, region: Region) -> None:
        """Count an accepted connection."""
        with self._lock:
            self._connections[region] = self._connections.get(region, 0) + 1

    def breach(self, record: RequestRecord, rule: str, detail: str) -> None:
        """Add a breach of the contract."""
        with self._lock:
            self._breaches.append(Breach(record.ordinal, record.path, rule, detail))

    def note(self, record: RequestRecord, rule: str, detail: str) -> None:
        """Add a note."""
        with self._lock:
            self._notes.append(Note(record.ordinal, record.path, rule, detail))

    def requests(self) -> list[RequestRecord]:
        """Return the requests, oldest first."""
        with self._lock:
            return list(self._requests)

    def breaches(self) -> list[Breach]:
        """Return the breaches, oldest first."""
        with self._lock:
            return list(self._breaches)

    def notes(self) -> list[Note]:
        """Return the notes, oldest first."""
        with self._lock:
            return list(self._notes)

    def connections(self, region: Region | None) -> int:
        """Return the number of accepted connections."""
        with self._lock:
            if region is None:
                return sum(self._connections.values())
            return self._connections.get(region, 0)

    def count(
        self,
        method: str | None,
        path: str | None,
        region: Region | None,
        status: int | None,
    ) -> int:
        """Return the number of matching requests; see `Sandbox.count`."""
        name = next((o.name for o in OPERATIONS.values() if path in (o.name, o.template)), None)
        return sum(
            1
            for record in self.requests()
            if (method is None or record.method == method)
            and (path is None or record.path == path or (name and record.operation == name))
            and (region is None or record.region == region)
            and (status is None or record.status == status)
        )

    def forget(self) -> None:
        """Clear the requests, the breaches, the notes and the count of connections."""
        with self._lock:
            self._requests.clear()
            self._breaches.clear()
            self._notes.clear()
            self._connections.clear()
