# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `SignedMainBalanceRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


@_attrs_define
class SignedMainBalanceRequest:
    """Which main balance to read, as a signed body.

    Attributes:
        nonce: A number that grows with every request of a key, best the unix time in
            milliseconds; WhiteBIT's own samples send it as a decimal string.
        request: The path of the operation.
        ticker: A currency; leave out for all.
        nonce_window: Whether the nonce need only be unique and within 5 s of the server's
            clock, in milliseconds, instead of growing; for callers that share a
            key.
        additional_properties: Fields that are not in the document.
    """

    nonce: int | str
    request: Literal["/api/v4/main-account/balance"] = "/api/v4/main-account/balance"
    ticker: str | Unset = UNSET
    nonce_window: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        nonce: int | str
        nonce = self.nonce

        request = self.request

        ticker = self.ticker

        nonce_window = self.nonce_window

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["nonce"] = nonce
        field_dict["request"] = request
        if ticker is not UNSET:
            field_dict["ticker"] = ticker
        if nonce_window is not UNSET:
            field_dict["nonceWindow"] = nonce_window
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """

        d = dict(src_dict)

        def _parse_nonce(data: object) -> int | str:
            return cast(int | str, data)

        nonce = _parse_nonce(d.pop("nonce"))

        request = cast(Literal["/api/v4/main-account/balance"], d.pop("request"))
        if request != "/api/v4/main-account/balance":
            raise ValueError(
                f"request must match const '/api/v4/main-account/balance', got '{request}'"
            )

        ticker = d.pop("ticker", UNSET)

        nonce_window = d.pop("nonceWindow", UNSET)

        signed_main_balance_request = cls(
            nonce=nonce,
            request=request,
            ticker=ticker,
            nonce_window=nonce_window,
        )
        signed_main_balance_request.additional_properties = d
        return signed_main_balance_request
