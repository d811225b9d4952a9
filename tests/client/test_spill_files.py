"""What lies in the spill directory: files that are wrong, outlived, or not to come back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from whitebit_ext import User, WhiteBIT, generate_encryption_key
from whitebit_ext.errors import (
    EncryptionKeyMissing,
    KeyAbsent,
    NotConnected,
    SealBroken,
    StoreUnavailable,
)
from whitebit_ext.sandbox import ApiKey

from ..looking import key_of
from .face_store import failing_store  # noqa: F401  # a fixture
from .faces import Face, connected
from .failing import FailingStore
from .refreshing import in_thread
from .spilling import (
    ready,
    spill,
    spill_directory,  # noqa: F401  # a fixture
    spilling_partner,  # noqa: F401  # a fixture
)


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
            user.api_key.issue()
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
    bob, _ = ready(face, partner, "bob")
    spill(face, store, bob)
    (place,) = set(directory.iterdir()) - {file}
    shutil.copy(file, place)
    with pytest.raises(SealBroken):
        bob.api_key.issue()


def test_a_file_of_a_key_that_is_gone(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """Without the encryption key that sealed it, it is an error that names the key, and stays."""
    user, made = ready(face, partner)
    spill(face, store, user)
    fresh = generate_encryption_key()
    alone = face.partner(spill=directory, encryption_keys=[fresh])
    with pytest.raises(EncryptionKeyMissing):
        alone.user("alice").api_key.issue()
    assert len(list(directory.iterdir())) == 1
    rotated = face.partner(spill=directory, encryption_keys=[fresh, *face.keys])
    assert rotated.user("alice").api_key.issue().secret.reveal() == made.secret


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
        user.api_key.issue()


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
    assert again.api_key.issue(timeout=60).secret.reveal() == later.secret
    return user, later


def test_a_spilled_key_never_replaces_a_later_one(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """After a reconnect on another machine the file is a predecessor's: it goes."""
    user, later = replaced(face, store, partner)
    assert user.api_key.issue().secret.reveal() == later.secret
    assert list(directory.iterdir()) == []
    assert face.partner().user("alice").api_key.issue().secret.reveal() == later.secret


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
    later = again.api_key.issue(timeout=60)
    assert user.api_key.issue().secret == later.secret


def test_an_adopted_key_stays(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """Whoever adopts the key from the error finds that one, and the file goes."""
    user, made = ready(face, partner)
    error = spill(face, store, user)
    assert error.secret is not None
    face.clock.advance(5)
    partner.adopt("alice", public_key="another-name", secret=error.secret.reveal())
    key = user.api_key.issue()
    assert (key.public_key, key.secret.reveal()) == ("another-name", made.secret)
    assert list(directory.iterdir()) == []


def test_erasing_reaches_the_directory(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """A user who is erased does not come back out of a file."""
    user, _ = ready(face, partner)
    spill(face, store, user)
    (file,) = directory.iterdir()
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))  # it goes whatever is in it
    partner.erase("alice")
    assert list(directory.iterdir()) == []
    assert store.rows("connection") == []


@pytest.mark.parametrize("way", ["erased", "maintained", "issued"])
def test_a_file_from_before_the_client_secret_was_changed(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path, way: str
) -> None:
    """Its name has a digest that the new secret does not give; it is found all the same."""
    user, made = ready(face, partner)
    spill(face, store, user)
    rotated = face.partner(spill=directory, client_secret="the secret after the rotation")
    if way == "erased":
        rotated.erase("alice")
        assert list(directory.iterdir()) == []
        rotated.maintain()
        assert rotated.lost() == ()
        return
    if way == "issued":
        assert rotated.user("alice").api_key.issue().external_id == made.external_id
        assert rotated.lost() == ()
    else:
        assert [rotated.maintain().finished for _ in range(2)] == [1, 0]
    assert list(directory.iterdir()) == []
    key = key_of(face.custody(), "alice")
    assert key is not None
    assert (key.external_id, key.secret is not None) == (made.external_id, True)


