from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from made_evidence import (
    IMAGES,
    candidate,
    compared,
    declared,
    differs,
    entries,
    evidence,
    failed,
    moment,
    source,
    wheel,
)
from wheel_builder import DIST_INFO
from wheelproof.compare.wheels import Comparison, compare_wheels
from wheelproof.core.errors import NotCheckedError
from wheelproof.infer.candidate import Candidate, inferred
from wheelproof.infer.cibuildwheel import SAYS
from wheelproof.infer.evidence import Evidence
from wheelproof.infer.knowledge import Run, known_runs
from wheelproof.infer.proposals import (
    PROPOSERS,
    Proposal,
    Proposer,
    debians_setuptools,
    installed_wheel,
    legacy_setup,
    other_order,
    other_python,
    other_repair,
    other_setuptools,
    propose,
    setuptools_that_runs,
    universal_wheel,
    used_versions,
    what_setup_py_lacks,
    windows_text,
    without_a_pin,
    without_executable_bits,
    without_extension,
    without_own_commands,
)
from wheelproof.infer.residue import Residue
from wheelproof.recipe.schema import Recipe, Repair

METADATA = f"{DIST_INFO}/METADATA"
HEAD = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
BDIST = "bdist_wheel (0.37.1)"
OLD = {"generator": BDIST, "upload_time": moment(2021, 6, 1), "requires_python": None}
MARK = "from-the-published-wheel"


def values(proposal: Proposal) -> dict[str, object]:
    return {found.place: found.value for found in proposal}


def proposed(
    proposer: Proposer, residue: Residue, subject: Evidence | None = None, base: Candidate | None = None
) -> list[dict[str, object]]:
    """What a proposer says, each proposal a recipe that can be had."""
    subject = subject or evidence()
    base = base or candidate(subject)
    found = list(proposer(subject, base, residue))
    for proposal in found:
        changed = base.changed(proposal, IMAGES)
        assert changed.recipe != base.recipe
        assert all(item.evidence.isprintable() for item in changed.choices)
    return [values(proposal) for proposal in found]


def with_values(base: Candidate, **changes: object) -> Candidate:
    return replace(base, recipe=base.recipe.model_copy(update=changes))


@pytest.fixture
def same(tmp_path: Path) -> Comparison:
    return compared(tmp_path / "same", {}, {})


def test_nothing_is_proposed_where_nothing_is_left(same: Comparison) -> None:
    for subject in (evidence(), evidence(**OLD), evidence(source=None), evidence(pure=False)):
        residue = differs(same, setuptools="60.0", wheel="0.37.1")
        assert list(propose(subject, candidate(subject), residue)) == []


def run_with(python: str, version: str) -> Run:
    (found,) = [
        run for run in known_runs("setuptools", python) if Version(version) in SpecifierSet(run.specifier)
    ]
    return found


def marks_beside(tmp_path: Path, run: Run) -> tuple[Evidence, Comparison]:
    """A wheel with a run's marks, and a rebuild whose METADATA is another."""
    comparison = compared(tmp_path, {METADATA: HEAD + "License: MIT\n"}, {METADATA: HEAD + "Summary: x\n"})
    marks = {name: value for name, value in run.marks.items() if not name.startswith("description")}
    return evidence(**OLD, marks=marks), comparison


def test_other_setuptools_are_those_with_the_marks_that_the_rebuild_lacks(tmp_path: Path) -> None:
    run = run_with("3.9", "44.0")
    subject, comparison = marks_beside(tmp_path, run)
    base = with_values(candidate(evidence(**OLD)), python="3.9", constraints={"wheel": "==0.37.1"})
    found = proposed(other_setuptools, differs(comparison, setuptools="57.0.0"), subject, base)
    assert Version("44.0") in SpecifierSet(str(found[0]["constraints.setuptools"]))
    for proposal in found:
        specifier = SpecifierSet(str(proposal["constraints.setuptools"]))
        assert Version("57.0.0") not in specifier


