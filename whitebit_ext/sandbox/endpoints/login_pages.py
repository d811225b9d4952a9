"""The pages between `/auth/login` and the callback."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from starlette.responses import HTMLResponse

from ..world.model import PERMISSION_GROUPS, Login, User
from .layout import page

# The two names about keys are from the contract (section 4), the others are our own.
OUTCOMES: Final[dict[str, str]] = {
    "not_logged_in": "You are not signed in, and signing in is not possible from here.",
    "two_factor_missing": "Set up a second factor in your account first.",
    "kyc_level": "Your verification level is too low for this feature.",
    "feature_unavailable": "This feature is not available for your account.",
    "partner_key_active_exists": "An active API key for this partner already exists.",
    "partner_key_expired_exists": (
        "An API key for this partner exists and is disabled. Delete it in your account first."
    ),
}


def choose_user(login: Login, users: Iterable[User]) -> HTMLResponse:
    """Return the page to choose a user."""
    choices = "\n".join(
        f'<label class="choice"><input type="radio" name="user" value="{escape(user.name)}"'
        f"{'' if index else ' checked'} required><span>{escape(user.name)}</span></label>"
        for index, user in enumerate(users)
    )
    if not choices:
        choices = '<p class="error" role="alert">The sandbox has no users yet.</p>'
    return page(
        "Sign in",
        f"""<section class="card">
<h1>Sign in</h1>
<p class="soft"><code>{escape(login.client.client_id)}</code> wants to connect to your account.</p>
<form method="post" data-form="user">
<input type="hidden" name="step" value="user">
<fieldset><legend>Continue as</legend>
{choices}
</fieldset>
<div class="row"><button type="submit">Continue</button></div>
</form>
</section>""",
    )


def consent(
    login: Login, user: User, *, error: str | None = None, ticked: Iterable[str] = ()
) -> HTMLResponse:
    """Return the consent page.

    Args:
        login: The login.
        user: The signed-in user.
        error: The error of the submitted form.
        ticked: The permission groups that were selected in it.
    """
    chosen = set(ticked)
    if login.makes_key:
        purpose = "It asks for an API key of your account, with the permissions that you choose."
        choices = "\n".join(
            f'<label class="choice"><input type="checkbox" name="permission" value="{group.name}"'
            f"{' checked' if group.name in chosen else ''}>"
            f"<span>{escape(group.title)}"
            f"{''.join(f'<small>{escape(url)}</small>' for url in group.urls)}</span></label>"
            for group in PERMISSION_GROUPS
        )
        permissions = f"<fieldset><legend>Permissions</legend>\n{choices}\n</fieldset>"
    else:
        purpose = "It asks to read from your account."
        scopes = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in login.client.scopes)
        permissions = f"<fieldset><legend>Scopes</legend>\n<ul>{scopes}</ul>\n</fieldset>"
    alert = f'<p class="error" role="alert" id="problem">{escape(error)}</p>' if error else ""
    described = (
        ' aria-describedby="problem hint" aria-invalid="true" autofocus'
        if error
        else ' aria-describedby="hint"'
    )
    return page(
        "Approve access",
        f"""<section class="card">
<h1>Connect your account</h1>
<p>Signed in as <strong>{escape(user.name)}</strong>.
Partner: <code>{escape(login.client.client_id)}</code>.</p>
<p class="soft">{purpose} Afterwards you return to <code>{escape(login.redirect_uri)}</code>.</p>
<form method="post" data-form="decision">
<input type="hidden" name="step" value="decision">
{permissions}
<label class="text" for="second_factor">Second factor</label>
<input class="code" type="text" id="second_factor" name="second_factor" inputmode="numeric"
 autocomplete="one-time-code" maxlength="12"{described}>
{alert}
<p class="soft" id="hint">The sandbox sends no codes: type
<code data-second-factor>{escape(user.second_factor)}</code>.</p>
<div class="row">
<button type="submit" name="decision" value="approve">Approve</button>
<button type="submit" name="decision" value="refuse" class="second">Refuse</button>
</div>
</form>
</section>""",
        status=422 if error else 200,
    )


def blocked(outcome: str) -> HTMLResponse:
    """Return the page of a user whom the gate stops, without a callback."""
    return page(
        "Not possible",
        f"""<section class="card" data-outcome="{outcome}">
<h1>You cannot connect now</h1>
<p class="error" role="alert">{escape(OUTCOMES[outcome])}</p>
<p class="soft">The reason is <code>{outcome}</code>. The partner is not notified.</p>
</section>""",
    )


def refused() -> HTMLResponse:
    """Return the page after a refusal without a callback."""
    return page(
        "Refused",
        """<section class="card" data-outcome="refused">
<h1>Nothing was granted</h1>
<p>You refused. You may close this page.</p>
</section>""",
    )


def onward(callback: str) -> HTMLResponse:
    """Return the page that leads on to the callback."""
    return page(
        "Done",
        f"""<section class="card">
<h1>You are done here</h1>
<p>Go back to the partner to finish.</p>
<p><a data-callback href="{escape(callback)}">Continue</a></p>
</section>""",
    )


def framed(callback: str) -> HTMLResponse:
    """Return the page that loads the callback in a frame."""
    answer = page(
        "Done",
        f"""<section class="card">
<h1>You are done here</h1>
<iframe data-callback src="{escape(callback)}" title="Partner"></iframe>
</section>""",
    )
    policy = answer.headers["content-security-policy"]
    answer.headers["content-security-policy"] = f"{policy}; frame-src *"
    return answer


def gone() -> HTMLResponse:
    """Return the page of a login that is finished, expired or unknown."""
    return page(
        "Over",
        """<section class="card" data-outcome="gone">
<h1>This login is over</h1>
<p>It was finished, or it took too long. Start again at the partner.</p>
</section>""",
        status=410,
    )


def wrong_link(problems: Iterable[str]) -> HTMLResponse:
    """Return the page with the errors of a login URL."""
    items = "".join(f"<li>{escape(problem)}</li>" for problem in problems)
    return page(
        "Wrong link",
        f"""<section class="card" data-outcome="wrong_link">
<h1>The partner's link is wrong</h1>
<ul class="error">{items}</ul>
<p class="soft">The user stays here: a link that is wrong gets no callback.</p>
</section>""",
        status=400,
    )
