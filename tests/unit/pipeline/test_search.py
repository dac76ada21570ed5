from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from made_evidence import IMAGES, evidence, source
from made_locks import lock
from wheelproof.core.errors import (
    EngineError,
    MalformedError,
    NotCheckedError,
    RecipeError,
    WheelproofError,
)
from wheelproof.core.identity import Digest, parse_target
from wheelproof.core.verdict import Verdict
from wheelproof.infer.candidate import Candidate, inferred
from wheelproof.infer.evidence import Evidence as WheelEvidence
from wheelproof.infer.proposals import Proposal
from wheelproof.infer.residue import Residue
from wheelproof.pipeline import image as having
from wheelproof.pipeline import search as searching
from wheelproof.pipeline import settle as settling
from wheelproof.pipeline.attempt import Attempt
from wheelproof.pipeline.facts import Known
from wheelproof.pipeline.search import search
from wheelproof.pipeline.session import Session, Settings, Stopwatch
from wheelproof.pipeline.settle import Case, Settled
from wheelproof.rebuild.record import NotBuilt, Phase
from wheelproof.recipe.schema import Override, Recipe, RecipeChange
from wheelproof.report.document import PublishedFacts, Result
from wheelproof.report.evidence import Evidence

TARGET = parse_target("demo==1.0")
KNOWN = Known(target="demo==1.0", published=PublishedFacts(filename="demo-1.0-py3-none-any.whl"))
Outcome = tuple[Verdict, int] | WheelproofError


def case(*overrides: Override, flags: tuple[Override, ...] = (), about: WheelEvidence | None = None) -> Case:
    nothing: Any = None
    return Case(
        subject=nothing,
        wheel=nothing,
        sdist=nothing,
        evidence=about or evidence(),
        overrides=overrides,
        flags=flags,
        images=IMAGES,
    )


@dataclass
class Search:
    """A search whose attempts are told by the umask of the recipe, and what it did."""

    outcomes: dict[str, Outcome]
    proposals: dict[str, list[Proposal]] = field(default_factory=dict)
    case: Case = field(default_factory=case)
    attempts: int = 6
    image_python: str | None = None
    out_of_time: bool = False
    tried: list[Recipe] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def run(self) -> Result:
        session = SimpleNamespace(
            settings=Settings(attempts=self.attempts),
            sandboxes=SimpleNamespace(expect=lambda image_id, _tree: self.expected.append(image_id)),
            expect_again=lambda _target, _image_id: None,
            stopwatch=Stopwatch(),
        )
        return search(cast("Session", session), TARGET, self.case).result

    def settle(self, _session: object, _case: Case, candidate: Candidate) -> SimpleNamespace:
        recipe = candidate.recipe
        if self.image_python:
            recipe = recipe.model_copy(update={"python": self.image_python})
        return SimpleNamespace(
            recipe=recipe, choices=candidate.choices, image=SimpleNamespace(image_id=f"sha256:{recipe.image}")
        )

    def attempt(self, _session: object, settled: SimpleNamespace) -> SimpleNamespace:
        self.tried.append(settled.recipe)
        outcome = self.outcomes[settled.recipe.umask]
        if isinstance(outcome, WheelproofError):
            raise outcome
        verdict, left = outcome
        judged = SimpleNamespace(judgement=SimpleNamespace(residue=(None,) * left), comparison=None)
        built = verdict is not Verdict.NOT_BUILT
        return SimpleNamespace(
            verdict=verdict,
            reason=f"with {settled.recipe.umask}",
            outcome=None
            if built
            else NotBuilt(phase=Phase.BUILD, reason="it broke", out_of_time=self.out_of_time),
            judged=judged if built else None,
            known=KNOWN,
            duration_s=1.0004,
        )

    def propose(self, _evidence: object, candidate: Candidate, _residue: object) -> Iterator[Proposal]:
        yield from self.proposals.get(candidate.recipe.umask, [])


