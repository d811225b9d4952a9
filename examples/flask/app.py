"""A Flask application whose users connect their WhiteBIT accounts."""

import os

from flask import Flask, redirect, render_template_string, request, session
from werkzeug.wrappers import Response

from whitebit_ext import WhiteBIT
from whitebit_ext.errors import WhiteBITError
from whitebit_ext.integrations.flask import whitebit_blueprint

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]


def signed_in() -> str | None:
    """Return the id of the signed-in user."""
    return session.get("user")


partner = WhiteBIT.from_env()
whitebit = whitebit_blueprint(
    partner, user_id=signed_in, require={"trading"}, after="/settings", login_url="/login"
)
app.register_blueprint(whitebit, url_prefix="/whitebit")

LOGIN = """<!DOCTYPE html><html lang="en"><title>Sign in</title><h1>Sign in</h1>
<form method="post"><label>Name <input name="user"></label><button>Sign in</button></form></html>"""

SETTINGS = """<!DOCTYPE html><html lang="en"><title>Settings</title><h1>Settings</h1>
<p>Signed in as {{ user }}.</p>
{% if balances is none %}<p><a href="/whitebit/connect">Connect WhiteBIT</a></p>
{% else %}<table>
{% for ticker, balance in balances.items() %}<tr><th>{{ ticker }}</th>
<td>{{ balance.available }}</td></tr>{% endfor %}
</table><p><a href="/whitebit/status">Your connection</a></p>{% endif %}</html>"""


@app.route("/login", methods=["GET", "POST"])
def login() -> str | Response:
    """Sign in by name alone: your application has its own sign-in."""
    if request.method == "GET":
        return render_template_string(LOGIN)
    session["user"] = request.form["user"]
    return redirect("/settings")


@app.get("/settings")
def settings() -> str | Response:
    """Show the balances of the connected account."""
    if "user" not in session:
        return redirect("/login")
    try:
        balances = partner.user(session["user"]).signed.account.balances.spot()
    except WhiteBITError:
        balances = None
    return render_template_string(SETTINGS, user=session["user"], balances=balances)
