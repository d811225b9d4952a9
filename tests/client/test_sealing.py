"""Encryption at rest: a row can be decrypted only in its place, unchanged, with its key."""

from __future__ import annotations

import base64
import secrets
from typing import Any

import pytest

from whitebit_ext import generate_encryption_key
from whitebit_ext.custody.sealing import Sealer
from whitebit_ext.errors import EncryptionKeyMissing, InvalidArgument, SealBroken

PLACE = ("pair", "https://whitebit.com:443", "client", "alice")
PLAIN = b'{"access": "b3BhcXVl"}'


@pytest.fixture
def sealer() -> Sealer:
    """Return a sealer with a key of its own."""
    return Sealer([generate_encryption_key()])


def test_sealed_row_opens(sealer: Sealer) -> None:
    """A row can be decrypted in its place, and does not show its content."""
    sealed = sealer.seal(PLAIN, PLACE)
    assert sealer.open(sealed, PLACE) == PLAIN
    assert b"b3BhcXVl" not in sealed


def test_every_write_has_a_new_nonce(sealer: Sealer) -> None:
    """Every write has its own nonce, so equal rows look different."""
    nonces = {sealer.seal(PLAIN, PLACE)[9:21] for _ in range(1_000)}
    assert len(nonces) == 1_000


def test_changed_byte_is_detected(sealer: Sealer) -> None:
    """Each byte of a row is protected: format, key id, nonce, text and tag."""
    sealed = sealer.seal(PLAIN, PLACE)
    for position in range(len(sealed)):
        for bit in (0x01, 0x80):
            changed = bytearray(sealed)
            changed[position] ^= bit
            with pytest.raises((SealBroken, EncryptionKeyMissing)) as caught:
                sealer.open(bytes(changed), PLACE)
            missing = 1 <= position < 9  # the key id: no key of that name was given
            assert isinstance(caught.value, EncryptionKeyMissing) is missing


def test_changed_length_is_detected(sealer: Sealer) -> None:
    """A truncated, lengthened or empty row cannot be decrypted."""
    sealed = sealer.seal(PLAIN, PLACE)
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            sealer.open(sealed[:length], PLACE)
    with pytest.raises(SealBroken):
        sealer.open(sealed + b"\0", PLACE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        ("key", "https://whitebit.com:443", "client", "alice"),
        ("pair", "https://whitebit.eu:443", "client", "alice"),
        ("pair", "https://whitebit.com:443", "other", "alice"),
        ("pair", "https://whitebit.com:443", "client", "bob"),
        ("pair", "https://whitebit.com:443", "client"),
        ("pair", "https://whitebit.com:443", "client", "alice", ""),
        ("pair", "https://whitebit.com:443", "client", "ali", "ce"),
        ("pair", "https://whitebit.com:443", "clienta", "lice"),
        ("pair", "https://whitebit.com:443client", "", "alice"),
        ("pair", "https://whitebit.com:443", "alice", "client"),
    ],
)
def test_moved_row_does_not_open(sealer: Sealer, elsewhere: tuple[str, ...]) -> None:
    """A row that was moved to another kind, server, client or user cannot be decrypted."""
    with pytest.raises(SealBroken) as caught:
        sealer.open(sealer.seal(PLAIN, PLACE), elsewhere)
    assert elsewhere[0] in caught.value.message
    assert caught.value.__context__ is None


def test_missing_key_is_named_by_its_id(sealer: Sealer) -> None:
    """A missing key is named by its id, and the key itself is not shown."""
    key = generate_encryption_key()
    sealed = Sealer([key]).seal(PLAIN, PLACE)
    with pytest.raises(EncryptionKeyMissing) as caught:
        sealer.open(sealed, PLACE)
    assert sealer.sealed_with(sealed) in str(caught.value)
    assert key not in str(caught.value)


def test_key_id_does_not_reveal_the_key() -> None:
    """The unencrypted part of a row reveals nothing about the key."""
    raw = secrets.token_bytes(32)
    assert Sealer([raw]).writes_with not in raw.hex()


def test_keys_rotate_by_their_order() -> None:
    """The first key encrypts and all decrypt; a key that was removed decrypts no longer."""
    old, new = generate_encryption_key(), generate_encryption_key()
    before, both, swapped, after = (
        Sealer([old]), Sealer([new, old]), Sealer([old, new]), Sealer([new])
    )  # fmt: skip  # one line tells the order
    sealed = before.seal(PLAIN, PLACE)
    assert both.open(sealed, PLACE) == swapped.open(sealed, PLACE) == PLAIN
    again = both.seal(both.open(sealed, PLACE), PLACE)
    assert both.sealed_with(again) == both.writes_with == after.writes_with
    assert swapped.writes_with == before.writes_with == before.sealed_with(sealed)
    assert after.open(again, PLACE) == PLAIN
    with pytest.raises(EncryptionKeyMissing):
        after.open(sealed, PLACE)
    with pytest.raises(EncryptionKeyMissing):
        before.open(again, PLACE)


def test_key_may_be_text_or_bytes() -> None:
    """The generated text and the 32 bytes in it are the same key."""
    text = generate_encryption_key()
    raw = base64.urlsafe_b64decode(text)
    assert len(raw) == 32
    assert Sealer([raw]).open(Sealer([text]).seal(PLAIN, PLACE), PLACE) == PLAIN


def test_generated_keys_differ() -> None:
    """No key is generated twice."""
    assert len({generate_encryption_key() for _ in range(100)}) == 100


def repr_of_kind(keys: object) -> str:
    """Name a case without the random key in it: every worker must collect the same names."""
    return type(keys).__name__


@pytest.mark.parametrize(
    "keys",
    [
        [],
        (),
        None,
        {},
        generate_encryption_key(),
        base64.urlsafe_b64decode(generate_encryption_key()),
        bytearray(32),
        [""],
        ["short"],
        [base64.urlsafe_b64encode(bytes(31)).decode()],
        [base64.urlsafe_b64encode(bytes(33)).decode()],
        [generate_encryption_key()[:-1]],
        [generate_encryption_key() + "\n"],
        ["ключ" * 11],
        ["\ud800"],
        [bytes(16)],
        [None],
        [generate_encryption_key(), "second"],
    ],
    ids=repr_of_kind,
)
def test_invalid_keys_are_refused(keys: Any) -> None:
    """A missing, short or misspelt key fails at once, is not shown, and has a hint."""
    with pytest.raises(InvalidArgument, match="generate_encryption_key") as caught:
        Sealer(keys)
    assert caught.value.argument == "encryption_keys"
    assert caught.value.__cause__ is None
    for key in keys if isinstance(keys, list) else ():
        assert not key or str(key) not in str(caught.value)
