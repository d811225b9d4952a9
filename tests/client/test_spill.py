"""The spill directory: where a secret goes that the store does not take, and how it comes back."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from whitebit_ext import User, WhiteBIT, generate_encryption_key
from whitebit_ext.errors import (
    EncryptionKeyMissing,
    InvalidArgument,
    NotFound,
    SealBroken,
    SecretLost,
    SecretNotStored,
    StoreUnavailable,
)
from whitebit_ext.sandbox import ApiKey

from .faces import Face, connected
from .failing import FailingStore

SECRET = "get_api_key_secret"


@pytest.fixture
def store(face: Face) -> FailingStore:
    """Return the store of all partners of the face."""
    store = FailingStore()
    face.store = store
    return store


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return an empty spill directory."""
    made = tmp_path / "spill"
    made.mkdir()
    return made


@pytest.fixture
def partner(face: Face, store: FailingStore, directory: Path) -> WhiteBIT:
    """Return a partner with a store that can fail and a spill directory."""
    return face.partner(spill=directory)


def ready(face: Face, partner: WhiteBIT) -> tuple[User, ApiKey]:
    """Connect a user whose key is there already, its secret untouched."""
    user = connected(face, partner=partner)
    face.clock.advance(2)
    made = face.sandbox.key("alice", face.client)
    assert made is not None
    return user, made


@contextlib.contextmanager
def store_away(face: Face, store: FailingStore) -> Iterator[None]:
    """Have the store fail from the moment on at which the server gives the secret out."""
    made = face.sandbox.key("alice", face.client)
    assert made is not None
    store.fails = lambda method, kind: made.secret_taken
    yield
    store.mend()


def spill(face: Face, store: FailingStore, user: User) -> SecretNotStored:
    """Let a secret come while the store fails, and return the error."""
    with store_away(face, store), pytest.raises(SecretNotStored) as caught:
        user.api_keys.issue()
    return caught.value


def asked(face: Face) -> int:
    """Return how often the secret was asked for."""
    return face.sandbox.count("GET", SECRET)


# Before the request


def break_by_removal(directory: Path) -> None:
    """Take the directory away."""
    shutil.rmtree(directory)


def break_by_a_file(directory: Path) -> None:
    """Put a file in the directory's place."""
    directory.rmdir()
    directory.write_bytes(b"")


@pytest.mark.parametrize("spoil", [break_by_removal, break_by_a_file])
def test_a_directory_that_cannot_be_written(
    face: Face, partner: WhiteBIT, directory: Path, spoil: Any
) -> None:
    """The secret is not asked for, and comes once the directory is mended."""
    user, made = ready(face, partner)
    spoil(directory)
    with pytest.raises(StoreUnavailable, match="the spill directory") as caught:
        user.api_keys.issue()
    assert caught.value.hint
    assert asked(face) == 0
    if directory.is_file():
        directory.unlink()
    directory.mkdir()
    assert user.api_keys.issue().secret.reveal() == made.secret


