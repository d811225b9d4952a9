"""`whitebit-oauth account`: what it exports, how it goes on, what it tells, what it never shows."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from whitebit_ext import Region, SQLStore, WhiteBIT, generate_encryption_key, reading
from whitebit_ext.cli import account_files, account_settings
from whitebit_ext.cli.account import account
from whitebit_ext.cli.account_display import balance_table, history_table, progress, show
from whitebit_ext.cli.account_export import columns_of
from whitebit_ext.cli.account_rows import as_csv, exact, plain
from whitebit_ext.cli.account_settings import moment, printable
from whitebit_ext.cli.custody_store import KEYS_VARIABLE
from whitebit_ext.errors import HistoryTruncated
from whitebit_ext.errors.history import Unreached
from whitebit_ext.sandbox import HistoryName, Sandbox

READS: tuple[HistoryName, ...] = get_args(HistoryName)
COUNT = 230
SAID: list[str] = []
"""What the commands of a test printed."""
PAGE = ("--page-size", "50")
OPERATIONS: Mapping[str, str] = {
    "transactions": "list_main_account_history",
    "orders": "list_trade_account_order_history",
    "deals": "list_trade_account_executed_history",
    "converts": "list_convert_history",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    """Run a sandbox whose clock is the machine's, as the command's is."""
    with Sandbox(key_delay=0) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def settings(server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Connect a user with a key, and return the environment of a partner."""
    client = server.register_client(redirect_uris=("https://partner.example/whitebit/callback",))
    server.add_user(
        "alice",
        main_balances={"BTC": "0.0013929494020316", "USDT": "20", "ETH": "0"},
        spot_balances={"BTC": ("0.00100000", "0.5"), "XLM": ("0", "7")},
    )
    key = generate_encryption_key()
    store = f"sqlite:///{tmp_path_factory.mktemp('store') / 'custody.db'}"
    with (
        SQLStore(store) as opened,
        WhiteBIT(
            client_id=client.client_id,
            client_secret=client.client_secret,
            redirect_uri=client.redirect_uris[0],
            region=Region.GLOBAL,
            base_url=server.global_url,
            store=opened,
            keys=[key],
        ) as partner,
    ):
        login = partner.authorize("alice")
        callback = server.person("alice").approve(login.url)
        partner.connect(callback, state=login.state, user_id="alice").api_keys.issue()
    return {
        "WHITEBIT_OAUTH_STORE": store,
        "WHITEBIT_OAUTH_KEYS": key,
        "WHITEBIT_OAUTH_CLIENT_ID": client.client_id,
        "WHITEBIT_OAUTH_CLIENT_SECRET": client.client_secret,
        "WHITEBIT_OAUTH_REDIRECT_URI": client.redirect_uris[0],
        "WHITEBIT_OAUTH_REGION": "global",
        "WHITEBIT_OAUTH_BASE_URL": server.global_url,
    }


@pytest.fixture(autouse=True)
def sandbox(
    server: Sandbox, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sandbox]:
    """Return the sandbox with fresh histories, and with the environment of its partner."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    server.seed_history("alice", transactions=COUNT, orders=COUNT, deals=COUNT, converts=COUNT)
    server.forget_requests()
    SAID.clear()
    yield server
    server.faults.clear()
    said = "".join(SAID)
    assert not [
        secret for secret in (*server.issued_values(), settings[KEYS_VARIABLE]) if secret in said
    ]
    assert server.breaches == []


def run(*arguments: str, code: int = 0) -> Result:
    """Run a command for alice; nothing that it says holds a secret."""
    result = CliRunner().invoke(account, [*arguments, "--user", "alice"])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    SAID.append(result.output)
    return result


def name_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what tells an exported row from all others of its history."""
    if "transaction_id" in row:
        return row["method"], row["transaction_id"]
    return row.get("market"), str(row["id"]), row.get("role")


def wire_names(sandbox: Sandbox, read: HistoryName) -> list[tuple[Any, ...]]:
    """Return the same of the sandbox's own rows, newest first."""
    return [
        name_of({**row, "transaction_id": row["transactionId"]} if "method" in row else row)
        for row in sandbox.history("alice").rows(read)
    ]