def test_the_setuptools_that_fits_best_is_not_replaced(tmp_path: Path) -> None:
    run = run_with("3.9", "57.0.0")
    subject, comparison = marks_beside(tmp_path, run)
    base = with_values(candidate(evidence(**OLD)), python="3.9", constraints={"wheel": "==0.37.1"})
    assert proposed(other_setuptools, differs(comparison, setuptools="57.0.0"), subject, base) == []


def test_an_order_that_no_mark_tells_is_tried_with_versions_that_fit_as_well(tmp_path: Path) -> None:
    lines = ["Provides-Extra: b\n", "Provides-Extra: a\n"]
    comparison = compared(
        tmp_path, {METADATA: HEAD + "".join(lines)}, {METADATA: HEAD + "".join(reversed(lines))}
    )
    subject = evidence(**OLD, marks={"metadata-version": "2.1"})
    base = with_values(candidate(subject), python="3.9", constraints={"wheel": "==0.37.1"})
    found = proposed(other_setuptools, differs(comparison, setuptools="57.0.0"), subject, base)
    assert found
    for proposal in found:
        assert Version("57.0.0") not in SpecifierSet(str(proposal["constraints.setuptools"]))
    other = compared(
        tmp_path / "other", {METADATA: HEAD + "Keywords: a\n"}, {METADATA: HEAD + "Keywords: b\n"}
    )
    assert proposed(other_setuptools, differs(other, setuptools="57.0.0"), subject, base) == []


def test_other_setuptools_need_a_difference_that_setuptools_makes(tmp_path: Path) -> None:
    subject, comparison = marks_beside(tmp_path, run_with("3.9", "44.0"))
    base = with_values(candidate(evidence(**OLD)), python="3.9")
    content = compared(tmp_path / "content", {"demo/__init__.py": "a = 1\n"}, {"demo/__init__.py": "a = 2\n"})
    for residue, changed in (
        (differs(content, setuptools="57.0.0"), subject),
        (differs(comparison), subject),
        (failed("setuptools"), subject),
        (differs(comparison, setuptools="57.0.0"), replace(subject, generator="setuptools (57.0.0)")),
        (differs(comparison, setuptools="57.0.0"), replace(subject, generator=None)),
    ):
        assert proposed(other_setuptools, residue, changed, base) == []


def test_marks_that_led_nowhere_are_taken_back(tmp_path: Path) -> None:
    run = run_with("3.9", "44.0")
    subject, comparison = marks_beside(tmp_path, run)
    base = candidate(evidence(**OLD)).changed(
        [
            inferred("python", "3.9", "x"),
            inferred("frontend", "setup.py", "x"),
            inferred("constraints", run.specifier, "x", key="setuptools"),
        ],
        IMAGES,
    )
    found = proposed(other_setuptools, differs(comparison, setuptools="44.0"), subject, base)
    assert found[-1] == {"constraints.setuptools": None, "frontend": "pep517"}


def test_no_proposal_has_python_2_without_setup_py(tmp_path: Path) -> None:
    run = run_with("2.7", "40.0")
    subject, comparison = marks_beside(tmp_path, run)
    subject = replace(subject, interpreters=frozenset({"py2"}))
    base = candidate(subject).changed([inferred("constraints", run.specifier, "x", key="setuptools")], IMAGES)
    assert base.recipe.python == "2.7"
    for proposal in propose(subject, base, differs(comparison, setuptools="40.0")):
        recipe = base.changed(proposal, IMAGES).recipe
        assert recipe.python != "2.7" or recipe.frontend == "setup.py"


def test_the_same_lines_in_another_order_are_a_hash_seed(tmp_path: Path) -> None:
    residue = differs(compared(tmp_path, {"demo/a.txt": "a\nb\n"}, {"demo/a.txt": "b\na\n"}))
    assert residue.reordered() == ("demo/a.txt",)
    seeds = [found["environment.PYTHONHASHSEED"] for found in proposed(other_order, residue)]
    assert seeds == ["1", "2", "3", "4"]
    base = with_values(candidate(), environment={"PYTHONHASHSEED": "2"})
    seeds = [found["environment.PYTHONHASHSEED"] for found in proposed(other_order, residue, base=base)]
    assert seeds == ["1", "3", "4"]


