from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from made_evidence import IMAGES, candidate, declared, entries, evidence, moment, source, wheel
from wheel_builder import DIST_INFO
from wheelproof.core.errors import NotCheckedError
from wheelproof.infer.candidate import Inference
from wheelproof.infer.evidence import EntryFacts, Evidence, gather_evidence
from wheelproof.infer.knowledge import known_runs
from wheelproof.infer.rules import (
    GENERATORS,
    LEGACY_BACKEND_RELEASED,
    POETRY_CORE_RELEASED,
    RULES,
    Rule,
    asked_platform,
    backend_of,
    fitting_setuptools,
    frontend,
    infer,
    infer_candidate,
    interpreter,
    setuptools_version,
    source_date_epoch,
    umask,
    universal,
)
from wheelproof.recipe.schema import Recipe, Repair
from wheelproof.source.build_system import BuildSystem
from wheelproof.wheel.repair import RepairMarks, RepairSbom

OLD = {"generator": "bdist_wheel (0.37.1)", "upload_time": moment(2021, 6, 1)}
BOTH = frozenset({"py2", "py3"})
HOSTILE = "\x1b[2J\u202e\n"


def one(rule: Rule, subject: Evidence, **settled: str) -> Inference:
    (found,) = rule(subject, {"python": "3.11", "frontend": "pep517", **settled})
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
        ("pdm-pep517 1.1.4", {"pdm-pep517": "==1.1.4"}),
        ("uv 0.9.7", {"uv-build": "==0.9.7"}),
        ("maturin (1.9.0)", {"maturin": "==1.9.0"}),
        ("scikit-build-core 0.11.1", {"scikit-build-core": "==0.11.1"}),
        ("setuptools (75.0.0.post20250101)", {"setuptools": "==75.0.0.post20250101"}),
        ("meson", {}),
        ("flit 3.12.0; rm -rf /", {}),
        ("flit >=1", {}),
        (None, {}),
    ],
)
def test_the_generator_line_pins_what_wrote_the_wheel(
    generator: str | None, constraint: dict[str, str]
) -> None:
    recipe = candidate(evidence(generator=generator)).recipe
    assert recipe.constraints == constraint


@pytest.mark.parametrize("version", ["1.0-beta-of-mine", "1..2", "0+", "1!!2", "9" * 5000, "1.x"])
@pytest.mark.parametrize("generator", ["setuptools ({})", "hatchling {}", "bdist_wheel ({})"])
def test_a_version_that_is_none_pins_nothing(generator: str, version: str) -> None:
    assert backend_of(evidence(generator=generator.format(version))) is None
    assert candidate(evidence(generator=generator.format(version))).recipe.constraints == {}


@pytest.mark.parametrize(
    ("generator", "backend", "uploaded", "project"),
    [
        ("poetry 0.12.17", "poetry.masonry.api", moment(2019, 9, 1), "poetry"),
        ("poetry 0.12.17", "poetry.core.masonry.api", None, "poetry"),
        ("poetry 1.0.10", "poetry.masonry.api", moment(2020, 9, 30), "poetry"),
        ("poetry 1.0.10", "poetry.core.masonry.api", moment(2020, 9, 30), "poetry-core"),
        ("poetry 1.0.10", "poetry.masonry.api", moment(2020, 10, 1), "poetry-core"),
        ("poetry 1.0.10", "poetry.masonry.api", None, "poetry-core"),
    ],
)
def test_poetry_was_its_own_backend_before_poetry_core(
    generator: str, backend: str, uploaded: datetime | None, project: str
) -> None:
    subject = evidence(generator=generator, source=declared("poetry", backend=backend), upload_time=uploaded)
    assert backend_of(subject) == (project, generator.split()[1])
    assert date(2020, 10, 1) == POETRY_CORE_RELEASED


def test_poetry_without_a_source_is_poetry_core_since_1_0() -> None:
    for version, project in (("0.12.17", "poetry"), ("1.0.10", "poetry-core")):
        subject = evidence(generator=f"poetry {version}", source=None, upload_time=moment(2020, 1, 1))
        assert backend_of(subject) == (project, version)


