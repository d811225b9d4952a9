"""The parts of one sandbox, held together for its handlers."""

from __future__ import annotations

from dataclasses import dataclass, field

from .clock import Clock
from .faults import Faults
from .histories import Histories
from .holds import Holds
from .keys import Keys
from .limits import Limits
from .settings import Settings
from .state import State
from .tokens import Tokens
from .traps import Traps


@dataclass(slots=True)
class World:
    """State and switches of one sandbox."""

    state: State
    tokens: Tokens = field(init=False)
    keys: Keys = field(init=False)
    limits: Limits = field(init=False)
    faults: Faults = field(init=False)
    histories: Histories = field(init=False)
    traps: Traps = field(default_factory=Traps)
    holds: Holds = field(default_factory=Holds)

    def __post_init__(self) -> None:
        """Build what lives on the state."""
        self.tokens = Tokens(self.state)
        self.keys = Keys(self.state)
        self.limits = Limits(self.state.clock)
        self.faults = Faults()
        self.histories = Histories(self.state.clock)

    @classmethod
    def make(cls, clock: Clock, settings: Settings) -> World:
        """Make an empty world on a clock."""
        return cls(State(clock=clock, settings=settings))