@pytest.mark.parametrize(
    ("published", "rebuilt"),
    [
        ("a\nb\n", "a\nc\n"),
        ("a\nb\n", "a\nb\nb\n"),
        ("a\na\nb\n", "a\nb\nb\n"),
        ("ab\n", "ba\n"),
    ],
)
def test_other_lines_are_no_order(tmp_path: Path, published: str, rebuilt: str) -> None:
    residue = differs(compared(tmp_path, {"demo/a.txt": published}, {"demo/a.txt": rebuilt}))
    assert residue.differing()
    assert proposed(other_order, residue) == []


def test_the_order_of_record_is_no_sets(tmp_path: Path) -> None:
    rows = "demo/a.py,,\ndemo/b.py,,\n"
    record = f"{DIST_INFO}/RECORD"
    residue = differs(compared(tmp_path, {record: rows}, {record: "demo/b.py,,\ndemo/a.py,,\n"}))
    assert residue.reordered() == ()
    assert not residue.dist_info_differs()


def requirements(tmp_path: Path, *, differing: bool = True) -> Comparison:
    other = "Requires-Dist: enum34\n" if differing else "Summary: other\n"
    return compared(
        tmp_path, {METADATA: HEAD + "Requires-Dist: six\n"}, {METADATA: HEAD + "Requires-Dist: six\n" + other}
    )


def test_other_requirements_are_another_pythons(tmp_path: Path) -> None:
    residue = differs(requirements(tmp_path))
    subject = evidence(upload_time=moment(2025, 1, 2))
    pythons = [found["python"] for found in proposed(other_python, residue, subject)]
    assert candidate(subject).recipe.python == "3.11"
    assert pythons == ["3.13", "3.9"]
    both = evidence(interpreters=frozenset({"py2", "py3"}), source=declared("setuptools"))
    found = proposed(other_python, residue, both)
    assert found[0]["python"] == "2.7"
    assert found[0]["frontend"] == "setup.py"


def test_no_python_is_proposed_that_was_not_out_or_is_not_allowed(tmp_path: Path) -> None:
    residue = differs(requirements(tmp_path))
    early = evidence(upload_time=moment(2021, 6, 1))
    assert candidate(early).recipe.python == "3.9"
    assert proposed(other_python, residue, early) == []
    narrow = evidence(requires_python=">=3.11")
    assert [found["python"] for found in proposed(other_python, residue, narrow)] == ["3.13"]


def test_a_module_that_only_one_has_is_another_pythons(tmp_path: Path) -> None:
    backport = {"demo/_compat.py": "x = 1\n"}
    assert proposed(other_python, differs(compared(tmp_path / "rebuilt", {}, backport)))
    published = differs(compared(tmp_path / "published", backport, {}))
    of_source = evidence(source=source(files=frozenset({"setup.py", "src/demo/_compat.py"})))
    assert proposed(other_python, published, of_source)
    assert proposed(other_python, published) == []


@pytest.mark.parametrize(
    ("published", "rebuilt"),
    [
        ({"demo/__init__.py": "a = 1\n"}, {"demo/__init__.py": "a = 2\n"}),
        ({METADATA: HEAD + "Summary: a\n"}, {METADATA: HEAD + "Summary: b\n"}),
        ({"demo/a.txt": "a"}, {}),
        ({}, {"demo/a.txt": "a"}),
    ],
)
def test_other_differences_are_no_pythons(
    tmp_path: Path, published: dict[str, str], rebuilt: dict[str, str]
) -> None:
    assert proposed(other_python, differs(compared(tmp_path, published, rebuilt))) == []
    assert proposed(other_python, failed("No module named x")) == []


def tagged(tmp_path: Path, published: str, rebuilt: str) -> Comparison:
    one, other = (
        wheel(tmp_path / tags, filename=f"demo-1.0-{tags}-none-any.whl") for tags in (published, rebuilt)
    )
    return compare_wheels(one, other)


@pytest.mark.parametrize(
    ("published", "rebuilt", "arguments"),
    [
        ("py2.py3", "py3", ("--universal",)),
        ("py36", "py3", ("--python-tag", "py36")),
        ("py2", "py2.py3", ("--python-tag", "py2")),
    ],
)
def test_tags_that_were_asked_for_are_asked_for(
    tmp_path: Path, published: str, rebuilt: str, arguments: tuple[str, ...]
) -> None:
    residue = differs(tagged(tmp_path, published, rebuilt))
    assert proposed(universal_wheel, residue) == [{"frontend": "setup.py", "arguments": arguments}]


