"""What to try next: small pure functions in one list, from what is left of an attempt to other values.

None takes content from the published wheel: they choose among versions, interpreters and switches.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from wheelproof.compare.pairing import ModeDifference, PairState
from wheelproof.core.untrusted import printable
from wheelproof.infer.candidate import Candidate, Inference, Value, inferred
from wheelproof.infer.cibuildwheel import SAYS
from wheelproof.infer.evidence import Evidence
from wheelproof.infer.knowledge import Run, known_runs
from wheelproof.infer.marks import RELATIVE, SPECIFIER, WEAK, Marks, flatten, read_marks
from wheelproof.infer.residue import Residue
from wheelproof.infer.rules import (
    allowed_pythons,
    fitting_setuptools,
    frontend,
    is_by,
    setuptools_of,
    setuptools_version,
    was_out,
)

# One proposal: the values that go together.
Proposal = tuple[Inference, ...]
Proposer = Callable[[Evidence, Candidate, Residue], Iterator[Proposal]]

_SWITCH = re.compile(r"(?:environ(?:\.get)?\s*[\[(]|getenv\s*\()\s*[\"']([A-Z][A-Z0-9_]{2,60})[\"']")
_NEGATIVE = re.compile(r"(?:^|_)(?:NO|SKIP|WITHOUT|DISABLE|PURE)(?:_|$)")
_NO_MODULE = re.compile(r"No module named ['\"]?([A-Za-z_][A-Za-z0-9_]{0,60})")
_NOT_FOUND = re.compile(
    r"(?:Requirement\.parse\(|distribution for |index page for )['\"]([A-Za-z0-9][A-Za-z0-9._-]*)"
)
# What auditwheel says where it refuses.
_TOO_RECENT = "too-recent versioned symbols"
_NO_NATIVE_CODE = "does not look like a platform wheel"
_MODES_OF_SETUPTOOLS = 8
_HASH_SEEDS = ("1", "2", "3", "4")


def debians_setuptools(evidence: Evidence, candidate: Candidate, residue: Residue) -> Iterator[Proposal]:
    """METADATA has the same lines in another order: Debian's setuptools sorts requirements."""
    comparison = residue.comparison
    if comparison is None or not (evidence.generator or "").startswith("bdist_wheel"):
        return
    metadata = f"{comparison.published.dist_info}/METADATA"
    if candidate.recipe.setuptools_from == "index" and metadata in residue.reordered():
        why = "METADATA has the same lines in another order, and Debian's setuptools sorts requirements"
        yield (inferred("setuptools-from", "debian", why),)


def other_setuptools(evidence: Evidence, candidate: Candidate, residue: Residue) -> Iterator[Proposal]:
    """METADATA or its neighbours differ in marks that other versions of setuptools leave."""
    used = residue.used.get("setuptools")
    if used is None or residue.comparison is None or not residue.dist_info_differs():
        return
    if not (evidence.generator or "").startswith("bdist_wheel"):
        return
    rebuilt = flatten(read_marks(residue.comparison.rebuilt, _licence_files(evidence)))
    current = _run_of(known_runs("setuptools", _told(candidate)), used)
    if current is None or current.fails:
        return
    wanted = _wanted(evidence.marks, rebuilt, current)
    metadata = f"{residue.comparison.published.dist_info}/METADATA"
    unmeasured = metadata in residue.reordered()
    for fit in fitting_setuptools(evidence, _told(candidate), wanted)[:_MODES_OF_SETUPTOOLS]:
        if fit.run == current:
            if unmeasured:
                continue
            break
        solved = current.contradictions(wanted) - fit.against
        if solved or (unmeasured and fit.against <= current.contradictions(wanted)):
            yield _with_frontend(evidence, candidate, setuptools_of(fit, solved))
    if "setuptools" in candidate.recipe.constraints:
        why = "The marks that chose an older version did not make it the same: the newest of its day"
        back = inferred("constraints", None, why, key="setuptools")
        hooks = inferred("frontend", "pep517", why)
        yield (back,) if candidate.recipe.python == "2.7" else (back, hooks)


def installed_wheel(evidence: Evidence, candidate: Candidate, residue: Residue) -> Iterator[Proposal]:
    """Setuptools prefers an installed wheel to its own copy, and an older one spells requirements its way."""
    spelled = evidence.marks.get(SPECIFIER)
    if residue.comparison is None or spelled is None or not is_by(evidence, "setuptools"):
        return
    if read_marks(residue.comparison.rebuilt).get(SPECIFIER) == spelled or "wheel" in residue.used:
        return
    runs = [run for run in known_runs("wheel", _told(candidate)) if run.marks.get(SPECIFIER) == spelled]
    if runs:
        why = (
            f"Requirements are spelled as these versions do ({spelled}), which setuptools prefers to its own"
        )
        yield (inferred("requires", (*candidate.recipe.requires, f"wheel{runs[-1].specifier}"), why),)