def elsewhere_erased(face: Face, store: FailingStore, partner: WhiteBIT) -> ApiKey:
    """Spill a secret whose user is then erased by another machine."""
    user, made = ready(face, partner)
    spill(face, store, user)
    face.partner().erase("alice")
    return made


@pytest.mark.parametrize("call", ["read", "maintain"])
def test_a_secret_without_a_user_is_a_loss(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path, call: str
) -> None:
    """Its key is active at WhiteBIT and nobody can sign with it: `lost()` lists it, unnamed."""
    made = elsewhere_erased(face, store, partner)
    fresh = face.partner(spill=directory)  # another process of the machine
    if call == "read":
        with pytest.raises(NotConnected):
            fresh.user("alice").account.balances.main()
    else:
        fresh.maintain()
    assert list(directory.iterdir()) == []
    (loss,) = face.partner().lost()
    assert (loss.user_id, loss.external_id, loss.outcome) == (None, made.external_id, "left")


def test_a_secret_of_a_user_who_came_back_with_another_account(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """It is stored, signs nothing for that account, and leaving names its key."""
    made = elsewhere_erased(face, store, partner)
    face.sandbox.add_user("other")
    partner = face.partner(spill=directory)
    login = partner.authorize("alice")
    callback = face.sandbox.person("other").approve(login.url)
    user = partner.connect(callback, binding=login.binding, user_id="alice")
    with pytest.raises(NotConnected):
        user.signed.account.balances.main()
    assert list(directory.iterdir()) == []
    assert partner.lost() == ()
    face.clock.advance(700)
    assert made.external_id in user.disconnect().left


def test_a_secret_that_arrives_when_its_user_is_erased_is_deleted_there(face: Face) -> None:
    """The token of the request deletes the key; where WhiteBIT refuses, the key is a loss."""
    for fault in (False, True):
        partner = face.partner()
        user = connected(face, f"user-{fault}", partner=partner)
        face.clock.advance(2)
        made = face.sandbox.key(user.id, face.client)
        assert made is not None
        with face.sandbox.hold("get_api_key_secret") as held:
            thread, errors = in_thread(user.api_key.issue)
            held.wait(1, timeout=30)
            partner.erase(user.id)
            if fault:
                face.sandbox.faults.add("delete_api_key", kind="status", status=500)
        thread.join()
        assert [type(error) for error in errors] == [NotConnected]
        assert (made.deleted == "partner") is not fault
        found = [(loss.external_id, loss.outcome) for loss in partner.lost()]
        assert found == ([(made.external_id, "left")] if fault else [])


def test_deleting_reaches_the_directory(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """A key that is deleted does not come back out of a file."""
    user, made = ready(face, partner)
    spill(face, store, user)
    user.api_key.delete()
    assert made.deleted == "partner"
    assert list(directory.iterdir()) == []
    assert key_of(face.custody(), "alice") is None
    with pytest.raises(KeyAbsent):
        user.api_key.delete()


def test_leaving_reaches_the_directory(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """The key of a spilled secret is deleted at WhiteBIT, and the file goes."""
    user, made = ready(face, partner)
    spill(face, store, user)
    left = face.partner(spill=directory).user("alice").disconnect()
    assert (left.is_finished, left.deleted) == (True, (made.external_id,))
    assert made.deleted == "partner"
    assert list(directory.iterdir()) == []
    assert partner.lost() == ()


def test_each_user_has_a_file(
    face: Face, store: FailingStore, partner: WhiteBIT, directory: Path
) -> None:
    """Files of users do not meet, of whatever letters the ids are."""
    users = ("a", "b", "ab", "a/b", "../a", "é", "a\u0301")
    for name in users:
        user, _ = ready(face, partner, name)
        spill(face, store, user)
    names = [file.name for file in directory.iterdir()]
    assert len(names) == len(users)
    assert all(len(name) == 89 for name in names)
    assert list(directory.parent.glob("*.sealed")) == []