def test_tags_that_nothing_can_ask_for_are_left(tmp_path: Path) -> None:
    residue = differs(tagged(tmp_path, "py2.py3", "py3"))
    assert proposed(universal_wheel, residue, evidence(source=None)) == []
    assert proposed(universal_wheel, residue, evidence(source=source(has_setup_py=False))) == []
    asked = with_values(candidate(), arguments=("--universal",))
    assert proposed(universal_wheel, residue, base=asked) == []
    assert proposed(universal_wheel, differs(tagged(tmp_path / "three", "py2.py3.cp39", "py3"))) == []
    assert proposed(universal_wheel, failed()) == []


def modes(tmp_path: Path, published: int, rebuilt: int) -> Residue:
    return differs(
        compare_wheels(wheel(tmp_path / "one", mode=published), wheel(tmp_path / "other", mode=rebuilt))
    )


def test_executable_bits_that_only_the_rebuild_has_were_lost_on_windows(tmp_path: Path) -> None:
    residue = modes(tmp_path, 0o100644, 0o100755)
    assert proposed(without_executable_bits, residue) == [{"executable-bits": False}]
    some = evidence(entries=entries(moment(2025, 1, 1), mode=0o755))
    assert proposed(without_executable_bits, residue, some) == []
    assert proposed(without_executable_bits, modes(tmp_path / "2", 0o100644, 0o100664)) == []
    assert proposed(without_executable_bits, failed()) == []


SWITCHES = """
import os
if os.environ.get("DEMO_NO_EXTENSIONS"): pass
if os.getenv('SKIP_CYTHON'): pass
if os.environ["DEMO_DEBUG"]: pass
if "DEMO_PURE" in os.environ: pass
"""


def test_a_setup_py_has_switches_against_its_extension(tmp_path: Path) -> None:
    subject = evidence(source=source(setup_py=SWITCHES))
    built = differs(compared(tmp_path, {}, {"demo/_speed.so": "x"}))
    expected: list[dict[str, object]] = [
        {"environment.DEMO_NO_EXTENSIONS": "1"},
        {"environment.SKIP_CYTHON": "1"},
    ]
    assert proposed(without_extension, built, subject) == expected
    assert proposed(without_extension, failed("error: command 'gcc' failed"), subject) == expected
    tried = with_values(candidate(), environment={"SKIP_CYTHON": "1"})
    assert proposed(without_extension, built, subject, tried) == expected[:1]


def test_no_switch_is_touched_where_no_extension_is_in_the_way(tmp_path: Path) -> None:
    subject = evidence(source=source(setup_py=SWITCHES))
    built = differs(compared(tmp_path, {}, {"demo/_speed.so": "x"}))
    module = differs(compared(tmp_path / "module", {}, {"demo/speed.py": "x"}))
    lost = differs(compared(tmp_path / "lost", {"demo/_speed.so": "x"}, {}))
    for residue, changed in (
        (module, subject),
        (lost, subject),
        (failed("SyntaxError"), subject),
        (built, replace(subject, pure=False)),
        (built, replace(subject, source=None)),
        (built, evidence()),
    ):
        assert [values(proposal) for proposal in without_extension(changed, candidate(), residue)] == []


@pytest.mark.parametrize(
    ("log", "projects"),
    [
        ("ModuleNotFoundError: No module named 'numpy'", ["numpy"]),
        ("ImportError: No module named Cython.Build", ["cython"]),
        ("No module named 'a'\nNo module named 'b'\nNo module named 'a'", ["a", "b"]),
        ("Could not find suitable distribution for 'pytest-runner'", ["pytest-runner"]),
        ("DistributionNotFound: Requirement.parse('pbr>=1.8')", ["pbr"]),
        ("No module named 'demo'", []),
        ("No module named 'distutils'\nNo module named '_ctypes'", []),
        ("No module named ''", []),
        ("numpy is not installed", []),
        ("", []),
    ],
)
def test_what_a_build_ended_for_want_of_is_required(log: str, projects: list[str]) -> None:
    found = proposed(what_setup_py_lacks, failed(log))
    assert found == [{"requires": (project,)} for project in projects]