def other_order(evidence: Evidence, candidate: Candidate, residue: Residue) -> Iterator[Proposal]:
    """Members that hold the same lines in another order: a set's order, which the hash seed decides."""
    reordered = residue.reordered()
    if not reordered or evidence.source is None:
        return
    why = f"{printable(reordered[0])} has the same lines in another order, as sets have with other hash seeds"
    for seed in _HASH_SEEDS:
        if candidate.recipe.environment.get("PYTHONHASHSEED") != seed:
            yield (inferred("environment", seed, why, key="PYTHONHASHSEED"),)


def windows_text(evidence: Evidence, candidate: Candidate, residue: Residue) -> Iterator[Proposal]:
    """Text files that the build writes have the line ends of Windows; there the encoding is another too."""
    recipe = candidate.recipe
    if recipe.python == "2.7" or evidence.source is None:
        return
    lines = residue.windows_lines()
    if recipe.text_files == "posix" and lines:
        yield (inferred("text-files", "windows", f"{printable(lines[0])} has CRLF line ends"),)
    elif recipe.text_files == "windows" and "PYTHONUTF8" not in recipe.environment:
        why = "With the encoding that Python has on Windows it differs or fails: with UTF-8"
        yield (inferred("environment", "1", why, key="PYTHONUTF8"),)


def _wanted(published: Marks, rebuilt: Marks, current: Run) -> Marks:
    """The marks that the right version leaves on the sample, by how the two wheels differ."""
    wanted = {
        name: value
        for name, value in published.items()
        if name not in RELATIVE and (value not in WEAK or rebuilt.get(name) != value)
    }
    for name in RELATIVE:
        if name in published and name in rebuilt and name in current.marks:
            distance = int(published[name]) - int(rebuilt[name])
            wanted[name] = str(int(current.marks[name]) + distance)
    return wanted


def _run_of(runs: tuple[Run, ...], version: Version) -> Run | None:
    older = [run for run in runs if run.first <= version]
    return older[-1] if older else None


def _licence_files(evidence: Evidence) -> frozenset[str] | None:
    source = evidence.source
    return source.root_files if source and not source.names_licences else None


def _with_frontend(evidence: Evidence, candidate: Candidate, constraint: Inference) -> Proposal:
    """Versions that the source's own requirement, or PEP 517's default, rules out ran as ``setup.py``."""
    source = evidence.source
    if source is None or not source.has_setup_py or candidate.recipe.frontend == "setup.py":
        return (constraint,)
    try:
        asked = SpecifierSet("")
        for text in source.build_system.requires:
            found = re.fullmatch(r"\s*setuptools\s*(?:\[[^\]]*\])?\s*([<>=!~].*)?", text.partition(";")[0])
            asked &= SpecifierSet(found[1] or "") if found else SpecifierSet("")
    except InvalidSpecifier:
        return (constraint,)
    bounds = SpecifierSet(str(constraint.value))
    inside = [part.version if part.operator == ">=" else f"{part.version}.dev0" for part in bounds]
    if not any(asked.contains(version, prereleases=True) for version in inside):
        why = f"The source asks for setuptools{asked}, which front ends of PEP 517 obey"
        return (constraint, inferred("frontend", "setup.py", why))
    return (constraint,)


def other_python(evidence: Evidence, candidate: Candidate, residue: Residue) -> Iterator[Proposal]:
    """Requirements or modules differ: a ``setup.py`` can ask which interpreter runs it."""
    comparison = residue.comparison
    source = evidence.source
    if comparison is None or source is None:
        return
    differing = {pair.name for pair in residue.differing()}
    metadata = f"{comparison.published.dist_info}/METADATA"
    modules = [
        pair.name
        for pair in residue.differing()
        if pair.state is PairState.ONLY_REBUILT
        or (pair.state is PairState.ONLY_PUBLISHED and source.has(pair.name))
    ]
    requirements = [
        {_spelled(text) for text in wheel.metadata.requires_dist}
        for wheel in (comparison.published, comparison.rebuilt)
    ]
    if metadata in differing and requirements[0] != requirements[1]:
        why = "Its requirements differ, and setup.py can ask which interpreter runs it"
    elif any(name.endswith((".py", ".pth")) for name in modules):
        why = "Its modules differ, and setup.py can ask which interpreter runs it"
    elif metadata in differing and "py2" in evidence.interpreters:
        why = "METADATA differs, and it is for Python 2 too"
    elif (reordered := residue.reordered_json()) and "py2" in evidence.interpreters:
        why = f"{printable(reordered[0])} has the same values in another order, as Python 2 wrote them"
    else:
        return
    yield from _pythons(evidence, candidate, why)


