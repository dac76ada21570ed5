"""Build requirements made ready: wheels as they are, and sdists built in the sandbox."""

from dataclasses import dataclass, field

from packaging.utils import canonicalize_name

from wheelproof.core.errors import NotBuiltError
from wheelproof.core.identity import Digest
from wheelproof.rebuild.plan import plan_inputs, ready_wheels
from wheelproof.rebuild.record import Built, NotBuilt
from wheelproof.rebuild.run import Workshop, build_wheel
from wheelproof.recipe.lock import LockedFile, LockedRequirement


class RequirementNotBuiltError(NotBuiltError):
    """A build requirement that exists only as an sdist could not be built; ``outcome`` says why."""

    def __init__(self, requirement: LockedRequirement, outcome: NotBuilt) -> None:
        name = f"{requirement.name} {requirement.version}"
        super().__init__(f"The build requirement {name}, which has no wheel, was not built: {outcome.reason}")
        self.outcome = outcome


@dataclass(slots=True)
class Shelf:
    """Requirements built so far in this process, each once.

    Attributes:
        workshop: where they are built.
        frontend: the files of the installer.
    """

    workshop: Workshop
    frontend: tuple[LockedFile, ...]
    _built: dict[str, Built] = field(default_factory=dict)

    def wheels(self, requirements: tuple[LockedRequirement, ...]) -> dict[str, Digest]:
        """The wheels of some requirements by file name; their files are in the cache already.

        Raises:
            RequirementNotBuiltError: one of them could not be built.
            EngineError: the engine failed.
        """
        found = ready_wheels(requirements)
        for requirement in requirements:
            if requirement.build is not None:
                built = self.build(requirement)
                found[built.filename] = built.digest
        return found

    def build(self, requirement: LockedRequirement) -> Built:
        """Build one requirement's sdist; raises as ``wheels`` does."""
        assert requirement.build is not None  # noqa: S101 - the callers' contract
        key = requirement.model_dump_json()
        if key not in self._built:
            inputs = plan_inputs(requirement.file, self.frontend, self.wheels(requirement.requires))
            outcome = build_wheel(self.workshop, requirement.build, inputs)
            if isinstance(outcome, NotBuilt):
                raise RequirementNotBuiltError(requirement, outcome)
            if canonicalize_name(outcome.filename.split("-")[0]) != requirement.name:
                raise NotBuiltError(f"The sdist of {requirement.name} builds another project's wheel")
            self._built[key] = outcome
        return self._built[key]
