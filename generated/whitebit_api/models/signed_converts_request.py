# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `SignedConvertsRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


@_attrs_define
class SignedConvertsRequest:
    """Which conversions to list, as a signed body.

    Attributes:
        nonce: A number that grows with every request of a key, best the unix time in
            milliseconds; WhiteBIT's own samples send it as a decimal string.
        request: The path of the operation.
        from_ticker: The currency that was given.
        to_ticker: The currency that was received.
        from_: Unix seconds as text, not older than 6 months; defaults to now.
        to: Unix seconds as text, at most 30 days after the start; defaults to now.
        quote_id: The quote behind a conversion.
        limit: How many rows at most.
        offset: How many rows to pass over.
        nonce_window: Whether the nonce need only be unique and within 5 s of the server's
            clock, in milliseconds, instead of growing; for callers that share a
            key.
        additional_properties: Fields that are not in the document.
    """

    nonce: int | str
    request: Literal["/api/v4/convert/history"] = "/api/v4/convert/history"
    from_ticker: str | Unset = UNSET
    to_ticker: str | Unset = UNSET
    from_: str | Unset = UNSET
    to: str | Unset = UNSET
    quote_id: str | Unset = UNSET
    limit: int | Unset = 100
    offset: int | Unset = 0
    nonce_window: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        nonce: int | str
        nonce = self.nonce

        request = self.request

        from_ticker = self.from_ticker

        to_ticker = self.to_ticker

        from_ = self.from_

        to = self.to

        quote_id = self.quote_id

        limit = self.limit

        offset = self.offset

        nonce_window = self.nonce_window

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["nonce"] = nonce
        field_dict["request"] = request
        if from_ticker is not UNSET:
            field_dict["fromTicker"] = from_ticker
        if to_ticker is not UNSET:
            field_dict["toTicker"] = to_ticker
        if from_ is not UNSET:
            field_dict["from"] = from_
        if to is not UNSET:
            field_dict["to"] = to
        if quote_id is not UNSET:
            field_dict["quoteId"] = quote_id
        if limit is not UNSET:
            field_dict["limit"] = limit
        if offset is not UNSET:
            field_dict["offset"] = offset
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

        request = cast(Literal["/api/v4/convert/history"], d.pop("request"))
        if request != "/api/v4/convert/history":
            raise ValueError(f"request must match const '/api/v4/convert/history', got '{request}'")

        from_ticker = d.pop("fromTicker", UNSET)

        to_ticker = d.pop("toTicker", UNSET)

        from_ = d.pop("from", UNSET)

        to = d.pop("to", UNSET)

        quote_id = d.pop("quoteId", UNSET)

        limit = d.pop("limit", UNSET)

        offset = d.pop("offset", UNSET)

        nonce_window = d.pop("nonceWindow", UNSET)

        signed_converts_request = cls(
            nonce=nonce,
            request=request,
            from_ticker=from_ticker,
            to_ticker=to_ticker,
            from_=from_,
            to=to,
            quote_id=quote_id,
            limit=limit,
            offset=offset,
            nonce_window=nonce_window,
        )
        signed_converts_request.additional_properties = d
        return signed_converts_request
