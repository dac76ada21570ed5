"""Where the builds of a run are made, and what was found of each two of them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from wheelproof.core.identity import Digest
from wheelproof.pipeline.lock import Needs, open_workshop
from wheelproof.pipeline.session import Session
from wheelproof.rebuild.clock import CLOCK
from wheelproof.rebuild.plan import Surroundings, plan_inputs
from wheelproof.rebuild.record import Phase
from wheelproof.rebuild.requirements import Shelf
from wheelproof.rebuild.run import build_wheel
from wheelproof.vary.observe import Seen, differing, see
from wheelproof.vary.plan import StillClock, plan_varied
from wheelproof.vary.search import Keys, Varied
from wheelproof.vary.settle import Settled

# The times of a zip's entries are even seconds: so far apart, no build shares one with the first.
_APART_S = 2.0
_DAY_S = 86_400


@dataclass(slots=True, kw_only=True)
class Works:
    """Makes builds of one source.

    Attributes:
        session: the connections.
        settled: what all builds have in common.
        around: what a plan needs to know of the source.
        needs: what is installed for them.
        clock: where the clock stands still; None for the true one.
    """

    session: Session
    settled: Settled
    around: Surroundings
    needs: Needs
    clock: StillClock | None = None
    _wheels: Mapping[str, Digest] | None = None
    _apart_s: float = 0.0
    _differing: dict[tuple[int, int], Keys] = field(default_factory=dict)

    def make_ready(self) -> None:
        """Build the requirements that have no wheel.

        Raises:
            RequirementNotBuiltError: one of them could not be built.
            EngineError: the engine failed.
        """
        shelf = Shelf(workshop=open_workshop(self.session, self.settled.image), frontend=self.needs.frontend)
        self._wheels = shelf.wheels(self.needs.requirements)

    def make(self, varied: Varied) -> Seen:
        """Build with some variations varied; raises EngineError where the engine failed."""
        assert self._wheels is not None  # noqa: S101 - the callers' contract
        source = self.settled.source.file
        said = f"varying {', '.join(sorted(varied))}" if varied else "with nothing varied"
        self.session.say(Phase.BUILD, f"{source.filename} {said}")
        planned = plan_varied(self.settled.recipe, self.around, varied, self.clock)
        inputs = plan_inputs(source, self.needs.frontend, self._wheels)
        time.sleep(max(0.0, self._apart_s - time.time()))
        begun_s = time.time()
        workshop = open_workshop(self.session, self.settled.image)
        outcome = build_wheel(workshop, planned.build, inputs, planned.scene)
        ended_s = time.time()
        self._apart_s = self._apart_s or ended_s + _APART_S
        return see(varied, outcome, begun_s, ended_s)

    def differing(self, one: Seen, other: Seen) -> Keys:
        """What is not the same in two builds; each two are compared once."""
        pair = (id(one), id(other))
        if pair not in self._differing:
            self._differing[pair] = self._differing[pair[::-1]] = differing(one, other)
        return self._differing[pair]

    def hold_the_clock(self) -> None:
        """From now on the clock stands still, at noon (UTC) of tomorrow: no file is newer."""
        noon = (int(time.time()) // _DAY_S + 1) * _DAY_S + _DAY_S // 2
        self.clock = StillClock(wheel=self.session.cache.path_of(Digest(CLOCK.sha256)), moment=noon)
