"""The database goes back to a backup under running processes."""

from __future__ import annotations

import sqlalchemy as sa

from whitebit_ext import WhiteBIT
from whitebit_ext.sandbox import Sandbox

from .conftest import Start

LOG = """keep("log", __import__("io").StringIO()) and
__import__("logging").getLogger("whitebit_ext").addHandler(
__import__("logging").StreamHandler(kept["log"]))"""
READ = "len(user.bearer.account.balances.main()) >= 0"
REPLAYED = 'kept["log"].getvalue().count("connection.replayed")'
BACKUP = ("CREATE TABLE backup AS SELECT * FROM whitebit_oauth_rows",)
RESTORE = (
    "DELETE FROM whitebit_oauth_rows",
    "INSERT INTO whitebit_oauth_rows SELECT * FROM backup",
)


def administer(url: str, statements: tuple[str, ...]) -> None:
    """Run statements in one transaction, as an administrator does."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_a_restored_backup_is_noticed(
    sandbox: Sandbox, partner: WhiteBIT, start: Start, store_url: str
) -> None:
    """The process that saw a newer row reports it and caches nothing; the secret is gone."""
    sandbox.add_user("alice")
    login = partner.authorize("alice")
    callback = sandbox.person("alice").approve(login.url)
    partner.connect(callback, binding=login.binding, user_id="alice")
    administer(store_url, BACKUP)
    other, late = start(cache_for=60), start(cache_for=60)
    for process in (other, late):
        process.ask(LOG)
    assert other.ask("user.api_key.issue().external_id")
    administer(store_url, RESTORE)
    for process in (other, late):
        process.ask("user.status()")
    assert (other.ask(REPLAYED), late.ask(REPLAYED)) == (1, 0)  # who saw no newer row cannot tell
    for count in (2, 3):  # each read goes to the store
        assert other.ask(READ) is True
        assert other.ask(REPLAYED) == count
    for process in (other, late):
        assert process.ask("user.api_key.issue(timeout=0)") == "SecretTakenElsewhere"
