# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `SignedOrdersRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.order_status_filter import OrderStatusFilter, check_order_status_filter
from ..types import UNSET, Unset


@_attrs_define
class SignedOrdersRequest:
    """Which executed and cancelled orders to list, as a signed body.

    Attributes:
        nonce: A number that grows with every request of a key, best the unix time in
            milliseconds; WhiteBIT's own samples send it as a decimal string.
        request: The path of the operation.
        market: A market; leave out for all.
        order_id: One order; wins over `clientOrderId`, dates and status are then ignored.
        client_order_id: One order; dates and status are then ignored, no match is a `422`.
        status: Which orders to list.
        start_date: Unix seconds; not older than 6 months (from midnight UTC). Both dates
            left out mean the last month.
        end_date: Unix seconds, at most 31 days after the start; the future counts as now.
        limit: How many rows at most, summed over the markets; above 100 is
            discouraged, and the server may send fewer.
        offset: How many rows to pass over.
        nonce_window: Whether the nonce need only be unique and within 5 s of the server's
            clock, in milliseconds, instead of growing; for callers that share a
            key.
        additional_properties: Fields that are not in the document.
    """

    nonce: int | str
    request: Literal["/api/v4/trade-account/order/history"] = "/api/v4/trade-account/order/history"
    market: str | Unset = UNSET
    order_id: int | Unset = UNSET
    client_order_id: str | Unset = UNSET
    status: OrderStatusFilter | Unset = "ALL"
    start_date: int | Unset = UNSET
    end_date: int | Unset = UNSET
    limit: int | Unset = 50
    offset: int | Unset = 0
    nonce_window: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        nonce: int | str
        nonce = self.nonce

        request = self.request

        market = self.market

        order_id = self.order_id

        client_order_id = self.client_order_id

        status: str | Unset = UNSET
        if not isinstance(self.status, Unset):
            status = self.status

        start_date = self.start_date

        end_date = self.end_date

        limit = self.limit

        offset = self.offset

        nonce_window = self.nonce_window

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["nonce"] = nonce
        field_dict["request"] = request
        if market is not UNSET:
            field_dict["market"] = market
        if order_id is not UNSET:
            field_dict["orderId"] = order_id
        if client_order_id is not UNSET:
            field_dict["clientOrderId"] = client_order_id
        if status is not UNSET:
            field_dict["status"] = status
        if start_date is not UNSET:
            field_dict["startDate"] = start_date
        if end_date is not UNSET:
            field_dict["endDate"] = end_date
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

        request = cast(Literal["/api/v4/trade-account/order/history"], d.pop("request"))
        if request != "/api/v4/trade-account/order/history":
            raise ValueError(
                f"request must match const '/api/v4/trade-account/order/history', got '{request}'"
            )

        market = d.pop("market", UNSET)

        order_id = d.pop("orderId", UNSET)

        client_order_id = d.pop("clientOrderId", UNSET)

        _status = d.pop("status", UNSET)
        status: OrderStatusFilter | Unset
        if isinstance(_status, Unset):
            status = UNSET
        else:
            status = check_order_status_filter(_status)

        start_date = d.pop("startDate", UNSET)

        end_date = d.pop("endDate", UNSET)

        limit = d.pop("limit", UNSET)

        offset = d.pop("offset", UNSET)

        nonce_window = d.pop("nonceWindow", UNSET)

        signed_orders_request = cls(
            nonce=nonce,
            request=request,
            market=market,
            order_id=order_id,
            client_order_id=client_order_id,
            status=status,
            start_date=start_date,
            end_date=end_date,
            limit=limit,
            offset=offset,
            nonce_window=nonce_window,
        )
        signed_orders_request.additional_properties = d
        return signed_orders_request
