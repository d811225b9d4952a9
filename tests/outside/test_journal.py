"""The journal, read by other processes: each continues where another one stopped."""

from __future__ import annotations

from whitebit_ext import WhiteBIT
from whitebit_ext.sandbox import Sandbox

from .conftest import Start

READ = "[[e.name, e.user_id, e.cursor] for e in partner.journal({since!r}, settle=0, limit=2)]"


def test_two_readers_share_a_cursor(sandbox: Sandbox, partner: WhiteBIT, start: Start) -> None:
    """Another process reads what this one wrote, and this one goes on where that one stopped."""
    reader = start()
    sandbox.add_user("alice")
    login = partner.authorize("alice")
    callback = sandbox.person("alice").approve(login.url)
    partner.connect(callback, binding=login.binding, user_id="alice").api_key.issue()
    partner.user("alice").api_key.delete()
    first = reader.ask(READ.format(since=None))
    assert [(name, user) for name, user, _ in first] == [
        ("secret.stored", "alice"),
        ("key.deleted", "alice"),
    ]
    assert reader.ask("partner.erase('alice')") is None
    (rest,) = partner.journal(first[-1][2], settle=0)
    assert (rest.name, rest.user_id) == ("connection.removed", None)
    assert reader.ask(READ.format(since=rest.cursor)) == []
    assert [user for _, user, _ in reader.ask(READ.format(since=None))] == [None, None]
