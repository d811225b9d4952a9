# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `Deal`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


@_attrs_define
class Deal:
    """A deal, the fill or part of the fill of an order.

    Attributes:
        id: The deal's id; seen as text too.
        time: Unix seconds, with microseconds; seen as text too.
        side: Bought or sold.
        amount: The amount, a decimal number.
        price: The price, a decimal number.
        deal: Amount times price, a decimal number.
        fee: The fee, a decimal number.
        order_id: The order's id; seen as text too.
        client_order_id: The id that the client gave, perhaps empty.
        role: 1 for the maker, 2 for the taker.
        fee_asset: The currency of the fee; missing when one market was asked for.
        additional_properties: Fields that are not in the document.
    """

    id: int | str
    time: float | str
    side: str
    amount: str
    price: str
    deal: str
    fee: str
    order_id: int | str | Unset = UNSET
    client_order_id: str | Unset = UNSET
    role: int | Unset = UNSET
    fee_asset: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        id: int | str
        id = self.id

        time: float | str
        time = self.time

        side = self.side

        amount = self.amount

        price = self.price

        deal = self.deal

        fee = self.fee

        order_id: int | str | Unset
        if isinstance(self.order_id, Unset):
            order_id = UNSET
        else:
            order_id = self.order_id

        client_order_id = self.client_order_id

        role = self.role

        fee_asset = self.fee_asset

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["id"] = id
        field_dict["time"] = time
        field_dict["side"] = side
        field_dict["amount"] = amount
        field_dict["price"] = price
        field_dict["deal"] = deal
        field_dict["fee"] = fee
        if order_id is not UNSET:
            field_dict["orderId"] = order_id
        if client_order_id is not UNSET:
            field_dict["clientOrderId"] = client_order_id
        if role is not UNSET:
            field_dict["role"] = role
        if fee_asset is not UNSET:
            field_dict["feeAsset"] = fee_asset
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """

        d = dict(src_dict)

        def _parse_id(data: object) -> int | str:
            return cast(int | str, data)

        id = _parse_id(d.pop("id"))

        def _parse_time(data: object) -> float | str:
            return cast(float | str, data)

        time = _parse_time(d.pop("time"))

        side = d.pop("side")

        amount = d.pop("amount")

        price = d.pop("price")

        deal = d.pop("deal")

        fee = d.pop("fee")

        def _parse_order_id(data: object) -> int | str | Unset:
            if isinstance(data, Unset):
                return data
            return cast(int | str | Unset, data)

        order_id = _parse_order_id(d.pop("orderId", UNSET))

        client_order_id = d.pop("clientOrderId", UNSET)

        role = d.pop("role", UNSET)

        fee_asset = d.pop("feeAsset", UNSET)

        deal = cls(
            id=id,
            time=time,
            side=side,
            amount=amount,
            price=price,
            deal=deal,
            fee=fee,
            order_id=order_id,
            client_order_id=client_order_id,
            role=role,
            fee_asset=fee_asset,
        )
        deal.additional_properties = d
        return deal
