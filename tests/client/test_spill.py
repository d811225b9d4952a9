"""The spill directory: where a secret goes that the store does not take, and how it comes back."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from whitebit_ext import WhiteBIT
from whitebit_ext.errors import InvalidArgument, SecretLost, SecretNotStored, StoreUnavailable

from .face_store import failing_store  # noqa: F401  # a fixture
from .faces import Face
from .failing import FailingStore
from .spilling import (
    ready,
    spill,
    spill_directory,  # noqa: F401  # a fixture
    spilling_partner,  # noqa: F401  # a fixture
)

SECRET = "get_api_key_secret"


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
        user.api_key.issue()
    assert caught.value.hint
    assert asked(face) == 0
    if directory.is_file():
        directory.unlink()
    directory.mkdir()
    assert user.api_key.issue().secret.reveal() == made.secret


@pytest.mark.parametrize("call", ["open", "fsync", "unlink"])
def test_a_disk_that_fails_before(
    face: Face, partner: WhiteBIT, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full or broken disk is noticed before the secret is put at risk."""
    user, made = ready(face, partner)

    def fail(*arguments: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(f"whitebit_ext.custody.spill.os.{call}", fail)
        with pytest.raises(StoreUnavailable, match="No space left on device"):
            user.api_key.issue()
    assert asked(face) == 0
    assert user.api_key.issue().secret.reveal() == made.secret


def test_nothing_is_left_of_the_pre_flight(face: Face, partner: WhiteBIT, directory: Path) -> None:
    """A retrieval that goes well leaves the directory empty."""
    user, _ = ready(face, partner)
    user.api_key.issue()
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
    assert user.api_key.issue().secret.reveal() == made.secret
    assert face.sandbox.count() == requests
    assert list(directory.iterdir()) == []
    assert face.partner().user("alice").api_key.issue().secret.reveal() == made.secret
    assert partner.lost() == ()
    assert user.signed.account.balances.main() is not None


def test_another_process_on_the_machine_takes_it_in(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """The directory belongs to the machine, not to the process that spilled."""
    user, made = ready(face, partner)
    spill(face, store, user)
    other = face.partner(spill=directory).user("alice")
    assert other.api_key.issue().secret.reveal() == made.secret
    assert (asked(face), list(directory.iterdir())) == (1, [])


@pytest.mark.parametrize("call", ["signed", "any", "maintain"])
def test_reads_and_maintenance_take_it_in(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path, call: str
) -> None:
    """Another process of the machine signs with a spilled key without asking for it first."""
    user, _ = ready(face, partner)
    spill(face, store, user)
    other = face.partner(spill=directory)
    if call == "maintain":
        other.maintain()
        other = face.partner()
    reads = other.user("alice").signed if call == "signed" else other.user("alice")
    assert reads.account.balances.main()
    sent = face.sandbox.requests[-1]
    assert "x-txc-signature" in sent.header_names
    assert (asked(face), list(directory.iterdir())) == (1, [])


def test_reads_do_not_list_the_directory(
    face: Face, partner: WhiteBIT, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory that does not change costs a read one look at its time stamp."""
    user, _ = ready(face, partner)
    user.api_key.issue()
    os.utime(directory, (1, 1))
    user.account.balances.main()
    listed = list[Path]()
    real = Path.glob

    def glob(self: Path, *arguments: Any, **options: Any) -> Any:
        listed.append(self)
        return real(self, *arguments, **options)

    monkeypatch.setattr(Path, "glob", glob)
    for _ in range(5):
        user.account.balances.main()
    assert listed == []


def test_a_read_does_without_a_file_that_cannot_be_opened(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """A file that somebody changed stays where it is, and stops no read and no other user."""
    user, _ = ready(face, partner)
    spill(face, store, user)
    bob, _ = ready(face, partner, "bob")
    (file,) = directory.iterdir()
    spill(face, store, bob)
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    fresh = face.partner(spill=directory)
    assert fresh.user("alice").account.balances.main()
    fresh.maintain()
    assert list(directory.iterdir()) == [file]
    assert fresh.user("bob").signed.account.balances.main()


def test_partners_share_a_directory(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """What belongs to another client is neither opened nor counted."""
    user, _ = ready(face, partner)
    spill(face, store, user)
    other = face.partner(spill=directory, client_id="another partner")
    other.maintain()
    assert len(list(directory.iterdir())) == 1


def test_a_store_that_only_reads_serves_reads(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """While the store takes no writes, a file stays; a read goes on, and maintenance fails."""
    user, _ = ready(face, partner)
    spill(face, store, user)
    other = face.partner(spill=directory)
    store.fails = lambda method, kind: method == "put"
    assert other.user("alice").account.balances.main()
    with pytest.raises(StoreUnavailable):
        other.maintain()
    assert len(list(directory.iterdir())) == 1


def test_it_stays_until_the_store_has_it(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """A store that still fails leaves the file where it is."""
    user, made = ready(face, partner)
    spill(face, store, user)
    store.fails = lambda method, kind: method == "put"
    with pytest.raises(StoreUnavailable):
        user.api_key.issue()
    assert len(list(directory.iterdir())) == 1
    store.mend()
    assert user.api_key.issue().secret.reveal() == made.secret


def test_a_late_secret_replaces_a_loss(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """A machine without the file may call it lost; the one that has it sets that right."""
    user, made = ready(face, partner)
    store.fails = lambda method, kind: made.secret_taken
    with pytest.raises(SecretNotStored):
        user.api_key.issue()
    store.mend()
    elsewhere = face.partner().user("alice")
    with pytest.raises(SecretLost):
        elsewhere.api_key.issue(timeout=120)  # the lease could not be given back
    assert [loss.outcome for loss in partner.lost()] == ["lost"]
    assert user.api_key.issue().secret.reveal() == made.secret
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

    monkeypatch.setattr(f"whitebit_ext.custody.spill.os.{call}", fail)
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


def test_without_a_directory(face: Face, store: FailingStore) -> None:
    """A partner without one is told to keep the secret and adopt it."""
    user, made = ready(face, face.partner())
    error = spill(face, store, user)
    assert error.secret is not None
    assert error.secret.reveal() == made.secret
    assert "adopt()" in error.hint