def result_of(_session: object, made: Attempt) -> Evidence:
    result = Result(
        target="demo==1.0",
        verdict=made.verdict,
        reason=made.reason,
        published=KNOWN.published,
        notes=("of the lock",),
    )
    return Evidence(result=result, lock=None, rebuilt=Digest.of_bytes(made.reason.encode()))


def umask(*values: str) -> list[Proposal]:
    return [(inferred("umask", value, f"try {value}"),) for value in values]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Search]:
    """Begin a search with its effects faked."""

    def begin(outcomes: dict[str, Outcome], proposals: dict[str, list[Proposal]], **more: Any) -> Search:
        made = Search(outcomes=outcomes, proposals=proposals, **more)
        for name in ("settle", "attempt", "propose"):
            monkeypatch.setattr(searching, name, getattr(made, name))
        monkeypatch.setattr(searching, "attempt_evidence", result_of)
        return made

    return begin


Start = Callable[..., Search]
DIFFERENT = (Verdict.DIFFERENT, 3)


def umasks(made: Search) -> list[str]:
    return [recipe.umask for recipe in made.tried]


@pytest.mark.parametrize("verdict", [Verdict.IDENTICAL, Verdict.SAME_CONTENT])
def test_a_first_attempt_that_is_good_enough_is_the_only_one(start: Start, verdict: Verdict) -> None:
    made = start({"0022": (verdict, 0)}, {"0022": umask("0002")})
    result = made.run()
    assert (result.verdict, result.attempts, result.notes) == (verdict, (), ("of the lock",))
    assert umasks(made) == ["0022"]
    assert made.expected == ["sha256:py3.11"]


@pytest.mark.parametrize("verdict", [Verdict.EXPLAINED, Verdict.DIFFERENT, Verdict.NOT_BUILT])
def test_a_search_stops_at_the_same_content(start: Start, verdict: Verdict) -> None:
    made = start(
        {"0022": (verdict, 0), "0002": (Verdict.SAME_CONTENT, 0), "0077": (Verdict.IDENTICAL, 0)},
        {"0022": umask("0002", "0077")},
    )
    result = made.run()
    assert umasks(made) == ["0022", "0002"]
    assert (result.verdict, result.reason) == (Verdict.SAME_CONTENT, "with 0002")
    assert [(item.verdict, item.kept) for item in result.attempts] == [
        (verdict, False),
        (Verdict.SAME_CONTENT, True),
    ]


@pytest.mark.parametrize("attempts", [1, 2, 6])
def test_a_search_has_a_bound(start: Start, attempts: int) -> None:
    every = [f"0{number:03o}" for number in range(0o100)]
    made = start(dict.fromkeys(every, DIFFERENT), {"0022": umask(*every)}, attempts=attempts)
    result = made.run()
    assert len(made.tried) == attempts
    assert len(result.attempts) == (attempts if attempts > 1 else 0)


def test_nothing_to_propose_ends_it(start: Start) -> None:
    made = start({"0022": DIFFERENT}, {})
    assert (made.run().attempts, umasks(made)) == ((), ["0022"])


def test_the_best_verdict_is_kept_and_the_earliest_of_equals(start: Start) -> None:
    made = start(
        {
            "0022": (Verdict.NOT_BUILT, 0),
            "0001": (Verdict.DIFFERENT, 5),
            "0002": (Verdict.DIFFERENT, 2),
            "0003": (Verdict.DIFFERENT, 2),
            "0004": (Verdict.DIFFERENT, 3),
        },
        {"0022": umask("0001", "0002", "0003", "0004")},
    )
    result = made.run()
    assert (result.verdict, result.reason) == (Verdict.DIFFERENT, "with 0002")
    assert [item.kept for item in result.attempts] == [False, False, True, False, False]


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        (Verdict.NOT_BUILT, Verdict.DIFFERENT),
        (Verdict.DIFFERENT, Verdict.EXPLAINED),
        (Verdict.EXPLAINED, Verdict.SAME_CONTENT),
        (Verdict.EXPLAINED, Verdict.IDENTICAL),
    ],
)
def test_a_worse_verdict_later_never_replaces_a_better_one(
    start: Start, worse: Verdict, better: Verdict
) -> None:
    for first, second in ((worse, better), (better, worse)):
        made = start({"0022": (first, 0), "0002": (second, 0)}, {"0022": umask("0002")})
        assert made.run().verdict is better


