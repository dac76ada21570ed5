from datetime import UTC, datetime

import pytest

from wheelproof.core.errors import NotCheckedError
from wheelproof.infer.evidence import EntryFacts, Evidence
from wheelproof.infer.recipe import infer_recipe
from wheelproof.infer.rules import RULES, Inference, Rule, interpreter, source_date_epoch, umask

IMAGES = {
    (python, cc): f"py{python}{'-cc' if cc else ''}"
    for python in ("2.7", "3.9", "3.11", "3.13", "3.14")
    for cc in (False, True)
}


def moment(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def evidence(**changes: object) -> Evidence:
    values: dict[str, object] = {
        "filename": "demo-1-py3-none-any.whl",
        "interpreters": frozenset({"py3"}),
        "pure": True,
        "generator": "setuptools (80.9.0)",
        "metadata_version": "2.4",
        "requires_python": ">=3.8",
        "scripts": (),
        "entries": entries(moment(2025, 1, 2, 3, 4, 6)),
        "dist_info": "demo-1.dist-info",
        "upload_time": moment(2025, 1, 2),
    }
    return Evidence(**(values | changes))  # type: ignore[arg-type]


def entries(copied: datetime, generated: datetime | None = None, mode: int = 0o644) -> tuple[EntryFacts, ...]:
    return (
        EntryFacts(name="demo/__init__.py", time=copied, mode=mode),
        EntryFacts(name="demo-1.dist-info/licenses/LICENSE", time=copied, mode=mode),
        EntryFacts(name="demo-1.dist-info/WHEEL", time=generated or copied, mode=mode),
        EntryFacts(name="demo-1.dist-info/RECORD", time=generated or copied, mode=0o664),
    )


def one(rule: Rule, subject: Evidence) -> Inference:
    (found,) = rule(subject)
    return found


@pytest.mark.parametrize(
    ("generator", "constraint"),
    [
        ("bdist_wheel (0.37.1)", {"wheel": "==0.37.1"}),
        ("setuptools (80.9.0)", {"setuptools": "==80.9.0"}),
        ("flit 3.12.0", {"flit-core": "==3.12.0"}),
        ("hatchling 1.27.0", {"hatchling": "==1.27.0"}),
        ("poetry-core 2.1.3", {"poetry-core": "==2.1.3"}),
        ("poetry 1.0.8", {"poetry-core": "==1.0.8"}),
        ("pdm-backend (2.4.5)", {"pdm-backend": "==2.4.5"}),
        ("uv 0.9.7", {"uv-build": "==0.9.7"}),
        ("maturin (1.9.0)", {"maturin": "==1.9.0"}),
        ("scikit-build-core 0.11.1", {"scikit-build-core": "==0.11.1"}),
        ("meson", {}),
        ("flit 3.12.0; rm -rf /", {}),
        (None, {}),
    ],
)
def test_the_generator_line_pins_what_wrote_the_wheel(
    generator: str | None, constraint: dict[str, str]
) -> None:
    recipe, _ = infer_recipe(evidence(generator=generator), IMAGES)
    assert recipe.constraints == constraint


@pytest.mark.parametrize(
    ("changes", "python", "origin"),
    [
        ({"interpreters": frozenset({"py2"})}, "2.7", "inferred"),
        ({"interpreters": frozenset({"cp27"})}, "2.7", "inferred"),
        ({"interpreters": frozenset({"py2", "py3"}), "upload_time": moment(2019, 1, 1)}, "3.9", "default"),
        ({"interpreters": frozenset({"cp311"})}, "3.11", "inferred"),
        ({"scripts": ("pip", "pip3", "pip3.11")}, "3.11", "inferred"),
        ({"scripts": ("pip3.8",)}, "3.11", "default"),
        ({"upload_time": moment(2021, 5, 1)}, "3.9", "default"),
        ({"upload_time": moment(2022, 11, 1)}, "3.9", "default"),
        ({"upload_time": moment(2023, 6, 1)}, "3.11", "default"),
        ({"upload_time": moment(2026, 6, 1)}, "3.13", "default"),
        ({"upload_time": None}, "3.13", "default"),
        ({"requires_python": ">=3.12", "upload_time": moment(2024, 1, 1)}, "3.13", "default"),
        ({"requires_python": ">=3.14"}, "3.14", "default"),
        ({"requires_python": "<3.10"}, "3.9", "default"),
        ({"requires_python": "nonsense"}, "3.11", "default"),
    ],
)
def test_the_interpreter_comes_from_tags_scripts_and_the_day(
    changes: dict[str, object], python: str, origin: str
) -> None:
    found = one(interpreter, evidence(**changes))
    assert (found.value, found.origin) == (python, origin)


@pytest.mark.parametrize(
    ("generator", "times", "epoch"),
    [
        ("setuptools (80.9.0)", (moment(2025, 1, 2, 3, 4, 6),), 1735787046),
        ("setuptools (80.9.0)", (moment(2025, 1, 2), moment(2025, 1, 3)), 1735862400),
        ("flit 3.12.0", (moment(2025, 1, 2), moment(2016, 1, 1)), None),
        ("hatchling 1.27.0", (moment(2020, 2, 2),), None),
        ("uv 0.9.7", (moment(1980, 1, 1),), None),
        ("setuptools (80.9.0)", (moment(1980, 1, 1),), 315532800),
    ],
)
def test_entry_times_show_source_date_epoch(
    generator: str | None, times: tuple[datetime, ...], epoch: int | None
) -> None:
    found = one(source_date_epoch, evidence(generator=generator, entries=entries(times[0], times[-1])))
    assert found.value == epoch


def test_no_entry_time_leaves_it_unset() -> None:
    assert one(source_date_epoch, evidence(entries=())).value is None


@pytest.mark.parametrize(
    ("mode", "expected"), [(0o644, "0022"), (0o664, "0002"), (0o600, "0077"), (0o755, "0022")]
)
def test_modes_show_the_umask(mode: int, expected: str) -> None:
    assert one(umask, evidence(entries=entries(moment(2025, 1, 1), mode=mode))).value == expected


def test_every_value_of_the_recipe_has_its_evidence() -> None:
    recipe, choices = infer_recipe(evidence(), IMAGES)
    assert {choice.field for choice in choices} == {
        "constraints.setuptools",
        "frontend",
        "image",
        "python",
        "source-date-epoch",
        "umask",
    }
    assert all(choice.evidence for choice in choices)
    assert recipe.image == "py3.11"


def test_a_platform_wheel_gets_compilers() -> None:
    recipe, _ = infer_recipe(evidence(pure=False, interpreters=frozenset({"cp313"})), IMAGES)
    assert recipe.image == "py3.13-cc"


def test_without_an_image_nothing_is_checked() -> None:
    with pytest.raises(NotCheckedError, match=r"Python 3\.12"):
        infer_recipe(evidence(interpreters=frozenset({"cp312"})), IMAGES)


def test_hostile_text_in_evidence_is_made_printable() -> None:
    for rule in RULES:
        for found in rule(evidence(generator="flit 1\x1b[2J", filename="demo-1-py2-none-any.whl")):
            assert found.evidence.isprintable()