def lines_of(text: str) -> list[dict[str, Any]]:
    """Return the objects of JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


def fail(sandbox: Sandbox, read: str, nth: int, times: int = 1) -> None:
    """Have the nth page refused, which is not tried again, and so many in all."""
    body = {"code": 4, "message": "This API Key is not authorized to perform this action."}
    sandbox.faults.add(
        OPERATIONS[read], kind="status", status=403, body=json.dumps(body), nth=nth, times=times
    )


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("format", ["json", "jsonl", "csv"])
def test_every_row_comes_once_in_order(sandbox: Sandbox, read: HistoryName, format: str) -> None:
    """Each format has all rows, in order, money and time to the last digit."""
    said = run(read, "--format", format).stdout
    if format == "csv":
        rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(said)))
        for row in rows:
            if "method" in row:
                row["method"] = int(row["method"])
            if "role" in row:
                row["role"] = int(row["role"])
    else:
        rows = json.loads(said) if format == "json" else lines_of(said)
    assert [name_of(row) for row in rows] == wire_names(sandbox, read)
    amount, time = {
        "transactions": ("amount", "created_at"),
        "orders": ("amount", "created_at"),
        "deals": ("amount", "time"),
        "converts": ("give", "date"),
    }[read]
    theirs = sandbox.history("alice").rows(read)
    assert [row[amount] for row in rows] == [row[amount] for row in theirs]
    assert all(datetime.fromisoformat(row[time]).tzinfo == UTC for row in rows)
    assert all(row[time].endswith("Z") for row in rows)


@pytest.mark.parametrize("read", READS)
def test_a_table_has_a_line_for_each_row(read: HistoryName) -> None:
    """The table is as wide as it must be: on a narrow screen too no amount is cut off."""
    said = run(read).stdout
    assert "…" not in said
    assert len([line for line in said.splitlines() if line.startswith("20")]) == COUNT


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_an_interrupted_export_goes_on(
    sandbox: Sandbox, tmp_path: Path, read: HistoryName, format: str
) -> None:
    """A page fails and the last line is torn: resumed, the file is as if nothing had been."""
    whole, file = tmp_path / f"whole.{format}", tmp_path / f"part.{format}"
    run(read, "--out", str(whole), *PAGE)
    sandbox.forget_requests()
    fail(sandbox, read, 3)
    said = run(read, "--out", str(file), *PAGE, code=1).stderr
    sidecar = tmp_path / f"part.{format}.cursor"
    assert "--resume goes on" in said
    assert said.count("\n") == 1
    kept = file.read_bytes()
    assert 0 < len(kept) < whole.stat().st_size
    assert whole.read_bytes().startswith(kept)
    with file.open("ab") as torn:
        torn.write(kept.splitlines(keepends=True)[-1] + b'{"id": 12')
    refused = run(read, "--out", str(file), *PAGE, code=2).stderr
    assert "--resume goes on with it" in refused
    sandbox.faults.clear()
    run(read, "--out", str(file), *PAGE, "--resume")
    assert file.read_bytes() == whole.read_bytes()
    assert not sidecar.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [file.name, whole.name]


def test_a_killed_export_goes_on(sandbox: Sandbox, tmp_path: Path) -> None:
    """A process that is killed amid a walk leaves a file that another one finishes."""
    file = tmp_path / "deals.jsonl"
    sandbox.seed_history("alice", deals=2_000)
    command = "from whitebit_ext.cli.account import account; account()"
    arguments = ("deals", "--out", str(file), "--page-size", "20")
    with (
        sandbox.hold(OPERATIONS["deals"]) as held,
        subprocess.Popen([sys.executable, "-c", command, *arguments, "--user", "alice"]) as child,
    ):
        held.wait(1, timeout=20)
        held.release()
        while not (file.exists() and file.stat().st_size > 20_000):
            assert child.poll() is None
        child.send_signal(signal.SIGKILL)
    run(*arguments, "--resume")
    rows = [name_of(row) for row in lines_of(file.read_text())]
    assert rows == wire_names(sandbox, "deals")


def test_ctrl_c_leaves_what_can_be_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C between a page and its note ends in one line; resumed, no row comes twice."""
    file = tmp_path / "orders.csv"
    noted = account_files.write_whole
    count = 0

    def stop(path: Path, content: str) -> None:
        nonlocal count
        count += 1
        if count == 4:
            raise KeyboardInterrupt
        noted(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(account_files, "write_whole", stop)
        said = run("orders", "--out", str(file), *PAGE, code=1).stderr
    assert said.startswith("whitebit-oauth account: stopped. What came is kept")
    assert len(file.read_text().splitlines()) > 100
    run("orders", "--out", str(file), *PAGE, "--resume", "--bearer")
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    assert len({row["id"] for row in rows}) == len(rows) == COUNT


def test_an_export_that_never_began_can_be_resumed(tmp_path: Path) -> None:
    """`--resume` begins where nothing is, and refuses a file that is finished."""
    file = tmp_path / "deals.csv"
    run("deals", "--out", str(file), "--resume")
    assert len(file.read_text().splitlines()) == COUNT + 1
    assert "finished" in run("deals", "--out", str(file), "--resume", code=2).stderr


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("--format", "csv"), "another export (format differ)"),
        (("--market", "BTC_USDT"), "cursor: it belongs to a walk with other arguments"),
        (("--since", "2026-05-01"), "cursor: it belongs to a walk with other arguments"),
    ],
)
def test_another_export_is_not_resumed(
    sandbox: Sandbox, tmp_path: Path, changed: tuple[str, ...], said: str
) -> None:
    """An export is resumed with the arguments that it was begun with, else nothing changes."""
    file = tmp_path / "deals.jsonl"
    fail(sandbox, "deals", 3)
    run("deals", "--out", str(file), *PAGE, code=1)
    before = file.read_bytes()
    assert said in run("deals", "--out", str(file), *PAGE, "--resume", *changed, code=2).stderr
    assert file.read_bytes() == before


