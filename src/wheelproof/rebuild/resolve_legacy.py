"""Build requirements for Python 2.7, which uv does not resolve for: the newest wheel of each, in turn.

Python 2's build tools are few and finished, so this does not backtrack: the newest wheels must agree.
"""

from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name, parse_wheel_filename

from wheelproof.core.identity import Digest
from wheelproof.fetch.cache import Cache
from wheelproof.fetch.download import download
from wheelproof.fetch.http import Http
from wheelproof.fetch.index import Index
from wheelproof.fetch.listing import FileKind, IndexFile
from wheelproof.rebuild.resolve import NoWheelError, Question, UnsatisfiedError, checked_requirements
from wheelproof.recipe.lock import LockedFile, LockedRequirement
from wheelproof.wheel.facts import read_wheel

_PYTHON = "2.7.18"
_TAGS = frozenset({"py2", "py27"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyResolver:
    """A resolver for pure wheels of Python 2.7; follows ``rebuild.resolve.Resolver``."""

    index: Index
    http: Http
    cache: Cache

    def resolve(self, question: Question) -> tuple[LockedRequirement, ...]:
        """The newest wheels that were there at the time, and what they need.

        Raises:
            NoWheelError: a requirement has no wheel for Python 2.
            UnsatisfiedError: two requirements do not agree.
            FetchError: the index failed.
        """
        found: dict[NormalizedName, LockedRequirement] = {}
        waiting = [Requirement(text) for text in question.requirements]
        while waiting:
            requirement = waiting.pop(0)
            name = canonicalize_name(requirement.name)
            if name in question.excluded:
                continue
            specifier = requirement.specifier & SpecifierSet(question.constraints.get(name, ""))
            if name not in found:
                found[name], needs = self._newest(name, specifier, question)
                waiting += [Requirement(text) for text in needs]
            elif not specifier.contains(found[name].version, prereleases=True):
                raise UnsatisfiedError(
                    f"Build requirements do not agree on {name}: {found[name].version} is not {specifier}",
                    hint="A recipe can set constraints; see docs/recipes.md.",
                )
        return tuple(found[name] for name in sorted(found))

    def _newest(
        self, name: NormalizedName, specifier: SpecifierSet, question: Question
    ) -> tuple[LockedRequirement, tuple[str, ...]]:
        files = [file for file in self.index.project(name).files if _fits(file, question)]
        versions = sorted(specifier.filter({file.version for file in files if file.version}))
        if not versions:
            raise NoWheelError(
                f"{name}{specifier} has no wheel for Python 2.7 as of {question.as_of:%Y-%m-%d}", (name,)
            )
        chosen = min((file for file in files if file.version == versions[-1]), key=lambda file: file.filename)
        artifact = download(chosen, http=self.http, cache=self.cache)
        wheel = read_wheel(artifact.path, filename=chosen.filename)
        needs, _ = checked_requirements(wheel.metadata.requires_dist, python=question.python)
        file = LockedFile(
            filename=chosen.filename,
            sha256=artifact.digest.hex,
            size_bytes=artifact.size_bytes,
            upload_time=chosen.upload_time,
        )
        return LockedRequirement(name=name, version=str(chosen.version), file=file), needs


def _fits(file: IndexFile, question: Question) -> bool:
    if file.kind is not FileKind.WHEEL or not isinstance(file.digest, Digest) or file.yanked:
        return False
    if file.upload_time is not None and file.upload_time > question.as_of:
        return False
    tags = parse_wheel_filename(file.filename)[3]
    return _allows(file.requires_python) and any(
        tag.interpreter in _TAGS and tag.platform == "any" for tag in tags
    )


def _allows(requires_python: str | None) -> bool:
    try:
        return SpecifierSet(requires_python or "").contains(_PYTHON)
    except InvalidSpecifier:
        return False