@pytest.mark.parametrize(
    ("changes", "python", "origin"),
    [
        ({"interpreters": frozenset({"py2"})}, "2.7", "inferred"),
        ({"interpreters": frozenset({"cp27"})}, "2.7", "inferred"),
        ({"interpreters": frozenset({"py2", "py3"}), "upload_time": moment(2019, 1, 1)}, "3.9", "default"),
        ({"interpreters": frozenset({"cp311"})}, "3.11", "inferred"),
        ({"scripts": ("pip", "pip3", "pip3.11")}, "3.11", "inferred"),
        ({"scripts": ("easy_install-3.9",)}, "3.9", "inferred"),
        ({"scripts": ("mypip3.9",)}, "3.11", "default"),
        ({"named_pythons": ("3.9",)}, "3.9", "inferred"),
        ({"named_pythons": ("3.7", "3.9")}, "3.9", "inferred"),
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
def test_the_interpreter_comes_from_tags_names_and_the_day(
    changes: dict[str, object], python: str, origin: str
) -> None:
    found = one(interpreter, evidence(**changes))
    assert (found.value, found.origin) == (python, origin)


@pytest.mark.parametrize(
    ("changes", "python", "shown"),
    [
        ({"scripts": ("pip3.8",)}, "3.9", "3.8"),
        ({"named_pythons": ("3.7",)}, "3.9", "3.7"),
        ({"named_pythons": ("3.10",)}, "3.11", "3.10"),
        ({"named_pythons": ("3.12",), "scripts": ("pip3",)}, "3.13", "3.12"),
        ({"named_pythons": ("3.15",)}, "3.14", "3.15"),
    ],
)
def test_a_named_interpreter_that_no_image_has_is_shown_to_the_build(
    changes: dict[str, object], python: str, shown: str
) -> None:
    chosen, told = interpreter(evidence(**changes), {})
    assert (chosen.field, chosen.value, chosen.origin) == ("python", python, "inferred")
    assert (told.field, told.value, told.origin) == ("version-info", shown, "inferred")
    assert f"names Python {shown}, which no image has" in chosen.evidence


def test_python_2_is_not_shown_where_an_image_has_it() -> None:
    subject = evidence(named_pythons=("2.7",), interpreters=BOTH)
    found = one(interpreter, subject)
    assert (found.field, found.value) == ("python", "2.7")


def test_setuptools_shows_in_the_marks_that_it_left() -> None:
    runs = [run for run in known_runs("setuptools", "3.9") if not run.fails]
    day = moment(2021, 6, 1)
    marks = next(run.marks for run in runs if Version("44") in SpecifierSet(run.specifier))
    found = one(setuptools_version, evidence(**OLD, marks=marks), python="3.9")
    assert (found.place, found.origin) == ("constraints.setuptools", "inferred")
    assert Version("44") in SpecifierSet(str(found.value))
    assert found.evidence.startswith("The wheel has the marks of these versions (")
    of_the_day = [run for run in runs if run.released <= day.date()][-1]
    assert of_the_day.contradictions(marks)


def test_marks_of_the_newest_setuptools_of_the_day_need_no_constraint() -> None:
    fitting = fitting_setuptools(evidence(**OLD), "3.9")
    newest = max(fitting, key=lambda fit: fit.run.first)
    subject = evidence(**OLD, marks=newest.run.marks)
    assert list(setuptools_version(subject, {"python": "3.9"})) == []
    assert list(setuptools_version(evidence(**OLD), {"python": "3.9"})) == []


@pytest.mark.parametrize("generator", ["setuptools (80.9.0)", "hatchling 1.27.0", "meson", None])
def test_only_bdist_wheel_leaves_setuptools_open(generator: str | None) -> None:
    marks = known_runs("setuptools", "3.9")[1].marks
    subject = evidence(generator=generator, marks=marks, upload_time=moment(2021, 6, 1))
    assert list(setuptools_version(subject, {"python": "3.9"})) == []


@pytest.mark.parametrize(
    ("changes", "settled", "value", "origin"),
    [
        ({}, {}, "pep517", "default"),
        ({}, {"python": "2.7"}, "setup.py", "inferred"),
        ({"source": None, "upload_time": moment(2015, 1, 1)}, {}, "pep517", "default"),
        ({"source": declared("x"), "upload_time": moment(2015, 1, 1)}, {}, "pep517", "default"),
        ({"source": source(has_setup_py=False), "upload_time": moment(2015, 1, 1)}, {}, "pep517", "default"),
        ({"upload_time": moment(2019, 2, 4)}, {}, "setup.py", "inferred"),
        ({"upload_time": moment(2019, 2, 5)}, {}, "pep517", "default"),
        ({"upload_time": None}, {}, "pep517", "default"),
        ({}, {"constraints.setuptools": ">=38.7.0,<40.8.0"}, "setup.py", "inferred"),
        ({}, {"constraints.setuptools": ">=40.8.0,<42"}, "pep517", "default"),
        ({}, {"constraints.setuptools": ">=75"}, "pep517", "default"),
        ({}, {"constraints.setuptools": "==80.9.0"}, "pep517", "default"),
    ],
)
def test_setup_py_is_run_where_pep_517_has_no_default(
    changes: dict[str, object], settled: dict[str, str], value: str, origin: str
) -> None:
    found = one(frontend, evidence(**changes), **settled)
    assert (found.field, found.value, found.origin) == ("frontend", value, origin)
    assert date(2019, 2, 5) == LEGACY_BACKEND_RELEASED


def test_a_universal_wheel_of_a_source_that_does_not_say_so_was_asked_for() -> None:
    subject = evidence(interpreters=BOTH)
    front, arguments = universal(subject, {"frontend": "pep517"})
    assert (front.field, front.value) == ("frontend", "setup.py")
    assert (arguments.field, arguments.value) == ("arguments", ("--universal",))
    assert [found.field for found in universal(subject, {"frontend": "setup.py"})] == ["arguments"]


@pytest.mark.parametrize(
    "changes",
    [
        {"interpreters": frozenset({"py3"})},
        {"interpreters": frozenset({"py2"})},
        {"interpreters": frozenset({"py2", "py3", "cp39"})},
        {"source": None},
        {"source": source(has_setup_py=False, setup_py="")},
        {"source": source(universal=True)},
        {"source": source(setup_py='setup(options={"bdist_wheel": {"universal": True}})')},
        {"source": declared("flit_core", backend="flit_core.buildapi")},
    ],
)
def test_what_says_universal_itself_is_not_asked(changes: dict[str, object]) -> None:
    subject = evidence(**({"interpreters": BOTH} | changes))
    assert list(universal(subject, {"frontend": "pep517"})) == []


def test_a_field_that_two_rules_set_has_one_choice() -> None:
    found = candidate(evidence(interpreters=BOTH, generator="bdist_wheel (0.37.1)"))
    assert found.recipe.frontend == "setup.py"
    fields = [choice.field for choice in found.choices]
    assert sorted(set(fields)) == sorted(fields)


@pytest.mark.parametrize(
    ("generator", "times", "epoch"),
    [
        ("setuptools (80.9.0)", (moment(2025, 1, 2, 3, 4, 6),), 1735787046),
        ("setuptools (80.9.0)", (moment(2025, 1, 2), moment(2025, 1, 3)), 1735862400),
        ("setuptools (80.9.0)", (moment(2016, 1, 1),), 1451606400),
        ("pdm-backend (2.4.5)", (moment(2025, 1, 2), moment(2016, 1, 1)), None),
        ("pdm-backend (2.4.5)", (moment(2016, 1, 1), moment(2025, 1, 2)), 1735776000),
        ("setuptools (80.9.0)", (moment(1980, 1, 1),), 315532800),
        ("nonsense", (moment(2016, 1, 1),), 1451606400),
    ],
)
def test_entry_times_show_source_date_epoch(
    generator: str | None, times: tuple[datetime, ...], epoch: int | None
) -> None:
    found = one(source_date_epoch, evidence(generator=generator, entries=entries(times[0], times[-1])))
    assert found.value == epoch


def test_no_entry_time_leaves_it_unset() -> None:
    assert one(source_date_epoch, evidence(entries=())).value is None


def test_the_last_time_that_an_archive_can_have_gives_a_recipe() -> None:
    found = candidate(evidence(entries=entries(moment(2107, 12, 31, 23, 59, 58))))
    assert isinstance(found.recipe, Recipe)


@pytest.mark.parametrize(
    ("mode", "expected"), [(0o644, "0022"), (0o664, "0002"), (0o600, "0077"), (0o755, "0022"), (None, "0022")]
)
def test_modes_show_the_umask(mode: int | None, expected: str) -> None:
    subject = evidence(entries=entries(moment(2025, 1, 1), mode=mode))  # type: ignore[arg-type]
    assert one(umask, subject).value == expected


def test_every_value_of_the_recipe_has_its_evidence() -> None:
    found = candidate()
    assert {choice.field for choice in found.choices} == {
        "constraints.setuptools",
        "frontend",
        "image",
        "python",
        "source-date-epoch",
        "umask",
    }
    assert all(choice.evidence for choice in found.choices)
    assert found.recipe.image == "py3.11"


def test_later_rules_know_what_earlier_ones_said() -> None:
    seen = [found.field for found in infer(evidence(interpreters=frozenset({"py2"})))]
    assert seen.index("python") < seen.index("frontend")
    assert candidate(evidence(interpreters=frozenset({"py2"}))).recipe.frontend == "setup.py"


def test_a_platform_wheel_gets_compilers() -> None:
    recipe = candidate(evidence(pure=False, interpreters=frozenset({"cp313"}))).recipe
    assert recipe.image == "py3.13-cc"


def test_without_an_image_nothing_is_checked() -> None:
    with pytest.raises(NotCheckedError, match=r"Python 3\.12"):
        infer_candidate(evidence(interpreters=frozenset({"cp312"})), IMAGES)


PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_28_x86_64")
UNREPAIRED = RepairMarks(sbom=None, libraries=(), record_lines=False)
SBOM = RepairSbom(auditwheel="6.5.0", packages=())


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        (replace(UNREPAIRED, record_lines=True), {"tool": "auditwheel"}),
        (replace(UNREPAIRED, libraries=("demo.libs/libx-0123abcd.so",)), {"tool": "auditwheel"}),
        (replace(UNREPAIRED, sbom=SBOM), {"tool": "auditwheel", "auditwheel": "==6.5.0"}),
        (replace(UNREPAIRED, sbom=replace(SBOM, auditwheel="new")), {"tool": "auditwheel"}),
    ],
)
def test_a_mark_of_auditwheel_is_a_repair(marks: RepairMarks, expected: dict[str, str]) -> None:
    subject = evidence(platforms=PLATFORMS, pure=False, repair=marks)
    recipe = candidate(subject).recipe
    assert recipe.repair == Repair.model_validate({"platform": "manylinux_2_28_x86_64", **expected})


