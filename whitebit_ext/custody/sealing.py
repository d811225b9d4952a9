"""Encryption at rest: AES-256-GCM with associated data that binds a row to its place."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Sequence

from ..errors import EncryptionKeyMissing, InvalidArgument, SealBroken
from ..secret import Secret

_FORMAT = b"\x01"
_KEY_BYTES = 32
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12  # 96 bits, fresh and random per write (NIST SP 800-38D, section 8.2.2)


def generate_encryption_key() -> str:
    """Return a new key for ``encryption_keys=[…]``: 32 random bytes in base64url.

    Keep it apart from the store, e.g. in the platform's secret manager: anyone who has both can
    read every secret, and if the key is lost, the secrets are lost.
    """
    return base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).decode("ascii")


class Sealer:
    """Encrypts and decrypts rows: the first key encrypts, all keys decrypt.

    Args:
        keys: Keys as ``generate_encryption_key()`` makes them, or 32 raw bytes each.
    """

    def __init__(self, keys: Sequence[str | bytes | Secret]) -> None:
        given: object = keys
        if isinstance(given, (str, bytes)) or not isinstance(given, Sequence) or not given:
            raise InvalidArgument(
                "encryption_keys",
                "expected a list of at least one encryption key",
                hint="Make one with generate_encryption_key() and keep it in a secret manager.",
            )
        made = [_raw(key) for key in keys]
        self._keys = {_key_id(key): key for key in made}
        self._first = _key_id(made[0])

    @property
    def writes_with(self) -> str:
        """The id of the key that encrypts new rows."""
        return self._first.hex()

    def sealed_with(self, sealed: bytes) -> str:
        """Return the id of the key that encrypted a row."""
        return sealed[1 : 1 + _KEY_ID_BYTES].hex()

    def seal(self, plain: bytes, place: Sequence[str]) -> bytes:
        """Encrypt a row for one place; it cannot be decrypted at another."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(_NONCE_BYTES)
        cipher = AESGCM(self._keys[self._first])
        sealed = cipher.encrypt(nonce, plain, _associated(self._first, place))
        return _FORMAT + self._first + nonce + sealed

    def open(self, sealed: bytes, place: Sequence[str]) -> bytes:
        """Decrypt a row, or raise the reason why it cannot be decrypted.

        Raises:
            EncryptionKeyMissing: it was encrypted with a key that was not given.
            SealBroken: it was changed, or moved here from another place.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        head = 1 + _KEY_ID_BYTES
        if len(sealed) < head + _NONCE_BYTES + 16 or sealed[:1] != _FORMAT:
            raise SealBroken(f"the {place[0]} row is not one that this library sealed")
        key_id, nonce = sealed[1:head], sealed[head : head + _NONCE_BYTES]
        key = self._keys.get(key_id)
        if key is None:
            raise EncryptionKeyMissing(
                f"the {place[0]} row was sealed with key {key_id.hex()}, which was not given"
            )
        try:
            return AESGCM(key).decrypt(
                nonce, sealed[head + _NONCE_BYTES :], _associated(key_id, place)
            )
        except InvalidTag:
            broken = SealBroken(
                f"the {place[0]} row does not open: it was changed, or moved from another place"
            )
        raise broken


def _raw(key: str | bytes | Secret) -> bytes:
    if isinstance(key, Secret):
        key = key.reveal()
    raw: bytes | None = key if isinstance(key, bytes) else None
    if isinstance(key, str):
        try:
            raw = base64.b64decode(key.encode(), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = None
    if raw is None or len(raw) != _KEY_BYTES:
        raise InvalidArgument(
            "encryption_keys",
            "an encryption key is 32 bytes, or their base64url text",
            hint="Make one with generate_encryption_key().",
        )
    return raw


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"whitebit-oauth encryption key id\0" + key).digest()[:_KEY_ID_BYTES]


def _associated(key_id: bytes, place: Sequence[str]) -> bytes:
    """Join parts with their lengths, so that no two different places are equal."""
    parts = [_FORMAT, key_id, *(part.encode() for part in place)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