def test_what_is_required_already_is_kept_and_not_asked_for_again() -> None:
    base = with_values(candidate(), requires=("NumPy>=1", "six"))
    log = "No module named 'numpy'\nNo module named 'six'\nNo module named 'pbr'"
    found = proposed(what_setup_py_lacks, failed(log), base=base)
    assert found == [{"requires": ("NumPy>=1", "six", "pbr")}]


@pytest.mark.parametrize("name", ["_cffi_backend", "__main__", "a_", "_"])
def test_a_module_whose_name_is_no_projects_gives_a_recipe_or_nothing(name: str) -> None:
    proposed(what_setup_py_lacks, failed(f"ModuleNotFoundError: No module named '{name}'"))
    proposed(what_setup_py_lacks, failed(f"distribution for '{name}-.'"))


def test_nothing_is_lacking_where_something_was_built(same: Comparison) -> None:
    assert proposed(what_setup_py_lacks, differs(same)) == []
    assert proposed(legacy_setup, differs(same)) == []
    assert proposed(without_a_pin, differs(same)) == []
    assert proposed(setuptools_that_runs, differs(same), evidence(**OLD)) == []


def repairing(**changes: str) -> Candidate:
    asked = {"tool": "auditwheel", "platform": "manylinux_2_17_x86_64", **changes}
    return replace(candidate(), recipe=candidate().recipe.model_copy(update={"repair": Repair(**asked)}))  # type: ignore[arg-type]


def test_what_auditwheel_refuses_is_asked_for_as_it_grants_it() -> None:
    refused = failed("because of the presence of too-recent versioned symbols.", phase="repair")
    found = list(propose(evidence(), repairing(), refused))
    assert [values(proposal) for proposal in found] == [{"repair.platform": "auto"}]
    assert proposed(other_repair, refused, base=repairing(platform="auto")) == []
    assert proposed(other_repair, refused) == []


def test_what_auditwheel_can_not_repair_is_compared_as_it_was_built() -> None:
    pure = failed("This does not look like a platform wheel, no ELF executable", phase="repair")
    assert proposed(other_repair, pure, base=repairing()) == [{"repair.tool": "none"}]
    assert proposed(other_repair, failed("something else", phase="repair"), base=repairing()) == []
    assert proposed(other_repair, failed("This does not look like a platform wheel"), base=repairing()) == []


def test_an_auditwheel_that_can_not_be_had_is_any_other() -> None:
    gone = failed(phase="resolve", reason="What repairs the wheel can't be had: auditwheel==6.8.2 needs 3.10")
    assert proposed(other_repair, gone, base=repairing(auditwheel="==6.8.2")) == [{"repair.auditwheel": ""}]
    assert proposed(other_repair, gone, base=repairing()) == []


def test_what_the_source_runs_first_is_left_out_where_it_can_not_run() -> None:
    commands = inferred("before", ("make",), f"{SAYS}.before-all says so")
    wanted = inferred("requires", ("numpy",), f"{SAYS}.before-all says so")
    base = candidate().changed((commands, wanted), IMAGES)
    assert proposed(without_own_commands, failed("", phase="prepare"), base=base) == [{"before": ()}]
    assert proposed(without_own_commands, failed("", phase="resolve"), base=base) == [{"requires": ()}]
    assert proposed(without_own_commands, failed("", phase="build"), base=base) == []
    of_recipe = candidate().changed((replace(commands, evidence="a recipe's"),), IMAGES)
    assert proposed(without_own_commands, failed("", phase="prepare"), base=of_recipe) == []


def test_a_version_that_is_gone_is_replaced_by_those_with_its_marks() -> None:
    run = run_with("3.11", "60.0.0")
    subject = evidence(generator="setuptools (60.0.0)", upload_time=moment(2024, 1, 1))
    gone = failed(phase="resolve", reason="There is no version of setuptools==60.0.0")
    assert proposed(without_a_pin, gone, subject) == [{"constraints.setuptools": run.specifier}]


