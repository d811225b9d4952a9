"""Erasing a user: no row, id or entry has the name then, and after a VACUUM no byte of a file."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from whitebit_ext import SQLStore, StatusState
from whitebit_ext.custody.stores import Row
from whitebit_ext.errors import SecretNotStored
from whitebit_ext.sandbox import ApiKey

from .face_store import failing_store  # noqa: F401  # a fixture
from .faces import Face, connected
from .failing import DiskFullError, FailingStore
from .using import read

NAME = "Wilhelmine-Quast-7731"
PLACES = ("", "spill", "connection", "login")


class AwayStore(SQLStore):
    """A SQLite store that fails once a key's secret was given out.

    Attributes:
        key: The key; ``None`` for a store that works.
    """

    key: ApiKey | None = None

    def _answer(self) -> None:
        if self.key is not None and self.key.secret_taken:
            raise DiskFullError

    def get(self, kind: str, id: str) -> Row | None:
        """Return the row, or fail."""
        self._answer()
        return super().get(kind, id)

    def put(
        self,
        kind: str,
        id: str,
        data: bytes,
        expect: int | None,
        *,
        expires_at: float | None = None,
    ) -> int | None:
        """Write the row, or fail."""
        self._answer()
        return super().put(kind, id, data, expect, expires_at=expires_at)


def traces(folder: Path, face: Face) -> list[str]:
    """Return the files below a folder whose name or bytes contain the user or a digest."""
    origin, client = face.sandbox.url("global"), face.client.client_id
    texts = [NAME.encode()]
    for kind in PLACES:
        parts = [part.encode() for part in (kind, origin, client, NAME) if part]
        texts += [b"".join(len(part).to_bytes(4, "big") + part for part in parts)]
    marks = {NAME.encode(), NAME.encode().hex().encode()}
    for text in texts:
        for digest in (hashlib.md5, hashlib.sha1, hashlib.sha256):
            made = digest(text)
            marks |= {made.digest(), made.hexdigest()[:16].encode()}
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file()
        and any(mark in path.read_bytes() or mark in path.name.encode() for mark in marks)
    ]


@pytest.mark.parametrize("way", ["erase", "disconnect"])
def test_nothing_names_the_user(face: Face, tmp_path: Path, way: str) -> None:
    """A user with a key, a record of use, an open login and a spilled response leaves no trace."""
    spill = tmp_path / "spill"
    spill.mkdir()
    with AwayStore(f"sqlite:///{tmp_path / 'custody.db'}") as store:
        face.store = store
        partner = face.partner(spill=spill)
        for name in (NAME, "somebody else"):
            user = connected(face, name, partner=partner)
            face.clock.advance(2)
            user.api_key.issue()
            read(user)
        user = partner.user(NAME)
        user.api_key.delete()
        store.key = face.sandbox.add_key(NAME, face.client)
        with pytest.raises(SecretNotStored):
            user.api_key.issue()
        store.key = None
        partner.authorize(NAME)
        assert any(name.startswith("custody.db") for name in traces(tmp_path, face))
        assert len(list(spill.iterdir())) == 1
        assert traces(spill, face) == []
        if way == "erase":
            partner.erase(NAME)
        else:
            left = user.disconnect()
            assert (left.is_finished, left.left) == (True, ())
        assert NAME.encode() not in (tmp_path / "custody.db-wal").read_bytes()
        with closing(sqlite3.connect(tmp_path / "custody.db")) as database:
            for kind, id in database.execute("SELECT kind, id FROM whitebit_oauth_rows"):
                assert NAME not in f"{kind} {id}"
            # SQLite leaves bytes of rows that it moved in the free part of a page, even with
            # secure_delete (docs/erasing.md).
            database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert traces(tmp_path, face) == []
        assert list(spill.iterdir()) == []
        face.clock.advance(61)
        entries = partner.journal()
        assert "connection.removed" in [entry.name for entry in entries]
        assert NAME not in str(entries)
        assert partner.user("somebody else").api_key.issue().external_id


@pytest.mark.parametrize("kind", ["connection", "logins", "use"])
def test_a_row_that_cannot_be_read_is_erased_as_well(
    face: Face, store: FailingStore, kind: str
) -> None:
    """A damaged row, or one whose encryption key was lost, does not keep a user here for ever."""
    partner = face.partner()
    user = connected(face, partner=partner)
    face.clock.advance(2)
    user.api_key.issue()
    read(user)
    store.spoils = lambda spoiled: spoiled == kind
    partner.erase(user.id)
    store.mend()
    assert store.rows(kind) == []
    assert user.status().state is StatusState.NONE
    key = face.sandbox.key(user.id, face.client)
    assert key is not None
    face.sandbox.delete_key(key.external_id, "user")
    assert connected(face, partner=partner).status().state is StatusState.CHOOSING


def test_a_list_of_logins_that_cannot_be_read_is_replaced(face: Face, store: FailingStore) -> None:
    """It blocks neither the state nor the next login of its user."""
    partner = face.partner()
    partner.authorize("alice")
    (id,) = store.scan("logins")
    row = store.get("logins", id)
    assert row is not None
    store.put("logins", id, row.data[:-1] + bytes([row.data[-1] ^ 1]), row.version)
    assert partner.user("alice").status().state is StatusState.NONE
    assert connected(face, partner=partner).status().state is StatusState.CHOOSING
