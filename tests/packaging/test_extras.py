"""What is said where an extra is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

WITHOUT = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocked())
import whitebit_ext
{statement}
"""


@pytest.mark.parametrize(
    ("blocked", "statement", "extra"),
    [
        ({"sqlalchemy"}, "whitebit_ext.SQLStore", "whitebit-oauth[sql]"),
        ({"starlette"}, "import whitebit_ext.sandbox", "whitebit-oauth[sandbox]"),
        ({"fastapi"}, "import whitebit_ext.integrations.fastapi", "whitebit-oauth[fastapi]"),
        ({"flask"}, "import whitebit_ext.integrations.flask", "whitebit-oauth[flask]"),
        ({"starlette"}, "import whitebit_ext.integrations.starlette", "whitebit-oauth[starlette]"),
        ({"uvicorn"}, "import whitebit_ext.sandbox", "whitebit-oauth[sandbox]"),
    ],
)
def test_a_missing_extra_is_named(blocked: set[str], statement: str, extra: str) -> None:
    """The `ImportError` names the extra to install."""
    code = WITHOUT.format(blocked=blocked, statement=statement)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: ")
    assert f"pip install '{extra}'" in last
