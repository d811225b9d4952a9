"""Messages and hints, read in one list; run with `-s` to see it."""

from __future__ import annotations

import re

import pytest

from .texts import Text, classes, collected

TEXTS = collected()
BANNED = (
    *("anew", "borne", "bring forth", "come to nothing", "custody", "hang on", "in vain"),
    *("knows no", "mend", "no more", "nobody", "Report that", "Say which", "stands", "told"),
)


def test_all_texts_in_one_list() -> None:
    """The list has the hints of all classes, and messages of every part of the library."""
    for text in TEXTS:
        print(f"{'hint   ' if text.is_hint else 'message'} {text.place}: {text.text}")
    assert {kind.__name__ for kind in classes()} <= {text.place for text in TEXTS}
    parts = {text.place.partition("/")[0] for text in TEXTS if not text.is_hint}
    assert {"_async", "account", "custody", "http", "keys", "oauth"} <= parts


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.place)
def test_a_text_is_plain(text: Text) -> None:
    """A hint is whole sentences; a message is the first part of one; both are short and plain."""
    prose = re.sub(r"`[^`]*`", "", text.text)  # a command is called what it is called
    found = [turn for turn in BANNED if re.search(rf"\b{turn}\b", prose)]
    assert not found, text
    assert "  " not in text.text, text
    if text.is_hint:
        # A hint may end with a command to be copied, which a full stop would spoil.
        assert text.text.endswith((".", "{…}")), text
        assert text.text[0].isupper(), text
        assert len(text.text) <= 330, text
    else:
        assert not text.text.endswith("."), text
        assert len(text.text) <= 170, text


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
def test_a_docstring_says_what_happened(kind: type[Exception]) -> None:
    """The first line is a statement about what happened, not an order to the reader."""
    first = (kind.__doc__ or "").splitlines()[0]
    assert first.startswith(("A ", "An ", "Base class of ", "No ", "One ", "The", "This ", "White"))
    assert first.endswith(".")