@pytest.mark.parametrize("content", ["", "[]", '{"version": 1}', "no JSON", '{"version": 2}'])
def test_a_sidecar_that_is_none(tmp_path: Path, content: str) -> None:
    """A sidecar of somebody else is named, and not acted upon."""
    file = tmp_path / "deals.jsonl"
    file.write_text("kept\n")
    (tmp_path / "deals.jsonl.cursor").write_text(content)
    said = run("deals", "--out", str(file), "--resume", code=2).stderr
    assert "is not what an export leaves" in said
    assert file.read_text() == "kept\n"


def test_a_file_that_was_cut_is_not_resumed(sandbox: Sandbox, tmp_path: Path) -> None:
    """A file shorter than its sidecar says lacks rows: that is told, not papered over."""
    file = tmp_path / "deals.jsonl"
    fail(sandbox, "deals", 3)
    run("deals", "--out", str(file), *PAGE, code=1)
    file.write_bytes(file.read_bytes()[:100])
    assert "is shorter than" in run("deals", "--out", str(file), "--resume", code=2).stderr


@pytest.mark.parametrize("format", ["json", "jsonl", "csv", "table"])
def test_a_failure_keeps_what_was_there(sandbox: Sandbox, tmp_path: Path, format: str) -> None:
    """A file that is there stays until something has come to replace it."""
    file = tmp_path / "deals"
    file.write_text("yesterday\n")
    fail(sandbox, "deals", 1)
    run("deals", "--format", format, "--out", str(file), code=1)
    assert file.read_text() == "yesterday\n"
    sandbox.faults.clear()
    run("deals", "--format", format, "--out", str(file))
    assert "yesterday" not in file.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["deals"]


@pytest.mark.parametrize("read", READS)
def test_nothing_is_something_to_write(sandbox: Sandbox, tmp_path: Path, read: str) -> None:
    """An empty history is an empty array, no line, a header, a sentence."""
    sandbox.seed_history("alice")
    assert run(read).stdout == f"No {read}.\n"
    assert run(read, "--format", "json").stdout == "[]\n"
    assert run(read, "--format", "jsonl").stdout == ""
    header = ",".join(columns_of(read)) + "\n"
    assert run(read, "--format", "csv").stdout == header
    file = tmp_path / "empty.csv"
    run(read, "--out", str(file))
    assert file.read_text() == header
    assert not (tmp_path / "empty.csv.cursor").exists()


