"""Debian's Chromium, a partner's callback page, and a sandbox."""

from __future__ import annotations

import os
import queue
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from whitebit_ext import MemoryStore, Region, WhiteBIT, generate_encryption_key
from whitebit_ext.sandbox import PartnerClient, Sandbox

FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-proxy-server",
    # The browser is no Python process, so the guard of tests/conftest.py does not see it.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--window-size=900,1100",
)


def _program(*names: str) -> str:
    """Return the path of the first program that exists."""
    for name in names:
        if found := shutil.which(name):
            return found
    pytest.fail(
        f"{names[0]} is missing, and the browser's tests need it: "
        "apt-get install chromium chromium-driver",
        pytrace=False,
    )


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """Run one browser for all tests, with given paths, so that it downloads nothing."""
    options = Options()
    options.binary_location = _program("chromium", "chromium-browser", "google-chrome")
    for flag in FLAGS:
        options.add_argument(flag)
    if os.geteuid() == 0:  # chromium refuses its sandbox to root, who runs it in a container
        options.add_argument("--no-sandbox")
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('chromium')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = Service(_program("chromedriver"), log_output=os.devnull)
    driver = webdriver.Chrome(options=options, service=service)
    driver.set_page_load_timeout(20)
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """Return the browser without cookies; its pages must cause no error in it."""
    chromium.delete_all_cookies()
    chromium.get_log("browser")  # type: ignore[no-untyped-call]  # selenium's own gap
    yield chromium
    # The status of a page that is itself an answer (a wrong code, an old link) is logged, too.
    entries = [
        entry["message"]
        for entry in chromium.get_log("browser")  # type: ignore[no-untyped-call]  # as above
        if "Failed to load resource" not in entry["message"]
    ]
    assert entries == []


class Callback(ThreadingHTTPServer):
    """A partner's callback page.

    Attributes:
        arrived: The URL of every browser that came.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.arrived: queue.Queue[str] = queue.Queue()

    @property
    def url(self) -> str:
        """Return the redirect URI to register."""
        return f"http://127.0.0.1:{self.server_port}/whitebit/callback"


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Callback)
        self.server.arrived.put(f"http://127.0.0.1:{self.server.server_port}{self.path}")
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b'<link rel="icon" href="data:,"><h1 id="back">Back at the partner</h1>')

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the path contains the code."""


@pytest.fixture
def callback() -> Iterator[Callback]:
    """Serve the callback page on loopback."""
    server = Callback()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="callback")
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run a sandbox with alice and bob; the partner must keep the contract."""
    with Sandbox(key_delay=0) as running:
        running.add_user("alice")
        running.add_user("bob")
        yield running
        assert running.breaches == []


@pytest.fixture
def client(sandbox: Sandbox, callback: Callback) -> PartnerClient:
    """Return the partner's registration, with the callback page."""
    return sandbox.register_client(client_id="copy-trader", redirect_uris=(callback.url,))


@pytest.fixture
def partner(sandbox: Sandbox, client: PartnerClient) -> Iterator[WhiteBIT]:
    """Return the partner's WhiteBIT."""
    with WhiteBIT(
        client_id=client.client_id,
        client_secret=client.client_secret,
        redirect_uri=client.redirect_uris[0],
        region=Region.GLOBAL,
        base_url=sandbox.global_url,
        store=MemoryStore(),
        encryption_keys=[generate_encryption_key()],
    ) as whitebit:
        yield whitebit


@pytest.fixture
def pictures() -> Path | None:
    """Return the folder for screenshots from the environment, if it is set."""
    named = os.environ.get("WHITEBIT_SCREENSHOTS")
    if not named:
        return None
    folder = Path(named)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
