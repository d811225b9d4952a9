"""The log of requests and of the callers' breaches; no secret value is ever in it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from .operations import OPERATIONS, Operation, Region


@dataclass(slots=True)
class RequestRecord:
    """One request as the server saw it.

    Attributes:
        ordinal: 1 for the first request.
        time: Unix seconds of the sandbox's clock on arrival.
        operation: The operation's name, or None for a path that the region does not serve.
        status: The answered status; None while it is being served, and for a connection that was
            dropped.
        header_names: Names of the request's headers in lower case.
        credentials: What was presented, as labels such as `"client_secret"` or `"access_token of
            alice"`.
        fault: The kind of the fault that struck, or None.
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


@dataclass(frozen=True, slots=True)
class Breach:
    """Something that a caller did against the contract.

    Attributes:
        ordinal: The request's ordinal in the log.
        rule: A short stable name, such as `"unknown-field"`.
        detail: What was wrong, in words, without values that may be secret.
    """

    ordinal: int
    path: str
    rule: str
    detail: str


@dataclass(slots=True)
class Journal:
    """Requests, breaches and connections in the order of their arrival."""

    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _requests: list[RequestRecord] = field(default_factory=list, repr=False)
    _breaches: list[Breach] = field(default_factory=list, repr=False)
    _connections: dict[str, int] = field(default_factory=dict, repr=False)
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
        """Write down a request that has just come in, and return its record to be completed."""
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
        """Write down a breach of the contract."""
        with self._lock:
            self._breaches.append(Breach(record.ordinal, record.path, rule, detail))

    def requests(self) -> list[RequestRecord]:
        """Return the requests, oldest first."""
        with self._lock:
            return list(self._requests)

    def breaches(self) -> list[Breach]:
        """Return the breaches, oldest first."""
        with self._lock:
            return list(self._breaches)

    def connections(self, region: Region | None) -> int:
        """Return how many connections were ever accepted."""
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
        """Count the requests that match all that is given; see `Sandbox.count`."""
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
        """Empty the log, the breaches and the count of connections."""
        with self._lock:
            self._requests.clear()
            self._breaches.clear()
            self._connections.clear()
