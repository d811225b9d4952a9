"""Reads histories in both ways, by plain httpx."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx

from whitebit_ext.sandbox import HistoryName

if TYPE_CHECKING:
    from tests.sandbox.conftest import Partner

PATHS: dict[HistoryName, tuple[str, str]] = {
    "transactions": ("/api/v4/accounts/transactions", "/api/v4/main-account/history"),
    "orders": ("/api/v4/accounts/orders", "/api/v4/trade-account/order/history"),
    "deals": ("/api/v4/accounts/deals", "/api/v4/trade-account/executed-history"),
    "converts": ("/api/v4/accounts/converts", "/api/v4/convert/history"),
}
DAY = 86_400


class HistoryReader:
    """Reads alice's histories with a token or with a key."""

    def __init__(self, partner: Partner, signed: bool) -> None:
        self.partner, self.signed = partner, signed
        self.now = int(partner.sandbox.clock.now())
        self._nonce = 0
        if signed:
            self._key = partner.sandbox.add_key("alice", partner.client)
        else:
            self._token = partner.tokens()["access_token"]

    def read(self, name: HistoryName, **fields: Any) -> httpx.Response:
        """Read once; a field `from_` is sent as `from`, which is no name in Python."""
        sent = {key.rstrip("_"): value for key, value in fields.items()}
        bearer_path, signed_path = PATHS[name]
        if self.signed:
            self._nonce += 1
            key = self._key
            sent["nonce"] = self._nonce
            return self.partner.signed(signed_path, key.public_key, key.secret, **sent)
        return self.partner.bearer("POST", bearer_path, self._token, json=sent)

    def rows(self, name: HistoryName, **fields: Any) -> list[dict[str, Any]]:
        """Read once, and return the rows as the ground truth has them."""
        answer = self.read(name, **fields)
        assert answer.is_success, answer.text
        content = answer.json()
        if name in ("transactions", "converts"):
            rows: list[dict[str, Any]] = content["records"]
            return rows
        if isinstance(content, list):
            return content
        named = [{"market": m, **row} for m, rows in content.items() for row in rows]
        return sorted(named, key=lambda row: -row["id"])

    def page_size(self, name: HistoryName) -> int:
        """Return the largest limit."""
        return 100 if name == "converts" else 500

    def pages(
        self, name: HistoryName, more: Callable[[list[dict[str, Any]]], bool], **fields: Any
    ) -> list[dict[str, Any]]:
        """Read page after page as long as `more` wants, and return all rows."""
        rows: list[dict[str, Any]] = []
        while True:
            limit = self.page_size(name)
            page = self.rows(name, limit=limit, offset=len(rows), **fields)
            rows += page
            if not more(page):
                return rows


def refusal(answer: httpx.Response) -> tuple[int, int, dict[str, list[str]]]:
    """Return status, code and errors of a refusal."""
    content = answer.json()
    assert content["message"] == "Validation failed"
    return answer.status_code, content["code"], content["errors"]
