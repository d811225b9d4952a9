"""A WhiteBIT server on this machine, to test a partner's code against.

It implements the contract of WhiteBIT's OAuth 2.0 and API key operations strictly, records
breaches of the contract, and injects faults. It shares no code with the client that it tests.

```python
with Sandbox() as sandbox:
    client = sandbox.register_client(redirect_uris=["https://partner.example/callback"])
    sandbox.add_user("alice")
    callback = sandbox.person("alice").approve(login_url)
```
"""

from __future__ import annotations

try:
    import starlette
    import uvicorn
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "the sandbox needs starlette and uvicorn: pip install 'whitebit-oauth[sandbox]'",
        name=missing.name,
    ) from None
else:
    del starlette, uvicorn

from .control.administration import Administration
from .control.person import LoginBlocked, Person
from .faults.faults import FAULT_KINDS, Fault, FaultKind
from .faults.holds import Hold
from .faults.traps import Traps
from .operations import OPERATIONS, Operation, Region
from .sandbox import Sandbox
from .world.clock import Clock
from .world.credentials import SECRET_KINDS, SecretKind
from .world.histories import HISTORY_NAMES, History, HistoryName
from .world.journal import Breach, Note, RequestRecord
from .world.limits import Limit
from .world.model import ALL_SCOPES, DEFAULT_SCOPES, PERMISSION_GROUPS, ApiKey, PartnerClient, User
from .world.settings import BearerReads, Delivery, Refusal, Settings

__all__ = [
    "Sandbox",
    "Administration",
    "PartnerClient",
    "User",
    "ApiKey",
    "History",
    "HistoryName",
    "HISTORY_NAMES",
    "Person",
    "LoginBlocked",
    "Clock",
    "Settings",
    "Refusal",
    "Delivery",
    "BearerReads",
    "Traps",
    "Limit",
    "Fault",
    "FaultKind",
    "FAULT_KINDS",
    "Hold",
    "RequestRecord",
    "Breach",
    "Note",
    "Operation",
    "OPERATIONS",
    "Region",
    "SecretKind",
    "SECRET_KINDS",
    "ALL_SCOPES",
    "DEFAULT_SCOPES",
    "PERMISSION_GROUPS",
]
