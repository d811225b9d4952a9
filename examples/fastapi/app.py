"""A FastAPI application whose users connect their WhiteBIT accounts."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape
from urllib.parse import parse_qs

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.middleware.sessions import SessionMiddleware

from whitebit_ext import AsyncWhiteBIT
from whitebit_ext.errors import WhiteBITError
from whitebit_ext.integrations.fastapi import fastapi_router

partner = AsyncWhiteBIT.from_env()


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Close the partner with the application."""
    async with partner:
        yield


def signed_in(request: Request) -> str | None:
    """Return the id of the signed-in user."""
    user: str | None = request.session.get("user")
    return user


app = FastAPI(lifespan=lifespan)
app.add_middleware(SessionMiddleware, secret_key=os.environ["SECRET_KEY"])
whitebit = fastapi_router(
    partner, user_id=Depends(signed_in), require={"trading"}, after="/settings", login_url="/login"
)
app.include_router(whitebit, prefix="/whitebit")

PAGE = '<!DOCTYPE html><html lang="en"><title>{0}</title><h1>{0}</h1>{1}</html>'
LOGIN = """<form method="post"><label>Name <input name="user"></label>
<button>Sign in</button></form>"""


@app.get("/login", response_class=HTMLResponse)
async def login_page() -> str:
    """Ask for a name: your application has its own sign-in."""
    return PAGE.format("Sign in", LOGIN)


@app.post("/login")
async def login(request: Request) -> Response:
    """Sign in by name alone."""
    request.session["user"] = parse_qs((await request.body()).decode())["user"][0]
    return RedirectResponse("/settings", 303)


@app.get("/settings")
async def settings(user_id: str | None = Depends(signed_in)) -> Response:
    """Show the balances of the connected account."""
    if user_id is None:
        return RedirectResponse("/login", 303)
    content = f"<p>Signed in as {escape(user_id)}.</p>"
    try:
        balances = await partner.user(user_id).signed.account.balances.spot()
    except WhiteBITError:
        content += '<p><a href="/whitebit/connect">Connect WhiteBIT</a></p>'
    else:
        rows = "".join(
            f"<tr><th>{escape(ticker)}</th><td>{balance.available}</td></tr>"
            for ticker, balance in balances.items()
        )
        content += f'<table>{rows}</table><p><a href="/whitebit/status">Your connection</a></p>'
    return HTMLResponse(PAGE.format("Settings", content))