def test_filters_reach_the_read(sandbox: Sandbox) -> None:
    """Each filter narrows the export as the library's argument of that name does."""
    rows = {read: sandbox.history("alice").rows(read) for read in READS}

    def exported(*arguments: str) -> list[dict[str, Any]]:
        return lines_of(run(*arguments, "--format", "jsonl").stdout)

    deposit = next(row for row in rows["transactions"] if row["method"] == 1)
    order, convert = rows["orders"][7], rows["converts"][7]
    assert {row["method"] for row in exported("transactions", "--method", "deposit")} == {1}
    assert {row["method"] for row in exported("transactions", "--method", "withdrawal")} == {2}
    assert {row["ticker"] for row in exported("transactions", "--ticker", "BTC")} == {"BTC"}
    named = next(row for row in rows["transactions"] if row["uniqueId"])
    found = exported("transactions", "--unique-id", named["uniqueId"])
    assert [row["transaction_id"] for row in found] == [named["transactionId"]]
    found = exported("transactions", "--address", deposit["address"], "--address", "none")
    assert deposit["transactionId"] in [row["transaction_id"] for row in found]
    found = exported("transactions", "--method", "deposit", "--status", "3", "--status", "7")
    assert {row["outcome"] for row in found} == {"successful"}
    assert [row["id"] for row in exported("orders", "--order-id", str(order["id"]))] == [
        order["id"]
    ]
    assert {row["status"] for row in exported("orders", "--status", "FILLED")} == {"FILLED"}
    for read in ("orders", "deals"):
        assert {row["market"] for row in exported(read, "--market", "BTC_USDT")} == {"BTC_USDT"}
    mine = next(row["clientOrderId"] for row in rows["deals"] if row["clientOrderId"])
    assert {r["client_order_id"] for r in exported("deals", "--client-order-id", mine)} == {mine}
    ticker = convert["path"][0]["from"]
    found = exported("converts", "--from-ticker", ticker)
    assert {row["path"][0]["from_ticker"] for row in found} == {ticker}
    assert [row["id"] for row in exported("converts", "--quote-id", convert["id"])] == [
        convert["id"]
    ]


def test_dates_bound_the_export(sandbox: Sandbox) -> None:
    """Rows of `--since` are in, rows of `--until` are not."""
    times = [int(row["createdAt"]) for row in sandbox.history("alice").rows("transactions")]
    newest, oldest = (datetime.fromtimestamp(times[n], UTC).isoformat() for n in (50, 150))
    arguments = ("--since", oldest, "--until", newest, "--format", "jsonl")
    wanted = [time for time in times if times[150] <= time < times[50]]
    assert len(lines_of(run("transactions", *arguments).stdout)) == len(wanted) > 0


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-05-01", datetime(2026, 5, 1, tzinfo=UTC)),
        ("2026-05-01T12:00", datetime(2026, 5, 1, 12, tzinfo=UTC)),
        ("2026-05-01T12:00:00Z", datetime(2026, 5, 1, 12, tzinfo=UTC)),
        ("2026-05-01 14:00+02:00", datetime(2026, 5, 1, 12, tzinfo=UTC)),
    ],
)
def test_dates_are_utc(text: str, time: datetime) -> None:
    """A date without an offset is in UTC."""
    assert (moment(text), moment(text).tzinfo) == (time, UTC)


@pytest.mark.parametrize(("access", "operation"), [("--bearer", True), ("--signed", False)])
def test_the_way_of_access_is_chosen(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, access: str, operation: bool
) -> None:
    """`--bearer` reads with the token, and says on standard error that this ends."""
    monkeypatch.setattr(reading, "_warned", False)
    result = run("deals", access, "--format", "jsonl")
    assert len(result.stdout.splitlines()) == COUNT
    sent = {entry.operation for entry in sandbox.requests}
    assert ("list_account_deals" in sent, OPERATIONS["deals"] in sent) == (
        operation,
        not operation,
    )
    assert ("1 November 2026" in result.stderr) is operation


