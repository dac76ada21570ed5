"""What each version of a build tool leaves on a wheel: builds samples with all of them and writes the table.

The table is what inference reads. Run this file, with an engine, where a tool has new releases; what was
measured before is in the cache and is not built again. Arguments name the projects; none means all.
"""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

import backend_samples as samples
from backend_samples import Sample
from wheelproof.container.image import ensure_image
from wheelproof.core.errors import WheelproofError
from wheelproof.core.identity import Digest
from wheelproof.fetch.listing import FileKind
from wheelproof.infer.marks import (
    DECLARED_REQUIRES_PYTHON,
    NAMESPACES,
    REQUIRES_PYTHON,
    UNDERSCORES,
    Marks,
    read_marks,
)
from wheelproof.pipeline.session import Session
from wheelproof.rebuild.frontend import frontend_files
from wheelproof.rebuild.locking import Locksmith, surroundings
from wheelproof.rebuild.plan import plan_build, plan_inputs
from wheelproof.rebuild.record import NotBuilt
from wheelproof.rebuild.requirements import Shelf
from wheelproof.rebuild.run import Workshop, build_wheel
from wheelproof.recipe.lock import LockedFile
from wheelproof.recipe.schema import Recipe
from wheelproof.source.sdist import read_sdist
from wheelproof.wheel.facts import Wheel, read_wheel