def test_no_recipe_is_tried_twice(start: Start) -> None:
    outcomes: dict[str, Outcome] = {"0022": DIFFERENT, "0002": DIFFERENT, "0077": DIFFERENT}
    circle = umask("0022", "0002", "0077", "0002")
    made = start(outcomes, dict.fromkeys(outcomes, circle), attempts=50)
    made.run()
    assert umasks(made) == ["0022", "0002", "0077"]


def test_what_is_built_is_never_the_same_again_under_an_image_of_its_own_python(start: Start) -> None:
    flag = Override(set=RecipeChange(image="own"), reason="Asked for by --image")
    pythons: list[Proposal] = [(inferred("python", version, "x"),) for version in ("3.9", "3.13")]
    made = start({"0022": DIFFERENT}, {"0022": pythons}, case=case(flags=(flag,)), image_python="3.12")
    made.run()
    assert len(made.tried) == len({recipe.model_dump_json() for recipe in made.tried})


def test_what_follows_from_a_better_attempt_is_tried_first(start: Start) -> None:
    made = start(
        {"0022": DIFFERENT, "0001": (Verdict.DIFFERENT, 1), "0002": DIFFERENT, "0010": DIFFERENT},
        {"0022": umask("0001", "0002"), "0001": umask("0010")},
    )
    made.run()
    assert umasks(made) == ["0022", "0001", "0010", "0002"]


def test_what_follows_from_a_worse_attempt_waits(start: Start) -> None:
    made = start(
        {"0022": DIFFERENT, "0001": (Verdict.NOT_BUILT, 0), "0002": DIFFERENT, "0010": DIFFERENT},
        {"0022": umask("0001", "0002"), "0001": umask("0010")},
    )
    made.run()
    assert umasks(made) == ["0022", "0001", "0002", "0010"]


def test_a_proposal_builds_on_the_attempt_that_it_follows_from(start: Start) -> None:
    front: Proposal = (inferred("frontend", "setup.py", "x"),)
    made = start(
        {"0022": DIFFERENT, "0001": (Verdict.DIFFERENT, 1)}, {"0022": umask("0001"), "0001": [front]}
    )
    made.run()
    assert [(recipe.umask, recipe.frontend) for recipe in made.tried] == [
        ("0022", "pep517"),
        ("0001", "pep517"),
        ("0001", "setup.py"),
    ]


@pytest.mark.parametrize("error", [EngineError("The engine went away"), RecipeError("It is wrong")])
def test_an_error_later_ends_the_search_and_keeps_the_best(start: Start, error: WheelproofError) -> None:
    made = start(
        {"0022": DIFFERENT, "0001": (Verdict.EXPLAINED, 0), "0002": error, "0003": DIFFERENT},
        {"0022": umask("0001", "0002", "0003")},
    )
    result = made.run()
    assert umasks(made) == ["0022", "0001", "0002"]
    assert result.verdict is Verdict.EXPLAINED
    assert result.notes == ("of the lock", f"The search ended early: {error.message}")
    assert [item.kept for item in result.attempts] == [False, True]


def test_an_error_of_the_first_attempt_is_the_checks(start: Start) -> None:
    made = start({"0022": EngineError("No container engine answers")}, {})
    with pytest.raises(EngineError, match="No container engine answers"):
        made.run()


