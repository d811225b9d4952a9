"""Encryption at rest: what is sealed opens in its own place, unchanged, with its key, or not."""

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


def test_what_was_sealed_opens(sealer: Sealer) -> None:
    """A row opens in its place, and does not show what is in it."""
    sealed = sealer.seal(PLAIN, PLACE)
    assert sealer.open(sealed, PLACE) == PLAIN
    assert b"b3BhcXVl" not in sealed


def test_no_two_seals_are_alike(sealer: Sealer) -> None:
    """Every write has a nonce of its own: equal rows cannot be told from different ones."""
    nonces = {sealer.seal(PLAIN, PLACE)[9:21] for _ in range(1_000)}
    assert len(nonces) == 1_000


def test_a_flipped_bit_is_noticed_wherever_it_is(sealer: Sealer) -> None:
    """Each single byte of a row is covered: format, key id, nonce, text and tag."""
    sealed = sealer.seal(PLAIN, PLACE)
    for position in range(len(sealed)):
        for bit in (0x01, 0x80):
            changed = bytearray(sealed)
            changed[position] ^= bit
            with pytest.raises((SealBroken, EncryptionKeyMissing)) as caught:
                sealer.open(bytes(changed), PLACE)
            missing = 1 <= position < 9  # the key id: no key of that name was given
            assert isinstance(caught.value, EncryptionKeyMissing) is missing


def test_a_row_of_any_other_length_is_noticed(sealer: Sealer) -> None:
    """A cut-off or lengthened row does not open, nor does an empty one."""
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
def test_a_row_opens_nowhere_else(sealer: Sealer, elsewhere: tuple[str, ...]) -> None:
    """A row that was moved to another kind, server, client or user does not open."""
    with pytest.raises(SealBroken) as caught:
        sealer.open(sealer.seal(PLAIN, PLACE), elsewhere)
    assert elsewhere[0] in caught.value.message
    assert caught.value.__context__ is None


def test_another_key_does_not_open_it(sealer: Sealer) -> None:
    """A missing key is named by its id, never by itself."""
    key = generate_encryption_key()
    sealed = Sealer([key]).seal(PLAIN, PLACE)
    with pytest.raises(EncryptionKeyMissing) as caught:
        sealer.open(sealed, PLACE)
    assert sealer.sealed_with(sealed) in str(caught.value)
    assert key not in str(caught.value)


def test_a_key_id_is_no_part_of_the_key() -> None:
    """What stands in the clear in each row tells nothing of the key."""
    raw = secrets.token_bytes(32)
    assert Sealer([raw]).writes_with not in raw.hex()


def test_keys_are_rotated_by_their_order() -> None:
    """The first key writes and all read; a key that is left out reads no more."""
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


def test_a_key_may_be_text_or_bytes() -> None:
    """The text that is generated and the 32 bytes in it are the same key."""
    text = generate_encryption_key()
    raw = base64.urlsafe_b64decode(text)
    assert len(raw) == 32
    assert Sealer([raw]).open(Sealer([text]).seal(PLAIN, PLACE), PLACE) == PLAIN


def test_generated_keys_differ() -> None:
    """No key is made twice."""
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
def test_keys_that_are_none_are_refused(keys: Any) -> None:
    """A missing, short or misspelt key fails at once, unseen, and the hint says how to make one."""
    with pytest.raises(InvalidArgument, match="generate_encryption_key") as caught:
        Sealer(keys)
    assert caught.value.argument == "keys"
    assert caught.value.__cause__ is None
    for key in keys if isinstance(keys, list) else ():
        assert not key or str(key) not in str(caught.value)