def test_a_version_of_an_unmeasured_tool_that_is_gone_is_left_open() -> None:
    gone = failed(phase="resolve", reason="There is no version of maturin==1.9.0")
    assert proposed(without_a_pin, gone, evidence(generator="maturin (1.9.0)")) == [
        {"constraints.maturin": None}
    ]


@pytest.mark.parametrize(
    ("phase", "reason", "generator"),
    [
        ("build", "There is no version of setuptools==80.9.0", "setuptools (80.9.0)"),
        ("resolve", "There is no version of numpy", "setuptools (80.9.0)"),
        ("resolve", "There is no version of setuptools", "nonsense"),
    ],
)
def test_a_pin_stays_where_it_is_not_what_is_in_the_way(phase: str, reason: str, generator: str) -> None:
    residue = failed(phase=phase, reason=reason)
    assert proposed(without_a_pin, residue, evidence(generator=generator)) == []


def test_setup_py_is_run_where_the_hooks_fail() -> None:
    for phase in ("resolve", "build"):
        assert proposed(legacy_setup, failed(phase=phase)) == [{"frontend": "setup.py"}]
    ran = with_values(candidate(), frontend="setup.py")
    assert proposed(legacy_setup, failed(), base=ran) == []
    assert proposed(legacy_setup, failed(), evidence(source=None)) == []
    assert proposed(legacy_setup, failed(), evidence(source=source(has_setup_py=False))) == []


def test_a_build_that_ended_gets_other_setuptools_and_other_pythons() -> None:
    subject = evidence(generator=BDIST, upload_time=moment(2024, 1, 2), requires_python=None)
    base = candidate(subject)
    first, *others = proposed(setuptools_that_runs, failed(), subject, base)
    assert set(first) <= {"constraints.setuptools", "frontend"}
    assert first["constraints.setuptools"] != base.recipe.constraints.get("setuptools")
    pythons = [found["python"] for found in others]
    assert pythons == ["3.9"]
    assert proposed(setuptools_that_runs, failed(), evidence(generator="flit 3.12.0")) == []


@pytest.mark.parametrize("asked", ["setuptools>=57", "setuptools<40.8", "setuptools>={until}"])
def test_versions_that_the_source_rules_out_run_as_setup_py(tmp_path: Path, asked: str) -> None:
    run = run_with("3.9", "44.0")
    subject, comparison = marks_beside(tmp_path, run)
    subject = replace(subject, source=declared("wheel", asked.format(until=run.until)))
    base = with_values(candidate(evidence(**OLD)), python="3.9", constraints={"wheel": "==0.37.1"})
    found = proposed(other_setuptools, differs(comparison, setuptools="57.0.0"), subject, base)
    assert found[0]["constraints.setuptools"] == run.specifier
    assert found[0]["frontend"] == "setup.py"


@pytest.mark.parametrize(
    "requires", [("setuptools>=40", "wheel"), ("wheel",), ("setuptools>=x; y", "setuptools ~= \x1b")]
)
def test_versions_that_the_source_allows_run_as_its_hooks(tmp_path: Path, requires: tuple[str, ...]) -> None:
    subject, comparison = marks_beside(tmp_path, run_with("3.9", "44.0"))
    subject = replace(subject, source=declared(*requires))
    base = with_values(candidate(evidence(**OLD)), python="3.9", constraints={"wheel": "==0.37.1"})
    found = proposed(other_setuptools, differs(comparison, setuptools="57.0.0"), subject, base)
    assert found
    assert "frontend" not in found[0]


def test_versions_are_read_from_the_lock() -> None:
    assert used_versions({"setuptools": "80.9.0"}) == {"setuptools": Version("80.9.0")}
    assert used_versions({}) == {}


def test_every_proposer_is_asked_in_order() -> None:
    assert [proposer.__name__ for proposer in PROPOSERS] == [
        proposer.__name__ for proposer in dict.fromkeys(PROPOSERS)
    ]
    log = "No module named 'numpy'\nerror: command 'gcc' failed"
    subject = evidence(**OLD, source=source(setup_py=SWITCHES))
    found = [set(values(proposal)) for proposal in propose(subject, candidate(subject), failed(log))]
    places = [
        next(place for place, names in enumerate(found) if name in names)
        for name in ("requires", "environment.SKIP_CYTHON")
    ]
    assert places == sorted(places)