def test_a_rebuilt_wheel_that_cannot_be_searched_keeps_its_verdict(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Iterator[Proposal]:
        raise MalformedError("RECORD has more than is read", hint="")
        yield ()

    made = start({"0022": DIFFERENT}, {})
    monkeypatch.setattr(searching, "propose", refuse)
    result = made.run()
    assert result.verdict is Verdict.DIFFERENT
    assert "The search ended early: RECORD has more than is read" in result.notes


def test_a_python_that_no_image_has_is_passed_over(start: Start) -> None:
    missing: Proposal = (inferred("python", "3.8", "x"),)
    with pytest.raises(NotCheckedError):
        case().next(case().first(), missing)
    made = start({"0022": DIFFERENT, "0002": DIFFERENT}, {"0022": [missing, *umask("0002")]})
    made.run()
    assert umasks(made) == ["0022", "0002"]


def test_attempts_are_listed_with_what_each_changed(start: Start) -> None:
    made = start(
        {"0022": DIFFERENT, "0002": (Verdict.DIFFERENT, 1)},
        {"0022": umask("0002"), "0002": [(inferred("python", "3.9", "its requirements differ"),)]},
    )
    first, second, third = made.run().attempts
    assert (first.changes, first.reason, first.duration_s) == ((), "with 0022", 1.0)
    assert [(item.field, item.value, item.origin, item.evidence) for item in second.changes] == [
        ("umask", "0002", "inferred", "try 0002")
    ]
    assert {item.field: (item.value, item.evidence) for item in third.changes} == {
        "umask": ("0002", "try 0002"),
        "python": ("3.9", "its requirements differ"),
        "image": ("py3.9", "The image of Python 3.9, slim, as it is for any platform"),
    }


def test_what_a_recipe_sets_is_never_overruled(start: Start) -> None:
    change = RecipeChange(frontend="pep517", constraints={"setuptools": "==70"})
    recipe = Override(set=change, reason="The tag says so")
    proposals: list[Proposal] = [
        (inferred("frontend", "setup.py", "x"),),
        (inferred("constraints", "<60", "x", key="setuptools"), *umask("0002")[0]),
        (inferred("constraints", None, "x", key="setuptools"),),
    ]
    made = start({"0022": DIFFERENT, "0002": DIFFERENT}, {"0022": proposals}, case=case(recipe))
    result = made.run()
    assert umasks(made) == ["0022", "0002"]
    for built in made.tried:
        assert (built.frontend, built.constraints["setuptools"]) == ("pep517", "==70")
    assert [item.field for item in result.attempts[1].changes] == ["umask"]


def test_what_a_flag_sets_is_never_overruled(start: Start) -> None:
    flag = Override(set=RecipeChange(image="own"), reason="Asked for by --image")
    proposals: list[Proposal] = [(inferred("image", "py3.9", "x"),), *umask("0002")]
    made = start({"0022": DIFFERENT, "0002": DIFFERENT}, {"0022": proposals}, case=case(flags=(flag,)))
    made.run()
    assert [(built.image, built.umask) for built in made.tried] == [("own", "0022"), ("own", "0002")]


def test_a_flag_is_stronger_than_a_recipe() -> None:
    recipe, flag = (
        Override(set=RecipeChange(image=name), reason=f"Image {name} is asked for") for name in ("a", "b")
    )
    first = case(recipe, flags=(flag,)).first()
    assert first.recipe.image == "b"
    assert [choice.origin for choice in first.choices if choice.field == "image"] == ["flag"]


def test_a_recipes_python_brings_its_image() -> None:
    other = Override(set=RecipeChange(python="3.9"), reason="The tag says 3.9")
    assert case(other).first().recipe.image == "py3.9"
    platform = evidence(pure=False, interpreters=frozenset({"cp311"}))
    assert case(other, about=platform).first().recipe.image == "py3.9-cc"
    both = Override(set=RecipeChange(python="3.9", image="own"), reason="The tag says 3.9")
    assert case(both).first().recipe.image == "own"
    missing = Override(set=RecipeChange(python="3.8"), reason="The tag says 3.8")
    with pytest.raises(NotCheckedError, match=r"No image has the Python 3\.8 that the recipe asks for"):
        case(missing).first()


def test_a_recipes_python_is_not_moved_by_a_proposal() -> None:
    fixed = case(Override(set=RecipeChange(python="3.9"), reason="The tag says 3.9"))
    moved = fixed.next(fixed.first(), [inferred("python", "3.13", "x")])
    assert (moved.recipe.python, moved.recipe.image) == ("3.9", "py3.9")


def test_a_build_that_lacks_a_module_is_built_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Recipe] = []

    def build(_session: object, settled: SimpleNamespace) -> Attempt:
        tried.append(settled.recipe)
        log = b"ModuleNotFoundError: No module named 'numpy'\n" + b"\xff\x1b[2J"
        return Attempt(known=KNOWN, outcome=NotBuilt(phase=Phase.BUILD, reason="it broke", log=log))

    made = Search(outcomes={}, case=case(about=evidence(source=source(has_setup_py=False))))
    monkeypatch.setattr(searching, "settle", made.settle)
    monkeypatch.setattr(searching, "attempt", build)
    result = made.run()
    assert [recipe.requires for recipe in tried] == [(), ("numpy",)]
    assert (result.verdict, result.reason) == (Verdict.NOT_BUILT, "it broke")
    assert [item.kept for item in result.attempts] == [True, False]
    assert result.attempts[1].changes[0].evidence == "The build ended for want of numpy"