def _spelled(requirement: str) -> str:
    """A requirement in one spelling, whatever tool wrote it."""
    try:
        return str(Requirement(requirement))
    except InvalidRequirement:
        return requirement


def _told(candidate: Candidate) -> str:
    """The interpreter's version as a build is told it."""
    return candidate.recipe.version_info or candidate.recipe.python


def _pythons(evidence: Evidence, candidate: Candidate, why: str) -> Iterator[Proposal]:
    """Each other interpreter that was out, with what its setuptools is then."""
    legacy = ("2.7",) if "py2" in evidence.interpreters else ()
    out = [version for version in allowed_pythons(evidence) if was_out(version, evidence)]
    for version in (*legacy, *reversed(out)):
        if version != candidate.recipe.python:
            yield _moved(evidence, candidate, inferred("python", version, why))


def _moved(evidence: Evidence, candidate: Candidate, python: Inference) -> Proposal:
    settled: dict[str, Value] = {python.place: python.value}
    found = [python]
    for rule in (setuptools_version, frontend):
        for inference in rule(evidence, settled):
            settled[inference.place] = inference.value
            found.append(inference)
    if "version-info" not in settled:
        found.append(inferred("version-info", None, python.evidence))
    by_marks = is_by(evidence, "wheel")
    if by_marks and "setuptools" in candidate.recipe.constraints and "constraints.setuptools" not in settled:
        found.append(inferred("constraints", None, python.evidence, key="setuptools"))
    return tuple(found)


def universal_wheel(evidence: Evidence, candidate: Candidate, residue: Residue) -> Iterator[Proposal]:
    """The published wheel is for more Pythons than the rebuilt one: its tags were asked for."""
    comparison = residue.comparison
    source = evidence.source
    if comparison is None or source is None or not source.has_setup_py:
        return
    published, rebuilt = (
        {tag.interpreter for tag in wheel.name.tags} for wheel in (comparison.published, comparison.rebuilt)
    )
    if published == rebuilt or candidate.recipe.arguments:
        return
    setup = inferred("frontend", "setup.py", "Options of bdist_wheel are given on its command line")
    if published == {"py2", "py3"}:
        yield (setup, inferred("arguments", ("--universal",), "The published wheel is for py2 and py3"))
    elif len(published) == 1:
        (tag,) = published
        asked = ("--python-tag", printable(tag, limit=20))
        yield (
            setup,
            inferred("arguments", asked, f"The published wheel's tag is {printable(tag, limit=20)}"),
        )


def without_executable_bits(evidence: Evidence, candidate: Candidate, residue: Residue) -> Iterator[Proposal]:
    """No published member is executable, and the source's are: it was built where files have no such bit."""
    lost = [pair for pair in residue.differing() if pair.mode is ModeDifference.EXECUTABLE]
    if lost and all((entry.mode or 0) & 0o111 == 0 for entry in evidence.entries):
        why = f"No member is executable, and the source's {printable(lost[0].name)} is: built on Windows"
        yield (inferred("executable-bits", False, why),)


def without_extension(evidence: Evidence, candidate: Candidate, residue: Residue) -> Iterator[Proposal]:
    """The published wheel has no extension module, and the source would build one: by its own switch."""
    if not evidence.pure or evidence.source is None:
        return
    rebuilt = residue.comparison.rebuilt if residue.comparison else None
    built = rebuilt is not None and (
        any(tag.platform != "any" for tag in rebuilt.name.tags)
        or any(name.endswith((".so", ".pyd")) for name in residue.only(PairState.ONLY_REBUILT))
    )
    failed = residue.failure is not None and re.search(
        r"gcc|unable to execute|C compiler|ext_modules", residue.failure.log
    )
    if not (built or failed):
        return
    for name in dict.fromkeys(_SWITCH.findall(evidence.source.setup_py)):
        if _NEGATIVE.search(name) and name not in candidate.recipe.environment:
            why = f"The published wheel has no extension module, and setup.py reads {name}"
            yield (inferred("environment", "1", why, key=name),)


def what_setup_py_lacks(evidence: Evidence, candidate: Candidate, residue: Residue) -> Iterator[Proposal]:
    """A build that ended for want of a module or a requirement: it stood in the publisher's environment."""
    if residue.failure is None:
        return
    known = {canonicalize_name(re.split(r"[^A-Za-z0-9._-]", text)[0]) for text in candidate.recipe.requires}
    for pattern in (_NOT_FOUND, _NO_MODULE):
        for name in pattern.findall(residue.failure.log):
            project = canonicalize_name(name.strip("._-"))
            if (
                not project
                or name in sys.stdlib_module_names
                or project in known
                or project == evidence.project
            ):
                continue
            known.add(project)
            why = f"The build ended for want of {printable(name)}"
            yield (inferred("requires", (*candidate.recipe.requires, project), why),)


