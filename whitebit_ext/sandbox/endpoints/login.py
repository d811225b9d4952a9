"""`/auth/login`, the eligibility gate and the consent page (contract section 2)."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ..operations import Region
from ..world.model import Login, PartnerClient, User, grants_of
from ..world.world import World
from . import login_pages as pages
from .calls import Call, shown

_PARAMETERS: Final = (
    "clientId",
    "redirect_uri",
    "state",
    "code_challenge",
    "code_challenge_method",
)

# RFC 7636 section 4.2: 32 bytes in base64url without padding
_CHALLENGE = re.compile(r"[A-Za-z0-9\-_]{43}")


async def authorize(call: Call) -> Response:
    """Check the login URL, and redirect the browser to the login page."""
    pairs = parse_qsl(call.query, keep_blank_values=True)
    fields = dict(pairs)
    problems = []
    for name in sorted(fields.keys() - set(_PARAMETERS)):
        call.breach("unknown-field", f"/auth/login has an undocumented parameter {shown(name)}")
        problems.append(f"A parameter {shown(name)} does not belong to this page.")
    if len(fields) != len(pairs):
        call.breach("duplicate-field", "/auth/login has a parameter twice")
        problems.append("A parameter is duplicated.")
    if not fields.get("state"):
        call.breach("state", "/auth/login has no state")
    client = call.world.state.clients.get(fields.get("clientId", ""))
    if client is None or call.region not in client.regions:
        problems.append("clientId is missing or unknown.")
        return pages.wrong_link(problems)
    redirect_uri = _redirect_uri(client, fields, problems)
    challenge = _challenge(client, fields, problems)
    if problems:
        return pages.wrong_link(problems)
    login = call.world.state.open_login(
        client=client,
        region=call.region,
        redirect_uri=redirect_uri,
        state=fields.get("state") or None,
        challenge=challenge,
    )
    return RedirectResponse(f"/sandbox/login/{login.login_id}", 302)


def _redirect_uri(client: PartnerClient, fields: dict[str, str], problems: list[str]) -> str:
    if "redirect_uri" in fields:
        if fields["redirect_uri"] not in client.redirect_uris:
            problems.append("redirect_uri is not registered.")
        return fields["redirect_uri"]
    if client.makes_keys or len(client.redirect_uris) != 1:
        problems.append("redirect_uri is missing.")
        return ""
    return client.redirect_uris[0]


def _challenge(client: PartnerClient, fields: dict[str, str], problems: list[str]) -> str | None:
    challenge = fields.get("code_challenge")
    if challenge is None:
        if client.require_pkce or "code_challenge_method" in fields:
            problems.append("code_challenge is missing.")
        return None
    if _CHALLENGE.fullmatch(challenge) is None:
        problems.append("code_challenge is not a SHA-256 digest in base64url.")
    if fields.get("code_challenge_method") != "S256":
        problems.append("code_challenge_method must be S256.")
    return challenge


def gate(world: World, login: Login, user: User) -> str | None:
    """Return the reason why the eligibility gate stops a user, or None.

    The checks are in the order of the contract (section 2).
    """
    if not user.signed_in:
        return "not_logged_in"
    if not user.two_factor_enabled:
        return "two_factor_missing"
    key = world.keys.current(user, login.client) if login.makes_key else None
    if key is not None:
        return "partner_key_active_exists" if key.enabled else "partner_key_expired_exists"
    if not user.verified:
        return "kyc_level"
    if not user.eligible:
        return "feature_unavailable"
    return None


async def show_login(request: Request) -> Response:
    """Show the page of a login."""
    world, login = _open_login(request)
    if login is None:
        return pages.gone()
    if login.user is None:
        return pages.choose_user(login, list(world.state.users.values()))
    outcome = gate(world, login, login.user)
    return pages.blocked(outcome) if outcome else pages.consent(login, login.user)


async def submit_login(request: Request) -> Response:
    """Handle a form of the login page."""
    world, login = _open_login(request)
    if login is None:
        return pages.gone()
    fields = parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
    form = dict(fields)
    if form.get("step") == "user":
        login.user = world.state.users.get(form.get("user", ""))
        return RedirectResponse(request.url.path, 303)
    if login.user is None:
        return RedirectResponse(request.url.path, 303)
    outcome = gate(world, login, login.user)
    if outcome:
        return pages.blocked(outcome)
    if form.get("decision") == "refuse":
        return _refuse(world, login)
    ticked = [value for name, value in fields if name == "permission"]
    if form.get("decision") != "approve":
        return pages.consent(login, login.user, error="Approve or refuse.", ticked=ticked)
    if form.get("second_factor", "").strip() != login.user.second_factor:
        error = "The second factor is wrong."
        return pages.consent(login, login.user, error=error, ticked=ticked)
    try:
        grants = grants_of(ticked)
    except ValueError:
        return pages.consent(login, login.user, error="This permission does not exist.")
    if not world.state.finish_login(login):
        return pages.gone()
    code = world.state.issue_code(login, login.user, grants)
    return _callback(world, login, {"code": code.value})


def _open_login(request: Request) -> tuple[World, Login | None]:
    world: World = request.state.world
    region: Region = request.state.region
    return world, world.state.find_login(request.path_params["login_id"], region)


def _refuse(world: World, login: Login) -> Response:
    """Return the response to a refusal according to the settings; WhiteBIT's is not published."""
    if not world.state.finish_login(login):
        return pages.gone()
    manner = world.state.settings.refusal
    if manner == "no_callback":
        return pages.refused()
    error = {"error": "access_denied"} if manner == "access_denied" else {}
    return _callback(world, login, error)


def _callback(world: World, login: Login, parameters: dict[str, str]) -> Response:
    """Send the browser to the callback, in the way that the settings name.

    The query of the redirect URI is kept (RFC 6749 section 3.1.2).
    """
    if login.state is not None:
        parameters = {**parameters, "state": login.state}
    parts = urlsplit(login.redirect_uri)
    query = "&".join(part for part in (parts.query, urlencode(parameters)) if part)
    callback = urlunsplit(parts._replace(query=query))
    match world.state.settings.callback:
        case "redirect":
            return RedirectResponse(callback, 302)
        case "page":
            return pages.onward(callback)
        case "frame":
            return pages.framed(callback)