def test_the_residue_says_which_versions_were_used(monkeypatch: pytest.MonkeyPatch, start: Start) -> None:
    seen: list[Residue] = []

    def watch(_evidence: object, _candidate: object, residue: Residue) -> list[Proposal]:
        seen.append(residue)
        return []

    made = start({"0022": (Verdict.NOT_BUILT, 0)}, {})
    plain = made.attempt

    def with_lock(session: object, settled: SimpleNamespace) -> SimpleNamespace:
        built = plain(session, settled)
        built.known = replace(KNOWN, lock=lock())
        return built

    monkeypatch.setattr(searching, "attempt", with_lock)
    monkeypatch.setattr(searching, "propose", watch)
    made.run()
    assert {name: str(version) for name, version in seen[0].used.items()} == {
        "docopt": "0.6.2",
        "setuptools": "80",
    }
    assert seen[0].failure is not None
    assert (seen[0].failure.phase, seen[0].failure.reason) == ("build", "with 0022")


def settled(monkeypatch: pytest.MonkeyPatch, about: Case, python: str) -> Settled:
    """A case's first candidate, settled with an image that has a Python."""
    session = SimpleNamespace(settings=Settings(), engine=None, say=lambda _phase, _about: None)
    image = SimpleNamespace(python=python, image_id="sha256:1")
    monkeypatch.setattr(having, "ensure_image", lambda *_, **__: image)
    monkeypatch.setattr(having, "read_settings", lambda **_: None)
    return settling.settle(cast("Session", session), about, about.first())


def test_an_image_that_was_asked_for_brings_its_python(monkeypatch: pytest.MonkeyPatch) -> None:
    flag = Override(set=RecipeChange(image="own"), reason="Asked for by --image")
    for python, frontend in (("3.12", "pep517"), ("2.7", "setup.py")):
        found = settled(monkeypatch, case(flags=(flag,)), python)
        assert (found.recipe.image, found.recipe.python) == ("own", python)
        assert found.recipe.frontend == frontend
        (choice,) = [choice for choice in found.choices if choice.field == "python"]
        assert (choice.origin, choice.evidence) == ("flag", "What the image own has")


def test_an_image_with_the_inferred_python_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    first = case().first()
    found = settled(monkeypatch, case(), "3.11")
    assert (found.recipe, found.choices) == (first.recipe, first.choices)


def test_a_recipe_whose_image_has_another_python_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    both = Override(set=RecipeChange(python="3.9", image="own"), reason="The tag says 3.9")
    with pytest.raises(RecipeError, match=r"asks for Python 3\.9, and the image own has 3\.12"):
        settled(monkeypatch, case(both), "3.12")


@pytest.mark.parametrize(("out_of_time", "count"), [(True, 1), (False, 2)])
def test_a_build_that_ran_out_of_time_is_the_last(start: Start, out_of_time: bool, count: int) -> None:
    outcomes: dict[str, Outcome] = {"0022": (Verdict.NOT_BUILT, 0), "0002": (Verdict.IDENTICAL, 0)}
    made = start(outcomes, {"0022": umask("0002")}, out_of_time=out_of_time)
    made.run()
    assert len(made.tried) == count