def test_no_proposal_takes_content_from_the_published_wheel(tmp_path: Path) -> None:
    lines = f"{MARK} = 1\nb = 2\n"
    only = {
        "demo/__init__.py": lines,
        f"demo/{MARK}.py": lines,
        METADATA: HEAD + f"Summary: {MARK}\nRequires-Dist: {MARK}\nX-{MARK}: a\n",
        f"{DIST_INFO}/entry_points.txt": f"[console_scripts]\n{MARK} = {MARK}:main\n",
    }
    comparison = compared(
        tmp_path, only, {"demo/__init__.py": f"b = 2\n{MARK} = 1\n", "demo/x.so": "", "demo/x.py": ""}
    )
    subject = evidence(**OLD, scripts=(MARK,), source=source(setup_py=SWITCHES))
    base = candidate(subject)
    found = list(propose(subject, base, differs(comparison, setuptools="44.0")))
    assert len(found) > 4
    for proposal in found:
        recipe = base.changed(proposal, IMAGES).recipe
        assert MARK not in recipe.model_dump_json()


TEXTS = st.text(max_size=30) | st.sampled_from(
    ["_x", "a-", "demo", "setuptools", "\x1b[2J", "__", "NO_X=\0", "a" * 300, "9" * 5000]
)
LOGS = st.lists(
    st.builds(
        "{}{}'".format,
        st.sampled_from(
            ["No module named '", "Requirement.parse('", "distribution for '", "index page for '", "gcc "]
        ),
        TEXTS,
    ),
    max_size=4,
).map("\n".join)


@settings(max_examples=60)
@given(
    log=LOGS | TEXTS,
    phase=st.sampled_from(["resolve", "build"]),
    reason=TEXTS,
    switch=TEXTS,
    requires=st.lists(TEXTS, max_size=3),
    requires_python=TEXTS,
    generator=st.sampled_from([BDIST, "setuptools (60.0.0)", "hatchling 1.27.0", "bdist_wheel (x)"]),
    interpreters=st.frozensets(st.sampled_from(["py2", "py3", "py36"]), min_size=1),
    when=st.none() | st.sampled_from([moment(2016, 5, 1), moment(2020, 12, 1), moment(2026, 1, 1)]),
)
def test_what_a_hostile_build_says_always_gives_a_valid_recipe(
    log: str,
    phase: str,
    reason: str,
    switch: str,
    requires: list[str],
    requires_python: str,
    generator: str,
    interpreters: frozenset[str],
    when: object,
) -> None:
    setup_py = f"import os\nos.environ.get('{switch}')\nos.getenv('NO_{switch}')\n"
    subject = evidence(
        generator=generator,
        interpreters=interpreters,
        requires_python=requires_python,
        upload_time=when,
        source=declared(*requires, setup_py=setup_py),
    )
    base = candidate(subject)
    residue = failed(log, phase=phase, reason=reason)
    for proposal in islice(propose(subject, base, residue), 20):
        try:
            changed = base.changed(proposal, IMAGES)
        except NotCheckedError:
            continue
        assert isinstance(changed.recipe, Recipe)
        assert all(item.evidence.isprintable() for item in changed.choices)


@settings(max_examples=25, deadline=None)
@given(
    names=st.lists(
        st.from_regex(r"demo/[a-z\x1b\u202e .-]{1,12}\.(py|so|pth|txt)", fullmatch=True),
        max_size=3,
        unique=True,
    ),
    texts=st.tuples(st.text(max_size=30), st.text(max_size=30)),
)
def test_what_a_hostile_wheel_holds_always_gives_a_valid_recipe(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], texts: tuple[str, str]
) -> None:
    one, other = (
        {**dict.fromkeys(names[place:], text), METADATA: HEAD + text.replace("\r", "")}
        for place, text in enumerate([text.encode("utf-8", "replace").decode() for text in texts])
    )
    folder = tmp_path_factory.getbasetemp() / "hostile"
    residue = differs(compared(folder, one, other), setuptools="57.0.0", wheel="0.37.1")
    subject = evidence(**OLD, marks={"metadata-version": texts[0], "description-end": "1"})
    base = candidate(subject)
    for proposal in propose(subject, base, residue):
        changed = base.changed(proposal, IMAGES)
        assert isinstance(changed.recipe, Recipe)
        assert all(item.evidence.isprintable() for item in changed.choices)


