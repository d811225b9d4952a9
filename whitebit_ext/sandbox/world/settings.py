"""Settings of a sandbox, which can be changed while it runs."""

from __future__ import annotations

from typing import Literal

import attrs

Refusal = Literal["access_denied", "state_only", "no_callback"]

Delivery = Literal["redirect", "page", "frame"]

BearerReads = Literal["served", "removed"]


@attrs.define
class Settings:
    """Durations in seconds, and behaviour that the contract leaves open.

    Attributes:
        login_lifetime: How long a login page is valid.
        code_lifetime: How long an authorization code is valid.
        access_lifetime: `expires_in` in rotating mode (contract section 3).
        refresh_lifetime: How long a refresh token is valid (contract section 3).
        single_lifetime: `expires_in` in single mode: 4 hours.
        key_delay: The time between a code exchange and the creation of the API key.
        secret_time: How long a retrieval of the secret takes; others get a 423 meanwhile.
        disable_after: The time without use after which a key is disabled: 14 days.
        refusal: The callback of a refused login: `error=access_denied`, only the state, or no
            callback at all.
        callback: How the browser gets to the callback, which is not published: by a redirect, by a
            page that leads on to it, or inside a frame of a page.
        bearer_reads: Whether the account reads with a Bearer token are served, or removed as
            announced for 1 November 2026 (404).
        address_checks: Whether `allowed_addresses` of clients (token requests) and of keys (signed
            requests) are checked. The token pages say so, and the overview of the API for keys;
            the newest guide says that neither is.
        invalid_as_422: Whether invalid parameters of orders and deals get a 422, as in the text,
            instead of a 400, as in the newest examples.
        scope_as_403: Whether a missing scope gets a 403 from the operations of the API key, as in
            one published table, instead of a 401.
        largest_page: The rows of a page of transactions, orders or deals at most; a greater limit
            is reduced to it. Limits above 100 are discouraged.
        furthest_row: The maximum of offset and limit together, for transactions. The pages say at
            most 10,000, and the message of the refusal says less.
        refresh_ends_access: Whether a refresh revokes the old access token (not published).
        separate_public_key: Whether the public key differs from the external id, as in the older
            guide.
        history_created: Whether `main-account/history` returns 201, as published, or 200.
    """

    login_lifetime: float = 600.0
    code_lifetime: float = 60.0
    access_lifetime: int = 300
    refresh_lifetime: int = 600
    single_lifetime: int = 4 * 3600
    key_delay: float = 1.0
    secret_time: float = 0.0
    disable_after: float = 14 * 86400.0
    refusal: Refusal = "access_denied"
    callback: Delivery = "redirect"
    bearer_reads: BearerReads = "served"
    address_checks: bool = False
    invalid_as_422: bool = False
    scope_as_403: bool = False
    largest_page: int = 500
    furthest_row: int = 10_000
    refresh_ends_access: bool = False
    separate_public_key: bool = False
    history_created: bool = True