TABLE = Path(__file__).resolve().parents[1] / "src" / "wheelproof" / "infer" / "backends.json"
_MEMO = "measured-backend"
# By the version that builds are told: the image, and its own version.
_IMAGES = {
    "2.7": ("debian-bullseye-py2.7", "2.7"),
    "3.7": ("debian-bullseye-py3.9", "3.9"),
    "3.9": ("debian-bullseye-py3.9", "3.9"),
    "3.11": ("debian-bookworm-py3.11", "3.11"),
    "3.13": ("debian-trixie-py3.13", "3.13"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a tool is told of a project.

    Attributes:
        versions: the tool's versions that it is for.
        full: the sample that says everything.
        bare: the sample that says nothing.
        declared: one whose ``setup.cfg`` says it.
        named: one with an underscore in its name.
        backend: the PEP 517 backend; ``setup.py`` is run where it is empty.
    """

    versions: str
    full: Sample
    bare: Sample
    declared: Sample | None = None
    named: Sample | None = None
    backend: str = ""

    def sample(self, name: str) -> Sample:
        """A sample by its field's name."""
        samples = {"full": self.full, "bare": self.bare, "declared": self.declared, "named": self.named}
        return samples[name] or self.full


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A project whose versions are measured.

    Attributes:
        project: its name.
        versions: which of them.
        pythons: by which of the tool's versions can be expected to run there.
        forms: how it is told of a project.
        beside: what else is pinned, by the versions that need it.
        first_of_minor: of each minor version only the first release, where a release comes every few days.
    """

    project: str
    versions: str
    pythons: dict[str, str]
    forms: tuple[Form, ...]
    beside: dict[str, dict[str, str]] = field(default_factory=dict)
    first_of_minor: bool = False


def _project_form(backend: str, versions: str = "") -> Form:
    """A backend that reads the ``[project]`` table."""
    return Form(versions=versions, full=samples.project_full, bare=samples.project_bare, backend=backend)


_SAMPLES = (("full", True), ("bare", True), ("declared", True), ("named", True), ("full", False))
# The versions that are asked about the spelling of names.
_NAMED = ">=60"
_SETUP = Form(
    versions="",
    full=samples.setup_full,
    bare=samples.setup_bare,
    declared=samples.setup_declared,
    named=samples.setup_named,
)
TOOLS = (
    Tool(
        project="setuptools",
        versions=">=20",
        pythons={"2.7": "<45", "3.7": ">=34,<83", "3.9": "<83", "3.11": ">=50", "3.13": ">=60"},
        forms=(_SETUP,),
        beside={
            "<70.1": {"wheel": "==0.37.1"},
            ">=34,<36": {"packaging": "==16.8", "pyparsing": "==2.2.0"},
        },
    ),
    Tool(
        project="wheel",
        versions=">=0.24,<0.46",
        pythons={"2.7": "<0.38", "3.9": ""},
        forms=(_SETUP,),
        beside={"": {"setuptools": "==44.1.1"}},
    ),
    Tool(
        project="flit-core",
        versions=">=2",
        pythons={"3.9": "", "3.13": ""},
        forms=(
            Form(
                versions="<3.2",
                full=samples.flit_full,
                bare=samples.flit_bare,
                backend="flit_core.buildapi",
            ),
            _project_form("flit_core.buildapi", ">=3.2"),
        ),
    ),
    Tool(
        project="hatchling",
        versions="",
        pythons={"3.9": "<1.28", "3.13": ""},
        forms=(_project_form("hatchling.build"),),
    ),
    Tool(
        project="poetry-core",
        versions=">=1",
        pythons={"3.9": "", "3.13": ""},
        forms=(
            Form(
                versions="<2",
                full=samples.poetry_full,
                bare=samples.poetry_bare,
                backend="poetry.core.masonry.api",
            ),
            _project_form("poetry.core.masonry.api", ">=2"),
        ),
    ),
    Tool(
        project="pdm-backend",
        versions=">=2",
        pythons={"3.9": "", "3.13": ""},
        forms=(_project_form("pdm.backend"),),
    ),
    Tool(
        project="pdm-pep517",
        versions=">=1",
        pythons={"3.9": "", "3.11": ""},
        forms=(_project_form("pdm.pep517.api"),),
    ),
    Tool(
        project="uv-build",
        versions="",
        first_of_minor=True,
        pythons={"3.13": ""},
        forms=(_project_form("uv_build"),),
    ),
    Tool(
        project="scikit-build-core",
        versions=">=0.5",
        pythons={"3.13": ""},
        forms=(_project_form("scikit_build_core.build"),),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One build."""

    tool: str
    version: str
    python: str
    sample: str
    stamped: bool


def main(projects: list[str]) -> None:
    """Measure, and write the table."""
    table = json.loads(TABLE.read_text("utf-8")) if TABLE.exists() else {"projects": {}}
    with ProcessPoolExecutor(2) as pool:
        for tool in TOOLS:
            if projects and tool.project not in projects:
                continue
            released = _released(tool)
            jobs = [
                Job(tool=tool.project, version=str(version), python=python, sample=sample, stamped=stamped)
                for python, allowed in tool.pythons.items()
                for version in sorted(released)
                if SpecifierSet(allowed).contains(version)
                for sample, stamped in _SAMPLES
                if stamped or python == _last(tool)
                if sample in {"full", "bare"} or tool.project == "setuptools"
                if sample != "named" or SpecifierSet(_NAMED).contains(version)
            ]
            print(tool.project, len(jobs), "builds", flush=True)
            answers = dict(zip(jobs, pool.map(_measure, jobs, chunksize=3), strict=True))
            table["projects"][tool.project] = {
                python: list(_runs(tool, python, released, answers)) for python in tool.pythons
            }
            table["projects"] = dict(sorted(table["projects"].items()))
            table["measured"] = datetime.now(UTC).date().isoformat()
            TABLE.write_text(json.dumps(table, indent=1) + "\n", "utf-8")


def _released(tool: Tool) -> dict[Version, date]:
    """Final releases that have a wheel, with their days."""
    found: dict[Version, date] = {}
    for file in _session().index.project(tool.project).files:
        version = file.version
        if version is None or version.is_prerelease or file.kind is not FileKind.WHEEL or file.yanked:
            continue
        if SpecifierSet(tool.versions).contains(version) and file.upload_time:
            found[version] = min(found.get(version, date.max), file.upload_time.date())
    if not tool.first_of_minor:
        return found
    minors = {version.release[:2]: version for version in sorted(found, reverse=True)}
    return {version: found[version] for version in minors.values()}


def _runs(
    tool: Tool, python: str, released: dict[Version, date], answers: dict[Job, Marks | str]
) -> Iterator[dict[str, object]]:
    """Versions in a row that leave the same marks, as what changed since the row before."""
    before: Marks | str = {}
    for version in sorted(released):
        found = _merged(tool, str(version), python, answers)
        if found is None or found == before:
            continue
        run: dict[str, object] = {"first": str(version), "released": released[version].isoformat()}
        if isinstance(found, str):
            run["fails"] = found
        else:
            known = before if not isinstance(before, str) else {}
            changed = {name: value for name, value in found.items() if known.get(name) != value}
            run["marks"] = {**changed, **{name: None for name in known if name not in found}}
        yield run
        before = found


def _merged(tool: Tool, version: str, python: str, answers: dict[Job, Marks | str]) -> Marks | str | None:
    def answer(sample: str, *, stamped: bool = True) -> Marks | str | None:
        return answers.get(
            Job(tool=tool.project, version=version, python=python, sample=sample, stamped=stamped)
        )

    full, bare, unset = answer("full"), answer("bare"), answer("full", stamped=False)
    if full is None or bare is None:
        return None
    for found in (full, bare):
        if isinstance(found, str):
            return found
    assert not isinstance(full, str)
    assert not isinstance(bare, str)
    marks = {name: value for name, value in full.items() if not name.startswith("unset:")}
    marks |= {name: value for name, value in bare.items() if name.startswith("unset:")}
    declared = answer("declared")
    if declared is not None and not isinstance(declared, str):
        marks |= {name: declared[name] for name in (NAMESPACES,) if name in declared}
        marks[DECLARED_REQUIRES_PYTHON] = declared.get(REQUIRES_PYTHON, "left-out")
    named = answer("named")
    if named is not None and not isinstance(named, str):
        marks[UNDERSCORES] = named[UNDERSCORES]
    if unset is not None and not isinstance(unset, str):
        marks["time-unset"] = unset["time"]
    return dict(sorted(marks.items()))


def _last(tool: Tool) -> str:
    """Where the time without SOURCE_DATE_EPOCH is measured: it does not depend on the interpreter."""
    return list(tool.pythons)[-1]


@cache
def _session() -> Session:
    return Session().__enter__()


def _tool(project: str) -> Tool:
    return next(tool for tool in TOOLS if tool.project == project)


def _measure(job: Job) -> Marks | str:
    """The marks of a sample's wheel, or why there is none."""
    tool = _tool(job.tool)
    form = next(form for form in tool.forms if SpecifierSet(form.versions).contains(job.version))
    make = form.sample(job.sample)
    sdist = samples.pack(make(form.backend, job.tool))
    cached = _session().cache
    key = Digest.of_bytes(repr((job, Digest.of_bytes(sdist).hex, _pins(tool, job.version))).encode())
    known = cached.get_memo(_MEMO, key)
    if not isinstance(known, dict) or not (
        "failed" in known or cached.get(Digest(str(known["sha256"]))) is not None
    ):
        known = _build(job, tool, form, sdist)
        cached.put_memo(_MEMO, key, known)
    if "failed" in known:
        return str(known["failed"])
    path = cached.path_of(Digest(str(known["sha256"])))
    wheel = read_wheel(path, filename=str(known["filename"]))
    root_files = {name for name in form.sample(job.sample)(form.backend, job.tool) if "/" not in name}
    return {**read_marks(wheel, root_files), "time": _time(wheel)}


def _pins(tool: Tool, version: str) -> dict[str, str]:
    """What else is pinned beside one version."""
    found: dict[str, str] = {}
    for versions, pinned in tool.beside.items():
        if SpecifierSet(versions).contains(version):
            found |= pinned
    return found


def _build(job: Job, tool: Tool, form: Form, data: bytes) -> dict[str, object]:
    session = _session()
    digest = session.cache.add_bytes(data)
    path = session.cache.path_of(digest)
    source = LockedFile(filename=samples.FILENAME, sha256=digest.hex, size_bytes=len(data))
    sdist = read_sdist(path, filename=source.filename)
    image_name, python = _IMAGES[job.python]
    image = ensure_image(session.engine, image_name)
    constraints = {job.tool: f"=={job.version}", **_pins(tool, job.version)}
    recipe = Recipe(
        python=python,
        version_info=job.python if job.python != python else None,
        image=image_name,
        frontend="pep517" if form.backend else "setup.py",
        constraints=constraints,
        source_date_epoch=samples.STAMP if job.stamped else None,
    )
    workshop = Workshop(
        sandboxes=session.sandboxes,
        image_id=str(image.image_id),
        interpreter=image.interpreter,
        cache=session.cache,
    )
    frontend = frontend_files(python)
    shelf = Shelf(workshop=workshop, frontend=frontend)
    smith = Locksmith(
        resolver=session.resolver(python),
        index=session.index,
        http=session.http,
        shelf=shelf,
        machine=session.engine.facts.architecture,
        as_of=datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0),
        say=lambda _line: None,
    )
    try:
        requirements = smith.requirements(recipe, sdist, source)
        plan = plan_build(recipe, surroundings(image.interpreter, sdist, source))
        outcome = build_wheel(workshop, plan, plan_inputs(source, frontend, shelf.wheels(requirements)))
    except WheelproofError as error:
        return {"failed": error.message[:200]}
    if isinstance(outcome, NotBuilt):
        lines = outcome.log.decode("utf-8", "replace").strip().splitlines()
        return {"failed": f"{outcome.reason}: {lines[-1][:160] if lines else ''}"}
    return {"filename": outcome.filename, "sha256": outcome.digest.hex}


def _time(wheel: Wheel) -> str:
    """Which time the generated members have."""
    member = wheel.archive.find(f"{wheel.dist_info}/METADATA")
    assert member is not None
    day = datetime(*member.dos_time, tzinfo=UTC)
    if abs(day.timestamp() - samples.STAMP) < 2:
        return "source-date-epoch"
    return "build" if day.year > 2025 else day.date().isoformat()


if __name__ == "__main__":
    main(sys.argv[1:])
