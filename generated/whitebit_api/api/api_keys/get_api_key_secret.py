# Made by openapi-python-client 0.29.1 from spec/openapi.yaml. Do not edit:
# change the document, spec/generator.yaml or spec/templates/, and run scripts/regenerate.py.

"""Take the secret of a key, once for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    pass


def build_request(
    external_id: str,
) -> dict[str, Any]:
    """Build the keyword arguments for `httpx.Client.request`.

    The first `200` is the only one that a key ever gives. Store the answer before anything
    else is done. On `423` another retrieval is running: wait 5 to 10 s, double each time up
    to 60 s, 3 to 5 minutes in all. A `404` also covers a key of another user.

    Args:
        external_id: The id of the key, a UUID, letter by letter as `info` gave it.
    """

    _kwargs: dict[str, Any] = {
        "method": "GET",
        "url": "/oauth2/api-key/{external_id}/secret".format(
            external_id=quote(str(external_id), safe=""),
        ),
    }
    return _kwargs
