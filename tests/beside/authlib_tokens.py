"""Authlib's `client_secret_post` against the sandbox, with hooks for WhiteBIT's two differences.

WhiteBIT wraps the answer of its token endpoints in `data`, and takes a refresh token as `token`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

# The sandbox has no TLS.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.integrations.requests_client import OAuth2Session

from tests.beside.reporting import report


def unwrapped(answer: Any) -> Any:
    """Take the answer of a token endpoint out of its envelope."""
    content = answer.json()
    if "data" in content:
        answer.json = lambda: {
            **content["data"],
            "scope": content["data"]["scope"].replace(",", " "),
        }
    return answer


def as_token(url: str, headers: Any, body: str) -> tuple[str, Any, str]:
    """Name the refresh token as WhiteBIT does."""
    fields = dict(parse_qsl(body))
    fields["token"] = fields.pop("refresh_token")
    return url, headers, urlencode(fields)


def calls(facts: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """Return the calls by name."""
    base_url = facts["base_url"]
    session = OAuth2Session(
        facts["client_id"],
        facts["client_secret"],
        token_endpoint_auth_method="client_secret_post",
        redirect_uri=facts["redirect_uri"],
        code_challenge_method="S256",
    )
    session.trust_env = False
    session.register_compliance_hook("access_token_response", unwrapped)
    session.register_compliance_hook("refresh_token_response", unwrapped)
    session.register_compliance_hook("refresh_token_request", as_token)

    def read(method: str, path: str, **options: Any) -> Any:
        answer = session.request(method, base_url + path, **options)
        answer.raise_for_status()
        return answer.json()

    return {
        "fetch_token()": lambda: session.fetch_token(
            f"{base_url}/oauth2/token", code=facts["code"], code_verifier=facts["verifier"]
        ),
        "refresh_token()": lambda: session.refresh_token(f"{base_url}/oauth2/refresh_token"),
        "GET /oauth2/api-key/info": lambda: read("GET", "/oauth2/api-key/info"),
        "POST /api/v4/accounts/balances/spot, {}": lambda: read(
            "POST", "/api/v4/accounts/balances/spot", json={}
        ),
        "POST /api/v4/accounts/balances/spot, no body": lambda: read(
            "POST", "/api/v4/accounts/balances/spot"
        ),
    }


if __name__ == "__main__":
    report(calls)