def test_a_platform_alone_is_no_repair() -> None:
    found = candidate(evidence(platforms=PLATFORMS, pure=False))
    assert found.recipe.repair == Repair()
    (told,) = [choice for choice in found.choices if choice.field == "repair.tool"]
    assert (told.value, told.origin) == ("none", "default")
    assert "has no mark of auditwheel" in told.evidence
    crlf = replace(UNREPAIRED, record_lines=True)
    assert candidate(evidence(repair=crlf)).recipe.repair == Repair()
    assert candidate(evidence(repair=crlf, platforms=("linux_x86_64",))).recipe.repair == Repair()


def test_python_2_has_no_auditwheel() -> None:
    marks = replace(UNREPAIRED, record_lines=True)
    subject = evidence(platforms=PLATFORMS, interpreters=frozenset({"cp27"}), repair=marks)
    assert candidate(subject).recipe.repair.tool == "none"


@pytest.mark.parametrize(
    ("tags", "asked"),
    [
        (PLATFORMS, "manylinux_2_28_x86_64"),
        (("manylinux1_x86_64",), "manylinux_2_5_x86_64"),
        (("manylinux2010_x86_64", "manylinux_2_12_x86_64"), "manylinux_2_12_x86_64"),
        (("musllinux_1_2_aarch64",), "musllinux_1_2_aarch64"),
        (("manylinux_2_5_x86_64", "musllinux_1_1_x86_64"), None),
        (("manylinux_2_17_x86_64", "manylinux_2_17_aarch64"), None),
        (("linux_x86_64",), None),
        (("any",), None),
        ((), None),
    ],
)
def test_the_highest_policy_is_what_auditwheel_was_asked_for(
    tags: tuple[str, ...], asked: str | None
) -> None:
    assert asked_platform(tags) == asked