def test_an_installed_wheel_spells_requirements_in_another_way(tmp_path: Path) -> None:
    spelled = compared(
        tmp_path,
        {METADATA: HEAD + "Requires-Dist: a (>=1)\n"},
        {METADATA: HEAD + "Requires-Dist: a>=1\n"},
    )
    subject = evidence(
        generator="setuptools (75.1.0)", marks={"specifier": "in-parentheses"}, source=source()
    )
    ((found,),) = installed_wheel(subject, candidate(subject), differs(spelled))
    (asked,) = cast("tuple[str, ...]", found.value)
    assert known_runs("wheel", "3.11")[-1].marks["specifier"] != "in-parentheses"
    assert asked.startswith("wheel>=")
    assert any(
        asked == f"wheel{run.specifier}" and run.marks["specifier"] == "in-parentheses"
        for run in known_runs("wheel", "3.11")
    )
    assert not list(installed_wheel(subject, candidate(subject), differs(spelled, wheel="0.40.0")))
    assert not list(installed_wheel(evidence(), candidate(), differs(spelled)))


def test_crlf_of_the_build_is_windows_text(tmp_path: Path) -> None:
    crlf = differs(compared(tmp_path, {"demo/v.py": "a = 1\r\nb = 2\r\n"}, {"demo/v.py": "a = 1\nb = 2\n"}))
    assert proposed(windows_text, crlf, evidence(source=source())) == [{"text-files": "windows"}]


def test_windows_text_that_did_not_help_is_tried_with_utf8(tmp_path: Path) -> None:
    subject = evidence(source=source(), windows_text=True)
    base = candidate(subject)
    assert base.recipe.text_files == "windows"
    other = differs(compared(tmp_path, {"demo/v.py": "1\n"}, {"demo/v.py": "2\n"}))
    assert proposed(windows_text, other, subject, base) == [{"environment.PYTHONUTF8": "1"}]
    utf8 = base.changed([inferred("environment", "1", "as tried", key="PYTHONUTF8")], IMAGES)
    assert proposed(windows_text, other, subject, utf8) == []


@pytest.mark.parametrize(
    ("published", "rebuilt"), [("1\n", "2\n"), ("a\nb\n", "a\r\nb\r\n"), ("a\r\nb\n", "a\nc\n")]
)
def test_other_changes_are_no_windows_text(tmp_path: Path, published: str, rebuilt: str) -> None:
    other = differs(compared(tmp_path, {"demo/v.py": published}, {"demo/v.py": rebuilt}))
    assert proposed(windows_text, other, evidence(source=source())) == []


def test_json_in_another_order_is_tried_with_python_2(tmp_path: Path) -> None:
    other = differs(
        compared(tmp_path, {"demo/a.json": '{"a": 1, "b": 2}'}, {"demo/a.json": '{"b": 2, "a": 1}'})
    )
    legacy = evidence(interpreters=frozenset({"py2", "py3"}), source=source())
    assert proposed(other_python, other, legacy)[0]["python"] == "2.7"
    assert proposed(other_python, other, evidence(source=source())) == []


def test_requirements_in_another_order_are_tried_with_debians_setuptools(tmp_path: Path) -> None:
    lines = ("Requires-Dist: b\n", "Requires-Dist: a\n")
    other = differs(
        compared(tmp_path, {METADATA: HEAD + lines[1] + lines[0]}, {METADATA: HEAD + "".join(lines)})
    )
    assert proposed(debians_setuptools, other, evidence(**OLD)) == [{"setuptools-from": "debian"}]
    assert proposed(debians_setuptools, other, evidence(generator="hatchling 1.27.0")) == []