def without_a_pin(evidence: Evidence, candidate: Candidate, residue: Residue) -> Iterator[Proposal]:
    """The version that the wheel names is gone from the index: the versions that leave the same marks."""
    if residue.failure is None or residue.failure.phase != "resolve":
        return
    for project, specifier in candidate.recipe.constraints.items():
        exact = re.fullmatch(r"==([0-9][^,*]*)", specifier)
        if not exact or project not in residue.failure.reason:
            continue
        run = _run_of(known_runs(project, _told(candidate)), Version(exact[1]))
        if run is not None and not run.fails:
            why = f"{project} {exact[1]} can't be had, and these versions leave the same marks"
            yield (inferred("constraints", run.specifier, why, key=project),)
        elif run is None:
            why = f"{project} {exact[1]} can't be had: the newest of its day"
            yield (inferred("constraints", None, why, key=project),)


def legacy_setup(evidence: Evidence, candidate: Candidate, residue: Residue) -> Iterator[Proposal]:
    """The hooks can't be asked, or what they need can't be had: ``setup.py`` may do without."""
    source = evidence.source
    if residue.failure is None or source is None or not source.has_setup_py:
        return
    if candidate.recipe.frontend == "pep517":
        why = f"With PEP 517 it ended in {residue.failure.phase}"
        yield (inferred("frontend", "setup.py", why),)


def setuptools_that_runs(evidence: Evidence, candidate: Candidate, residue: Residue) -> Iterator[Proposal]:
    """A build that ended by itself: other versions of setuptools that fit, and other interpreters."""
    if residue.failure is None or not (evidence.generator or "").startswith("bdist_wheel"):
        return
    for fit in fitting_setuptools(evidence, _told(candidate))[:_MODES_OF_SETUPTOOLS]:
        if str(fit.run.specifier) != candidate.recipe.constraints.get("setuptools"):
            yield _with_frontend(evidence, candidate, setuptools_of(fit, ()))
            break
    yield from _pythons(evidence, candidate, f"With Python {candidate.recipe.python} the build ended early")


def without_own_commands(evidence: Evidence, candidate: Candidate, residue: Residue) -> Iterator[Proposal]:
    """What the source tells cibuildwheel to run or install first can't be done here: without it."""
    phase = residue.failure.phase if residue.failure else ""
    field = {"prepare": "before", "resolve": "requires"}.get(phase, "")
    for choice in candidate.choices:
        if choice.field == field and choice.evidence.startswith(SAYS):
            yield (inferred(field, (), f"With what pyproject.toml tells cibuildwheel it ended in {phase}"),)


def other_repair(evidence: Evidence, candidate: Candidate, residue: Residue) -> Iterator[Proposal]:
    """Auditwheel can't be had or refuses: another version, what it grants, or the wheel as it was built."""
    failure, asked = residue.failure, candidate.recipe.repair
    if failure is None or asked.tool == "none":
        return
    if failure.phase == "resolve" and asked.auditwheel and "auditwheel" in failure.reason:
        why = f"auditwheel{asked.auditwheel} can't be had for this Python: the newest of its day that can"
        yield (inferred("repair", "", why, key="auditwheel"),)
    if failure.phase != "repair":
        return
    if _TOO_RECENT in failure.log and asked.platform != "auto":
        why = (
            f"auditwheel refuses {asked.platform}, as this image's symbols are too recent: the best it grants"
        )
        yield (inferred("repair", "auto", why, key="platform"),)
    if _NO_NATIVE_CODE in failure.log:
        why = "auditwheel finds no native code in what was built: it is compared as it was built"
        yield (inferred("repair", "none", why, key="tool"),)


PROPOSERS: tuple[Proposer, ...] = (
    other_repair, without_own_commands, without_a_pin, what_setup_py_lacks, without_extension,
    universal_wheel, debians_setuptools, other_setuptools, installed_wheel, other_order, windows_text,
    without_executable_bits, legacy_setup, setuptools_that_runs, other_python,
)  # fmt: skip


def propose(evidence: Evidence, candidate: Candidate, residue: Residue) -> Iterator[Proposal]:
    """What every proposer says of an attempt, in their order; of what only its repair failed, that alone."""
    repairing = residue.failure is not None and residue.failure.phase == "repair"
    for proposer in (other_repair,) if repairing else PROPOSERS:
        yield from proposer(evidence, candidate, residue)


def used_versions(requirements: Mapping[str, str]) -> dict[str, Version]:
    """The versions of build requirements."""
    return {name: Version(version) for name, version in requirements.items()}