@pytest.mark.parametrize("call", ["open", "fsync", "unlink"])
def test_a_disk_that_fails_before(
    face: Face, partner: WhiteBIT, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full or broken disk is noticed before the secret is put at risk."""
    user, made = ready(face, partner)

    def fail(*arguments: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(f"whitebit_ext.spill.os.{call}", fail)
        with pytest.raises(StoreUnavailable, match="No space left on device"):
            user.api_keys.issue()
    assert asked(face) == 0
    assert user.api_keys.issue().secret.reveal() == made.secret


def test_nothing_is_left_of_the_pre_flight(face: Face, partner: WhiteBIT, directory: Path) -> None:
    """A retrieval that goes well leaves the directory empty."""
    user, _ = ready(face, partner)
    user.api_keys.issue()
    assert list(directory.iterdir()) == []


@pytest.mark.parametrize("wrong", ["nowhere", "a_file"])
def test_what_is_no_directory(face: Face, tmp_path: Path, wrong: str) -> None:
    """A spill that is no directory fails at the construction, by its name."""
    (tmp_path / "a_file").write_bytes(b"")
    with pytest.raises(InvalidArgument, match="is not a directory") as caught:
        face.partner(spill=tmp_path / wrong)
    assert caught.value.argument == "spill"


# After the answer


def test_the_secret_is_spilled_sealed(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """A store that fails after the 200 costs nothing: a sealed file of mode 0600 holds the key."""
    user, made = ready(face, partner)
    error = spill(face, store, user)
    assert error.secret is not None
    assert error.secret.reveal() == made.secret
    assert "spill directory of this machine" in error.hint
    assert made.secret not in f"{error} {error!r}"
    (file,) = directory.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.suffix == ".sealed"
    content = file.read_bytes()
    for shown in (made.secret, made.external_id, "alice"):
        assert shown.encode() not in content
        assert shown not in file.name


def test_a_umask_opens_it_to_nobody(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """The file is born with its mode, whatever the umask allows."""
    user, _ = ready(face, partner)
    before = os.umask(0)
    try:
        spill(face, store, user)
    finally:
        os.umask(before)
    (file,) = directory.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_next_issue_takes_it_in(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """It is stored, returned and removed, and the server is not asked again."""
    user, made = ready(face, partner)
    spill(face, store, user)
    requests = face.sandbox.count()
    assert user.api_keys.issue().secret.reveal() == made.secret
    assert face.sandbox.count() == requests
    assert list(directory.iterdir()) == []
    assert face.partner().user("alice").api_keys.issue().secret.reveal() == made.secret
    assert partner.lost() == ()
    assert user.signed.account.balances.main() is not None


def test_another_process_on_the_machine_takes_it_in(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """The directory belongs to the machine, not to the process that spilled."""
    user, made = ready(face, partner)
    spill(face, store, user)
    other = face.partner(spill=directory).user("alice")
    assert other.api_keys.issue().secret.reveal() == made.secret
    assert (asked(face), list(directory.iterdir())) == (1, [])


def test_it_stays_until_the_store_has_it(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """A store that still fails leaves the file where it is."""
    user, made = ready(face, partner)
    spill(face, store, user)
    store.fails = lambda method, kind: method == "put" and kind == "key"
    with pytest.raises(StoreUnavailable):
        user.api_keys.issue()
    assert len(list(directory.iterdir())) == 1
    store.mend()
    assert user.api_keys.issue().secret.reveal() == made.secret


def test_a_late_secret_replaces_a_loss(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """A machine without the file may call it lost; the one that has it sets that right."""
    user, made = ready(face, partner)
    store.fails = lambda method, kind: made.secret_taken
    with pytest.raises(SecretNotStored):
        user.api_keys.issue()
    store.mend()
    elsewhere = face.partner().user("alice")
    with pytest.raises(SecretLost):
        elsewhere.api_keys.issue(timeout=60)  # the lease could not be given back
    assert [loss.outcome for loss in partner.lost()] == ["lost"]
    assert user.api_keys.issue().secret.reveal() == made.secret
    assert partner.lost() == ()


@pytest.mark.parametrize("call", ["open", "fsync"])
def test_a_disk_that_fails_as_well(
    face: Face,
    store: FailingStore,
    partner: WhiteBIT,
    call: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where store and disk fail, the secret is in the error all the same."""
    user, made = ready(face, partner)
    real = getattr(os, call)

    def fail(*arguments: Any, **options: Any) -> Any:
        if made.secret_taken:
            raise OSError(5, "Input/output error")
        return real(*arguments, **options)

    monkeypatch.setattr(f"whitebit_ext.spill.os.{call}", fail)
    error = spill(face, store, user)
    assert error.secret is not None
    assert error.secret.reveal() == made.secret
    assert "adopt()" in error.hint


def test_a_directory_that_goes_away_in_between(
    face: Face,
    store: FailingStore,
    partner: WhiteBIT,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A rename that fails ends in the error with the secret, never in one without."""
    user, made = ready(face, partner)

    def fail(self: Path, target: Path) -> None:
        raise OSError(2, "No such file or directory")

    monkeypatch.setattr(Path, "replace", fail)
    error = spill(face, store, user)
    assert error.secret is not None
    assert error.secret.reveal() == made.secret
    assert "adopt()" in error.hint


# What lies there


def test_a_changed_file(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """A file that somebody changed is `SealBroken`, named, and nothing is asked or removed."""
    user, _ = ready(face, partner)
    spill(face, store, user)
    (file,) = directory.iterdir()
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    requests = face.sandbox.count()
    for _ in range(2):
        with pytest.raises(SealBroken, match=file.name) as caught:
            user.api_keys.issue()
        assert "tampering" in caught.value.hint
    assert face.sandbox.count() == requests
    assert file.exists()


def test_a_file_of_another_user(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """A file put in another user's place does not open there."""
    user, _ = ready(face, partner)
    spill(face, store, user)
    (file,) = directory.iterdir()
    bob = partner.user("bob")
    spilled = partner._engine._spill
    assert spilled is not None
    shutil.copy(file, spilled._path(spilled._place("bob")))
    with pytest.raises(SealBroken):
        bob.api_keys.issue()


def test_a_file_of_a_key_that_is_gone(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """Without the encryption key that sealed it, it is an error that names the key, and stays."""
    user, made = ready(face, partner)
    spill(face, store, user)
    fresh = generate_encryption_key()
    alone = face.partner(spill=directory, keys=[fresh])
    with pytest.raises(EncryptionKeyMissing, match="spill"):
        alone.user("alice").api_keys.issue()
    assert len(list(directory.iterdir())) == 1
    rotated = face.partner(spill=directory, keys=[fresh, *face.keys])
    assert rotated.user("alice").api_keys.issue().secret.reveal() == made.secret


def test_a_file_that_cannot_be_read(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """What the file system raises is `StoreUnavailable`, never an absence."""
    user, _ = ready(face, partner)
    spill(face, store, user)
    (file,) = directory.iterdir()
    file.unlink()
    file.mkdir()
    with pytest.raises(StoreUnavailable, match="cannot be read"):
        user.api_keys.issue()


def replaced(face: Face, store: FailingStore, partner: WhiteBIT) -> tuple[User, ApiKey]:
    """Spill a key, let the user delete it and connect anew elsewhere; return the later key."""
    user, made = ready(face, partner)
    spill(face, store, user)
    face.sandbox.delete_key(made.external_id)
    elsewhere = face.partner()
    again = connected(face, partner=elsewhere)
    face.clock.advance(2)
    later = face.sandbox.key("alice", face.client)
    assert later is not None
    assert again.api_keys.issue().secret.reveal() == later.secret
    return user, later


def test_a_spilled_key_never_replaces_a_later_one(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """After a reconnect on another machine the file is a predecessor's: it goes."""
    user, later = replaced(face, store, partner)
    assert user.api_keys.issue().secret.reveal() == later.secret
    assert list(directory.iterdir()) == []
    assert face.partner().user("alice").api_keys.issue().secret.reveal() == later.secret


def test_clocks_that_differ_do_not_choose_the_older_key(
    face: Face, store: FailingStore, partner: WhiteBIT
) -> None:
    """Which key is the later one is told by the login, not by machines' clocks."""
    user, made = ready(face, partner)
    face.clock.ahead = 300
    spill(face, store, user)
    face.clock.ahead = 0
    face.sandbox.delete_key(made.external_id)
    again = connected(face, partner=face.partner())
    face.clock.advance(2)
    later = again.api_keys.issue()
    assert user.api_keys.issue().secret == later.secret


def test_an_adopted_key_stays(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """Whoever adopts the key from the error finds that one, and the file goes."""
    user, made = ready(face, partner)
    error = spill(face, store, user)
    assert error.secret is not None
    face.clock.advance(5)
    partner.adopt("alice", public_key="another-name", secret=error.secret.reveal())
    key = user.api_keys.issue()
    assert (key.public_key, key.secret.reveal()) == ("another-name", made.secret)
    assert list(directory.iterdir()) == []


def test_forgetting_reaches_the_directory(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """A user who is forgotten does not come back out of a file."""
    user, _ = ready(face, partner)
    spill(face, store, user)
    partner.forget("alice")
    assert list(directory.iterdir()) == []
    assert store.rows("key") == []


def test_deleting_reaches_the_directory(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """A key that is deleted does not come back out of a file."""
    user, made = ready(face, partner)
    spill(face, store, user)
    user.api_keys.delete()
    assert made.deleted == "partner"
    assert list(directory.iterdir()) == []
    assert store.rows("key") == []
    with pytest.raises(NotFound):
        user.api_keys.delete()


def test_each_user_has_a_file(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """Files of users do not meet, of whatever letters the ids are."""
    spilled = partner._engine._spill
    assert spilled is not None
    names = {
        spilled._path(spilled._place(user)).name
        for user in ("a", "b", "ab", "a/b", "../a", "é", "a\u0301")
    }
    assert len(names) == 7
    assert all(len(name) == 71 for name in names)


def test_without_a_directory(face: Face, store: FailingStore) -> None:
    """A partner without one is told to keep the secret and adopt it."""
    user, made = ready(face, face.partner())
    error = spill(face, store, user)
    assert error.secret is not None
    assert error.secret.reveal() == made.secret
    assert "adopt()" in error.hint
