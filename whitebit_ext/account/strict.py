"""What msgspec lets through and no record holds: amounts that are no numbers, times with an offset.

``Decimal`` takes "NaN" and "Infinity", and a time written as text keeps its own offset from UTC.
Every page passes through here. The tests are written out field by field, since that is twice as
quick as any loop over names. Amounts of rare fields are tested as they are set, in ``wire``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC

from .records import Convert, Deal, Order, PartialWithdrawal, Transaction


def transactions(rows: Iterable[Transaction]) -> bool:
    """Return whether all amounts and times are sound, those of details aside."""
    for row in rows:
        fee = row.fee
        if not (
            row.created_at.tzinfo is UTC
            and row.amount.is_finite()
            and (fee is None or fee.is_finite())
        ):
            return False
    return True


def withdrawals(rows: Iterable[PartialWithdrawal]) -> bool:
    """Return whether all amounts are sound."""
    for row in rows:
        for amount in (row.request_amount, row.processed_amount, row.processed_fee):
            if amount is not None and not amount.is_finite():
                return False
    return True


def orders(rows: Iterable[Order]) -> bool:
    """Return whether all amounts and times are sound, rare amounts aside."""
    for row in rows:
        finished = row.finished_at
        fee, stock, money = row.deal_fee, row.deal_stock, row.deal_money
        if not (
            row.created_at.tzinfo is UTC
            and (finished is None or finished.tzinfo is UTC)
            and row.amount.is_finite()
            and row.price.is_finite()
            and (fee is None or fee.is_finite())
            and (stock is None or stock.is_finite())
            and (money is None or money.is_finite())
        ):
            return False
    return True


def deals(rows: Iterable[Deal]) -> bool:
    """Return whether all amounts and times are sound."""
    return all(
        row.time.tzinfo is UTC
        and row.amount.is_finite()
        and row.price.is_finite()
        and row.deal.is_finite()
        and row.fee.is_finite()
        for row in rows
    )


def converts(rows: Iterable[Convert]) -> bool:
    """Return whether all amounts and times are sound, the steps' rates too."""
    return all(
        row.date.tzinfo is UTC
        and row.give.is_finite()
        and row.receive.is_finite()
        and row.rate.is_finite()
        and all(step.rate.is_finite() for step in row.path)
        for row in rows
    )
