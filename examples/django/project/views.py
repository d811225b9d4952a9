"""The views."""

from django.contrib.auth import get_user_model, login
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join

from whitebit_ext.errors import WhiteBITError
from whitebit_ext.integrations.django.conf import partner

PAGE = '<!DOCTYPE html><html lang="en"><title>{0}</title><h1>{0}</h1>{1}</html>'
LOGIN = """<form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="{}">
<label>Name <input name="user"></label><button>Sign in</button></form>"""


def label(request: HttpRequest) -> str:
    """Return the name of the signed-in user."""
    return request.user.get_username()


def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in by name alone: your project has its own sign-in."""
    if request.method == "GET":
        return HttpResponse(format_html(PAGE, "Sign in", format_html(LOGIN, get_token(request))))
    user, _ = get_user_model().objects.get_or_create(username=request.POST["user"])
    login(request, user)
    return redirect("/settings")


@login_required
def settings(request: HttpRequest) -> HttpResponse:
    """Show the balances of the connected account."""
    content = format_html("<p>Signed in as {}.</p>", label(request))
    try:
        balances = partner().user(str(request.user.pk)).signed.account.balances.spot()
    except WhiteBITError:
        content += format_html('<p><a href="{}">Connect WhiteBIT</a></p>', "/whitebit/connect")
    else:
        rows = ((ticker, balance.available) for ticker, balance in balances.items())
        content += format_html(
            '<table>{}</table><p><a href="/whitebit/status">Your connection</a></p>',
            format_html_join("", "<tr><th>{}</th><td>{}</td></tr>", rows),
        )
    return HttpResponse(format_html(PAGE, "Settings", content))