def test_balances_stand_side_by_side() -> None:
    """What is zero is left out unless asked for; main and spot share a line."""
    header, _, *lines = (line for line in run("balances").stdout.splitlines() if line.strip())
    assert header.split() == [
        "Currency",
        "Main",
        "Spot,",
        "available",
        "Spot,",
        "in",
        "orders",
        "Total",
    ]
    found = {line.split()[0]: line.split()[1:] for line in lines}
    assert found["BTC"] == ["0.0013929494020316", "0.00100000", "0.5", "0.5023929494020316"]
    assert found["USDT"] == ["20", "0", "0", "20"]
    assert found["XLM"] == ["0", "0", "7", "7"]
    assert "ETH" not in found
    assert "--all shows them" in lines[-1]
    assert "ETH" in run("balances", "--all").stdout
    bitcoin = next(line for line in lines if line.startswith("BTC"))
    tether = next(line for line in lines if line.startswith("USDT"))
    assert bitcoin.index(".") == tether.index("20") + 2, "decimal points are not in line"


def test_balances_as_data(tmp_path: Path) -> None:
    """The other formats have the same rows; a currency that is asked for is there though zero."""
    row = {
        "ticker": "BTC",
        "main_balance": "0.0013929494020316",
        "spot_available": "0.00100000",
        "spot_freeze": "0.5",
    }
    assert row in json.loads(run("balances", "--format", "json").stdout)
    assert row in lines_of(run("balances", "--format", "jsonl").stdout)
    file = tmp_path / "balances.csv"
    run("balances", "--out", str(file))
    assert row in list(csv.DictReader(io.StringIO(file.read_text())))
    one = json.loads(run("balances", "--ticker", "ETH", "--format", "json").stdout)
    assert one == [
        {"ticker": "ETH", "main_balance": "0", "spot_available": "0", "spot_freeze": "0"}
    ]


@pytest.mark.parametrize("name", ["CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI", "KEYS", "STORE"])
def test_what_is_not_set_is_named(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Without a setting nothing is sent, and the variable is named."""
    monkeypatch.delenv(f"WHITEBIT_OAUTH_{name}")
    said = run("balances", code=2).stderr
    assert f"WHITEBIT_OAUTH_{name}" in said
    assert said.count("\n") == 1
    assert len(sandbox.requests) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("deals", "--since", "yesterday"),
        ("deals", "--since", "2026-13-01"),
        ("deals", "--since", "2026-05-02", "--until", "2026-05-01"),
        ("deals", "--page-size", "501"),
        ("deals", "--format", "xml"),
        ("deals", "--resume"),
        ("deals", "--resume", "--out", "deals.json"),
        ("deals", "--out", "/dev/null"),
        ("deals", "--out", "no-such-directory/deals.csv"),
        ("deals", "--user", ""),
        ("deals", "--base-url", "http://whitebit.com"),
        ("orders", "--status", "OPEN"),
        ("transactions", "--method", "3"),
        ("transactions", "--status", "-1"),
        ("transactions", "--memo", ""),
        ("balances", "--ticker", ""),
    ],
)
def test_wrong_usage_ends_with_2(sandbox: Sandbox, arguments: tuple[str, ...]) -> None:
    """A wrong argument is refused before anything is sent."""
    user = () if "--user" in arguments else ("--user", "alice")
    result = CliRunner().invoke(account, [*arguments, *user])
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert len(sandbox.requests) == 0


def test_failures_end_with_1(sandbox: Sandbox, tmp_path: Path) -> None:
    """A read that fails is told in one line with what to do."""
    result = CliRunner().invoke(account, ["deals", "--user", "nobody"])
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert run("balances", "--ticker", "NOPE", code=1).stderr.count("ticker") == 1
    fail(sandbox, "deals", 1, times=4)
    for format in ("table", "json", "jsonl", "csv"):
        failed = run("deals", "--format", format, code=1)
        assert "permission" in failed.stderr
        assert failed.stdout == ""
    sandbox.faults.clear()
    locked = tmp_path / "locked"
    (locked / "deals.csv.cursor.new").mkdir(parents=True)
    said = run("deals", "--out", str(locked / "deals.csv"), code=1).stderr
    assert "deals.csv.cursor.new" in said


def test_what_cannot_be_reached_is_told_after_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A truncated history is written as far as it goes, and ends with 1; nothing to resume."""
    from whitebit_ext.history import Rows

    pages = Rows.pages

    def truncated(self: Rows[Any]) -> Iterator[Any]:
        yield from pages(self)
        raise HistoryTruncated(
            "not all transactions can be reached",
            reached=COUNT,
            total=300,
            unreached=[Unreached(1, None, None, 70)],
        )

    monkeypatch.setattr(Rows, "pages", truncated)
    file = tmp_path / "transactions.csv"
    said = run("transactions", "--out", str(file), code=1).stderr
    assert f"{COUNT} of 300 rows are written" in said
    assert "--resume" not in said
    assert len(file.read_text().splitlines()) == COUNT + 1
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    assert len(json.loads(run("transactions", "--format", "json", code=1).stdout)) == COUNT


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1E-8", "0.00000001"),
        ("0.00100000", "0.00100000"),
        ("1E+3", "1000"),
        ("0", "0"),
        ("12345678901234567890123456789012345678.9", "12345678901234567890123456789012345678.9"),
        ("1E+999999", "1E+999999"),
    ],
)
def test_amounts_are_exact(amount: str, text: str) -> None:
    """Amounts come with every digit, without an exponent unless it would fill a page."""
    assert exact(Decimal(amount)) == text
    assert Decimal(text) == Decimal(amount)


