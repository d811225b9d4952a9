"""All state of one sandbox."""

from __future__ import annotations

from ..faults.faults import Faults
from ..faults.holds import Holds
from ..faults.traps import Traps
from .clock import Clock
from .given import GivenAnswers
from .histories import Histories
from .keys import Keys
from .limits import Limits
from .settings import Settings
from .state import State
from .tokens import Tokens


class World:
    """The state, the settings and the faults of one sandbox.

    Args:
        clock: The clock for everything that has a lifetime.
        settings: Durations and choices.
    """

    def __init__(self, clock: Clock, settings: Settings) -> None:
        self.state = State(clock=clock, settings=settings)
        self.tokens = Tokens(self.state)
        self.keys = Keys(self.state)
        self.histories = Histories(clock)
        self.limits = Limits(clock)
        self.given = GivenAnswers()
        self.faults = Faults(self.given.named)
        self.traps = Traps()
        self.holds = Holds()
