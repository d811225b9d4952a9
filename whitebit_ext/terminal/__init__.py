"""Log a user in from a terminal, a script or a notebook.

```python
from whitebit_ext import WhiteBIT, terminal

with WhiteBIT.from_env() as partner:
    user = terminal.login(partner, "alice")
```
"""

from __future__ import annotations

from .flow import login as login

__all__ = ["login"]
