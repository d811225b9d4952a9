# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

from typing import Literal

OrderStatusFilter = Literal["ALL", "CANCELED", "FILLED", "MAINTENANCE", "PARTIALLY_FILLED"]

ORDER_STATUS_FILTER_VALUES: set[OrderStatusFilter] = {
    "ALL",
    "CANCELED",
    "FILLED",
    "MAINTENANCE",
    "PARTIALLY_FILLED",
}


def check_order_status_filter(value: str) -> OrderStatusFilter:
    if value in ORDER_STATUS_FILTER_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {ORDER_STATUS_FILTER_VALUES!r}")