def test_hostile_text_in_evidence_is_made_printable() -> None:
    assert len(RULES) == 14
    subject = evidence(
        generator=f"bdist_wheel (0.37.1){HOSTILE}",
        scripts=(f"pip3.8{HOSTILE}", "pip3.8"),
        requires_python=HOSTILE,
        marks={HOSTILE: HOSTILE, "metadata-version": HOSTILE},
        platforms=PLATFORMS,
        repair=RepairMarks(sbom=None, libraries=(f"demo.libs/{HOSTILE}-0123abcd.so",), record_lines=False),
        source=source(setup_py=HOSTILE, files=frozenset({HOSTILE})),
    )
    for found in infer(subject):
        assert found.evidence.isprintable()


@pytest.mark.parametrize(
    "name",
    [
        f"demo-1-py3.{'1' * 4000}-nspkg.pth",
        "demo-1-py0.1-nspkg.pth",
        "demo-1-py\u0663.\u0663-nspkg.pth",
        "demo/__pycache__/a.cpython-3999.pyc",
        f"demo/__pycache__/a.cpython-{'3' * 4000}.pyc",
    ],
)
def test_a_members_name_that_names_no_python_says_nothing(tmp_path: Path, name: str) -> None:
    subject = gather_evidence(wheel(tmp_path, {name: "x"}), upload_time=None)
    assert subject.named_pythons == ()
    assert isinstance(candidate(subject).recipe, Recipe)


