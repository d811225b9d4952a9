# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

from typing import Literal

TransactionMethod = Literal[1, 2]

TRANSACTION_METHOD_VALUES: set[TransactionMethod] = {
    1,
    2,
}


def check_transaction_method(value: int) -> TransactionMethod:
    if value in TRANSACTION_METHOD_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {TRANSACTION_METHOD_VALUES!r}")