def test_cells_of_other_kinds() -> None:
    """In CSV nothing is empty, truth is a word, and what is nested is JSON."""
    row = {"a": None, "b": True, "c": [{"rate": Decimal("0.10")}], "d": 'say "x",\ny', "e": 7}
    text = as_csv([row], list(row), header=True)
    (read,) = csv.DictReader(io.StringIO(text, newline=""))
    assert read == {
        "a": "",
        "b": "true",
        "c": '[{"rate": "0.10"}]',
        "d": 'say "x",\ny',
        "e": "7",
    }
    time = datetime(2026, 5, 1, 12, 0, 0, 7, tzinfo=UTC)
    assert plain({"t": time}) == {"t": "2026-05-01T12:00:00.000007Z"}


def test_no_text_steers_the_terminal() -> None:
    """What the server sends is neither markup nor an escape sequence."""
    row: dict[str, Any] = dict.fromkeys(columns_of("transactions"))
    row |= {"ticker": "[red]B\x1b[2J", "amount": Decimal("1"), "network": "a\nb"}
    out = io.StringIO()
    show(history_table("transactions", [row]), Console(file=out, width=20))
    assert "[red]B\ufffd[2J" in out.getvalue()
    assert "a\ufffdb" in out.getvalue()
    assert printable("a\r\x07b") == "a\ufffd\ufffdb"
    nothing = balance_table([], 3)
    assert str(nothing) == "Nothing (3 without anything; --all shows them)."


def test_progress_shows_on_a_terminal_only() -> None:
    """The bar counts rows, those of an earlier run too; elsewhere nothing is written."""
    screen, pipe = io.StringIO(), io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=80)
    with progress("deals", 1000, wanted=True, console=terminal) as came:
        came(500, None)
        came(500, 4000)
    assert "2,000 rows" in screen.getvalue()
    for wanted, console in ((True, Console(file=pipe)), (False, terminal)):
        before = screen.getvalue()
        with progress("deals", 0, wanted=wanted, console=console) as came:
            came(1, None)
        assert (pipe.getvalue(), screen.getvalue()) == ("", before)


def test_no_variable_holds_the_secret_on_the_command_line() -> None:
    """No command takes a client secret or an encryption key as an option."""
    for read in (*READS, "balances"):
        said = CliRunner().invoke(account, [read, "--help"], env={"COLUMNS": "200"}).stdout
        assert "--client-id" in said
        assert "--client-secret" not in said
        assert "--keys" not in said
    assert account_settings.CLIENT_SECRET_VARIABLE == "WHITEBIT_OAUTH_CLIENT_SECRET"