@pytest.mark.parametrize(
    ("name", "python"),
    [
        ("demo-1-py2.7-nspkg.pth", "2.7"),
        ("demo-1-py3.10-nspkg.pth", "3.10"),
        ("demo/__pycache__/a.cpython-311.pyc", "3.11"),
        ("demo/__pycache__/a.cpython-36.opt-1.pyc", "3.6"),
    ],
)
def test_a_members_name_can_name_the_python(tmp_path: Path, name: str, python: str) -> None:
    assert gather_evidence(wheel(tmp_path, {name: "x"}), upload_time=None).named_pythons == (python,)


@pytest.mark.parametrize("script", ["pip3.99999", f"pip3.{'9' * 5000}", "pip4.1", "pip3."])
def test_a_script_that_names_no_python_says_nothing(script: str) -> None:
    assert candidate(evidence(scripts=(script,))).recipe == candidate(evidence()).recipe


TEXTS = st.text(max_size=30) | st.sampled_from([HOSTILE, ">=3", "py3", "2.1", "1.0"])
VERSIONS = st.from_regex(r"[0-9][0-9A-Za-z.+!-]{0,12}", fullmatch=True)


@settings(max_examples=80)
@given(
    form=st.sampled_from([pattern.pattern for pattern, _ in GENERATORS]),
    version=VERSIONS | TEXTS,
    requires=TEXTS,
    scripts=st.lists(TEXTS, max_size=3),
    pythons=st.lists(st.from_regex(r"[23]\.[0-9]{1,2}", fullmatch=True), max_size=2),
    marks=st.dictionaries(st.sampled_from(sorted(known_runs("setuptools", "3.9")[-1].marks)), TEXTS),
    when=st.none() | st.datetimes(datetime(1980, 1, 1), datetime(2105, 1, 1), timezones=st.just(UTC)),
    setup_py=TEXTS,
)
def test_any_evidence_gives_a_recipe(
    form: str,
    version: str,
    requires: str,
    scripts: list[str],
    pythons: list[str],
    marks: dict[str, str],
    when: datetime | None,
    setup_py: str,
) -> None:
    head, _, tail = form.replace("\\", "").partition("([0-9][0-9A-Za-z.+!-]*)")
    subject = evidence(
        generator=f"{head}{version}{tail}",
        requires_python=requires,
        scripts=tuple(scripts),
        named_pythons=tuple(pythons),
        marks=marks,
        upload_time=when,
        source=source(setup_py=setup_py),
    )
    found = candidate(subject)
    assert all(choice.evidence.isprintable() for choice in found.choices)
    for specifier in found.recipe.constraints.values():
        SpecifierSet(specifier)


def test_scripts_are_read_without_trying_every_line_again(tmp_path: Path) -> None:
    text = "[console_scripts]\ndemo = demo:main\n pip3.11=demo:main\n" + "\n" * 1000
    subject = gather_evidence(wheel(tmp_path, {f"{DIST_INFO}/entry_points.txt": text}), upload_time=None)
    assert subject.scripts == ("demo", "pip3.11")


def test_a_backends_own_wheel_by_another_version_of_it_is_not_built_by_the_one_in_the_source() -> None:
    system = BuildSystem(build_backend="demo.api", backend_path=("src",), declared=True)
    subject = evidence(
        generator="hatchling 1.2.0", project="hatchling", version="1.3.0", source=source(build_system=system)
    )
    found = {item.place: item.value for item in infer(subject)}
    assert found["in-tree-backend"] is False
    assert found["requires"] == ("hatchling==1.2.0",)
    for other in ({"version": "1.2.0"}, {"project": "demo"}, {"source": source()}):
        assert "in-tree-backend" not in {item.place for item in infer(replace(subject, **other))}


def test_a_wheel_file_with_crlf_was_written_on_windows() -> None:
    found = {item.place: item.value for item in infer(evidence(windows_text=True))}
    assert found["text-files"] == "windows"
    assert "text-files" not in {item.place for item in infer(evidence())}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("demo-1-nspkg.pth", "debian"),
        ("demo-1-py3.9-nspkg.pth", None),
        ("demo-py3-1-nspkg.pth", None),
        ("demo/demo-1-nspkg.pth", None),
        ("demo-1.pth", None),
    ],
)
def test_a_namespace_named_without_the_python_version_is_debians(name: str, found: str | None) -> None:
    times = EntryFacts(name=name, time=moment(2022, 1, 1), mode=0o644)
    subject = evidence(generator="bdist_wheel (0.37.1)", entries=(times,))
    assert {item.place: item.value for item in infer(subject)}.get("setuptools-from") == found
