"""A WhiteBIT on this machine, to run a partner's code against.

It keeps the contract of WhiteBIT's OAuth 2.0 and key operations strictly, records what a caller
does against it, and fails on demand. It shares no code with the client that it tests.

```python
with Sandbox() as sandbox:
    client = sandbox.register_client(redirect_uris=["https://partner.example/callback"])
    sandbox.add_user("alice")
    callback = sandbox.person("alice").approve(login_url)
```
"""

from __future__ import annotations

from .clock import Clock
from .credentials import SECRET_KINDS, SecretKind
from .faults import FAULT_KINDS, Fault, FaultKind
from .histories import HISTORY_NAMES, History, HistoryName
from .holds import Hold
from .journal import Breach, RequestRecord
from .limits import Limit
from .model import ALL_SCOPES, DEFAULT_SCOPES, PERMISSION_GROUPS, ApiKey, PartnerClient, User
from .operations import OPERATIONS, Operation, Region
from .person import LoginBlocked, Person
from .sandbox import Sandbox
from .settings import Settings
from .traps import Traps

__all__ = [
    "Sandbox",
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
    "Traps",
    "Limit",
    "Fault",
    "FaultKind",
    "FAULT_KINDS",
    "Hold",
    "RequestRecord",
    "Breach",
    "Operation",
    "OPERATIONS",
    "Region",
    "SecretKind",
    "SECRET_KINDS",
    "ALL_SCOPES",
    "DEFAULT_SCOPES",
    "PERMISSION_GROUPS",
]
