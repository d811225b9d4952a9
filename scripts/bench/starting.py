"""The cost of imports in a new interpreter, in an environment with only the wheel."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from .figures import Figure, ratio
from .rounds import Batch, in_turns

STATEMENTS: Mapping[str, str] = {
    "httpx": "import httpx",
    "package": "import whitebit_ext",
    "client": "from whitebit_ext import WhiteBIT",
    "usual names": "from whitebit_ext import MemoryStore, Region, WhiteBIT",
    "made": (
        "from whitebit_ext import MemoryStore, Region, WhiteBIT, generate_encryption_key\n"
        "WhiteBIT(client_id='a', client_secret='b', redirect_uri='https://partner.example/c',"
        " region=Region.GLOBAL, store=MemoryStore(), encryption_keys=[generate_encryption_key()])"
    ),
    "Authlib": "import authlib.integrations.httpx_client",
}


def imports(python: str, rounds: int) -> list[Figure]:
    """Measure first imports.

    Args:
        python: The interpreter of an environment with only the wheel and its dependencies, since
            httpx loads rich, click and pygments if they are installed.
        rounds: Number of rounds.
    """

    def fresh(statement: str) -> Batch:
        program = (
            "import time\nbegun = time.perf_counter()\n"
            f"{statement}\nprint(time.perf_counter() - begun)"
        )

        def batch() -> float:
            done = subprocess.run(  # noqa: S603  # an interpreter, and a program from above
                [python, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True
            )
            return float(done.stdout)

        return batch

    measured = in_turns(
        {name: fresh(statement) for name, statement in STATEMENTS.items()}, "httpx", rounds
    )
    return [
        ratio(
            *(f"`{STATEMENTS['package']}`; to `import httpx`", 1.3, measured, "package"),
            peers=("Authlib",),
        ),
        ratio(
            *(f"`{STATEMENTS['client']}`; to `import httpx`", 1.3, measured, "client"),
            peers=("Authlib",),
        ),
        ratio(
            *(f"`{STATEMENTS['usual names']}`; likewise", 1.3, measured, "usual names"),
        ),
        ratio(
            *(
                "all that the first `WhiteBIT(...)` loads; to `import httpx`",
                None,
                measured,
                "made",
            ),
        ),
    ]
