# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""The model `Order`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


@_attrs_define
class Order:
    """An order that was executed or cancelled.

    Attributes:
        id: The order's id.
        type_: The kind of order.
        side: Bought or sold.
        amount: The amount, a decimal number; in the quote currency for a market buy.
        price: The price, a decimal number; 0 for market orders.
        ctime: Unix seconds of its creation, with microseconds.
        client_order_id: The id that the client gave, empty when none.
        ftime: Unix seconds of its end, with microseconds.
        deal_fee: The fee paid, a decimal number.
        deal_stock: How much of the base currency changed hands, a decimal number.
        deal_money: How much of the quote currency changed hands, a decimal number.
        fee_asset: The currency of the fee.
        status: How it ended.
        post_only: Whether it could only be a maker's.
        ioc: Whether what could not be filled at once was cancelled.
        rpi: Whether it was a retail price improvement order.
        reduce_only: Whether it could only reduce a position.
        activated: Whether a stop order was triggered, 1 or 0; stop orders only.
        activation_price: The price that triggers it, a decimal number; stop orders only.
        activation_condition: On which side of that price; stop orders only.
        position_side: The side of the position; absent for plain spot orders.
        taker_fee: The taker's fee rate, a decimal number; seen in older answers.
        maker_fee: The maker's fee rate, a decimal number; seen in older answers.
        stp: The self-trade prevention mode; seen in older answers.
        additional_properties: Fields that are not in the document.
    """

    id: int
    type_: str
    side: str
    amount: str
    price: str
    ctime: float
    client_order_id: str | Unset = UNSET
    ftime: float | Unset = UNSET
    deal_fee: str | Unset = UNSET
    deal_stock: str | Unset = UNSET
    deal_money: str | Unset = UNSET
    fee_asset: str | Unset = UNSET
    status: str | Unset = UNSET
    post_only: bool | Unset = UNSET
    ioc: bool | Unset = UNSET
    rpi: bool | Unset = UNSET
    reduce_only: bool | Unset = UNSET
    activated: int | Unset = UNSET
    activation_price: str | Unset = UNSET
    activation_condition: str | Unset = UNSET
    position_side: str | Unset = UNSET
    taker_fee: str | Unset = UNSET
    maker_fee: str | Unset = UNSET
    stp: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, without the fields that are `UNSET`."""

        id = self.id

        type_ = self.type_

        side = self.side

        amount = self.amount

        price = self.price

        ctime = self.ctime

        client_order_id = self.client_order_id

        ftime = self.ftime

        deal_fee = self.deal_fee

        deal_stock = self.deal_stock

        deal_money = self.deal_money

        fee_asset = self.fee_asset

        status = self.status

        post_only = self.post_only

        ioc = self.ioc

        rpi = self.rpi

        reduce_only = self.reduce_only

        activated = self.activated

        activation_price = self.activation_price

        activation_condition = self.activation_condition

        position_side = self.position_side

        taker_fee = self.taker_fee

        maker_fee = self.maker_fee

        stp = self.stp

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict["id"] = id
        field_dict["type"] = type_
        field_dict["side"] = side
        field_dict["amount"] = amount
        field_dict["price"] = price
        field_dict["ctime"] = ctime
        if client_order_id is not UNSET:
            field_dict["clientOrderId"] = client_order_id
        if ftime is not UNSET:
            field_dict["ftime"] = ftime
        if deal_fee is not UNSET:
            field_dict["dealFee"] = deal_fee
        if deal_stock is not UNSET:
            field_dict["dealStock"] = deal_stock
        if deal_money is not UNSET:
            field_dict["dealMoney"] = deal_money
        if fee_asset is not UNSET:
            field_dict["feeAsset"] = fee_asset
        if status is not UNSET:
            field_dict["status"] = status
        if post_only is not UNSET:
            field_dict["postOnly"] = post_only
        if ioc is not UNSET:
            field_dict["ioc"] = ioc
        if rpi is not UNSET:
            field_dict["rpi"] = rpi
        if reduce_only is not UNSET:
            field_dict["reduceOnly"] = reduce_only
        if activated is not UNSET:
            field_dict["activated"] = activated
        if activation_price is not UNSET:
            field_dict["activationPrice"] = activation_price
        if activation_condition is not UNSET:
            field_dict["activationCondition"] = activation_condition
        if position_side is not UNSET:
            field_dict["positionSide"] = position_side
        if taker_fee is not UNSET:
            field_dict["takerFee"] = taker_fee
        if maker_fee is not UNSET:
            field_dict["makerFee"] = maker_fee
        if stp is not UNSET:
            field_dict["stp"] = stp
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Raises:
            LookupError: A required field is missing.
            ValueError, TypeError, AttributeError: A value has another type.
        """

        d = dict(src_dict)
        id = d.pop("id")

        type_ = d.pop("type")

        side = d.pop("side")

        amount = d.pop("amount")

        price = d.pop("price")

        ctime = d.pop("ctime")

        client_order_id = d.pop("clientOrderId", UNSET)

        ftime = d.pop("ftime", UNSET)

        deal_fee = d.pop("dealFee", UNSET)

        deal_stock = d.pop("dealStock", UNSET)

        deal_money = d.pop("dealMoney", UNSET)

        fee_asset = d.pop("feeAsset", UNSET)

        status = d.pop("status", UNSET)

        post_only = d.pop("postOnly", UNSET)

        ioc = d.pop("ioc", UNSET)

        rpi = d.pop("rpi", UNSET)

        reduce_only = d.pop("reduceOnly", UNSET)

        activated = d.pop("activated", UNSET)

        activation_price = d.pop("activationPrice", UNSET)

        activation_condition = d.pop("activationCondition", UNSET)

        position_side = d.pop("positionSide", UNSET)

        taker_fee = d.pop("takerFee", UNSET)

        maker_fee = d.pop("makerFee", UNSET)

        stp = d.pop("stp", UNSET)

        order = cls(
            id=id,
            type_=type_,
            side=side,
            amount=amount,
            price=price,
            ctime=ctime,
            client_order_id=client_order_id,
            ftime=ftime,
            deal_fee=deal_fee,
            deal_stock=deal_stock,
            deal_money=deal_money,
            fee_asset=fee_asset,
            status=status,
            post_only=post_only,
            ioc=ioc,
            rpi=rpi,
            reduce_only=reduce_only,
            activated=activated,
            activation_price=activation_price,
            activation_condition=activation_condition,
            position_side=position_side,
            taker_fee=taker_fee,
            maker_fee=maker_fee,
            stp=stp,
        )
        order.additional_properties = d
        return order
