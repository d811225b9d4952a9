# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `DealsRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


@_attrs_define
class DealsRequest:
    """Which deals to list.

    Attributes:
        market: A market; leave out for all.
        client_order_id: The order of the deals; no match is a `422`.
        start_date: Unix seconds; nothing older than 6 months is kept.
        end_date: Unix seconds.
        limit: How many rows at most; above 100 is discouraged, and the server may send
            fewer.
        offset: How many rows to pass over.
        additional_properties: Fields that are not in the document.
    """

    market: str | Unset = UNSET
    client_order_id: str | Unset = UNSET
    start_date: int | Unset = UNSET
    end_date: int | Unset = UNSET
    limit: int | Unset = 50
    offset: int | Unset = 0
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        market = self.market

        client_order_id = self.client_order_id

        start_date = self.start_date

        end_date = self.end_date

        limit = self.limit

        offset = self.offset

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        if market is not UNSET:
            field_dict["market"] = market
        if client_order_id is not UNSET:
            field_dict["clientOrderId"] = client_order_id
        if start_date is not UNSET:
            field_dict["startDate"] = start_date
        if end_date is not UNSET:
            field_dict["endDate"] = end_date
        if limit is not UNSET:
            field_dict["limit"] = limit
        if offset is not UNSET:
            field_dict["offset"] = offset
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """

        d = dict(src_dict)
        market = d.pop("market", UNSET)

        client_order_id = d.pop("clientOrderId", UNSET)

        start_date = d.pop("startDate", UNSET)

        end_date = d.pop("endDate", UNSET)

        limit = d.pop("limit", UNSET)

        offset = d.pop("offset", UNSET)

        deals_request = cls(
            market=market,
            client_order_id=client_order_id,
            start_date=start_date,
            end_date=end_date,
            limit=limit,
            offset=offset,
        )
        deals_request.additional_properties = d
        return deals_request
