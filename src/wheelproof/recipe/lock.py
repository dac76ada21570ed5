"""The lock: every input of a rebuild by hash, a ``pylock.toml`` (PEP 751) with a ``[tool.wheelproof]`` table.

The build requirements are the file's ``packages``, so that any installer can read them; files are named
by name and hash and never by address, so that a lock holds against any mirror. ``docs/lock.md`` describes it.
"""

import json
import tomllib
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

import tomli_w
from packaging.pylock import Pylock, PylockValidationError
from pydantic import AfterValidator, Field, ValidationError

from wheelproof.core.errors import RecipeError, UsageError
from wheelproof.core.git import COMMIT, pinned
from wheelproof.core.untrusted import printable
from wheelproof.core.validation import describe_mistakes
from wheelproof.recipe.catalog import Choice
from wheelproof.recipe.schema import Document, Recipe

_LIMIT_BYTES = 8 << 20
# Where an evidence folder keeps the inputs, relative to its lock.
INPUTS = "inputs"


def _filename(text: str) -> str:
    if (
        not text
        or text in {".", ".."}
        or PurePosixPath(text).name != text
        or "\\" in text
        or not text.isprintable()
    ):
        raise ValueError(f"{printable(text)!r} is not a plain file name")
    return text


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
ImageId = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
FileName = Annotated[str, AfterValidator(_filename)]


def _git_url(text: str) -> str:
    try:
        pinned(f"{text}@{'0' * 40}")
    except UsageError as error:
        raise ValueError(error.message) from None
    return text


CommitId = Annotated[str, Field(pattern=f"^({COMMIT.pattern})$")]
GitUrl = Annotated[str, AfterValidator(_git_url)]


class LockedGit(Document):
    """The commit of a git repository whose tree a source is.

    Attributes:
        url: the repository; None where it was one of the machine that wrote the lock.
        commit: its full id.
        git_folder: whether a minimal ``.git`` is in the tree.
    """

    url: GitUrl | None = None
    commit: CommitId
    git_folder: bool = False


class LockedFile(Document):
    """A file by name and hash.

    Attributes:
        filename: its name on an index.
        sha256: its digest, 64 hexadecimal digits.
        size_bytes: its size.
        upload_time: when the index received it (PEP 700), where known.
        yanked: why the index withdrew it (PEP 592), perhaps empty; None where it did not.
        git: the commit whose tree it is; None where it is no git tree, but an sdist or a wheel.
    """

    filename: FileName
    sha256: Sha256
    size_bytes: int = Field(ge=0)
    upload_time: datetime | None = None
    yanked: str | None = None
    git: LockedGit | None = None


class LockedRequirement(Document):
    """A build requirement: a wheel, or an sdist that is itself built in the sandbox.

    Attributes:
        name: the project, normalised (PEP 503).
        version: the release (PEP 440).
        file: the wheel or the sdist.
        requires: what an sdist needs to be built; empty for a wheel.
        build: how an sdist becomes a wheel; None for a wheel.
    """

    name: str
    version: str
    file: LockedFile
    requires: tuple["LockedRequirement", ...] = ()
    build: "LockedBuild | None" = None


PackageFormat = Literal["deb", "rpm", "apk"]


class LockedSystem(Document):
    """The distribution in an image, by the image's own word.

    Attributes:
        id: its name (``os-release(5)``); empty where the image does not say.
        version: its version, or empty.
        codename: its version's name, or empty.
        package_format: whose package database it has; None where it has none that is known.
        architecture: what its packages are built for, in the words of that format.
        architectures: those of other packages, by name: ``all``, ``noarch`` or another machine's.
        unread: how many lines of what it said about its packages and tools were not in their form.
    """

    id: str = ""
    version: str = ""
    codename: str = ""
    package_format: PackageFormat | None = None
    architecture: str = ""
    architectures: dict[str, str] = Field(default_factory=dict)
    unread: int = 0


class LockedTool(Document):
    """A program of the image that a build can find.

    Attributes:
        path: where it lies in the image, links followed.
        version: the first line that it prints when it is asked for its version.
        package: the package that the file belongs to; None where it belongs to none.
        sha256: the file's digest.
    """

    path: str
    version: str
    package: str | None = None
    sha256: Sha256


class ImageContents(Document):
    """What an image says that it holds.

    Attributes:
        packages: versions by name. A name that is installed for more than one architecture comes again as
            ``name:architecture``.
        system: the distribution.
        tools: compilers and other tools, by the name that builds find them by, and ``python``.
    """

    packages: dict[str, str]
    system: LockedSystem
    tools: dict[str, LockedTool]


class LockedPublisher(Document):
    """The image that most likely built the published wheel, where the rebuild has another.

    Attributes:
        image: ``registry/name@sha256:…``, or with a tag; None where nothing says which.
        evidence: what says so.
    """

    image: str | None = None
    evidence: str


class LockedImage(Document):
    """The build image.

    Attributes:
        name: an image definition's name, or ``registry/name@sha256:…``.
        image_id: what containers are made from.
        rootfs: the digests of the uncompressed layers.
        python: the interpreter's version, ``X.Y``.
        interpreter: its path in the image.
        packages: the distribution's packages and their versions.
        system: the distribution; None in a lock of a version that did not ask for it.
        tools: compilers and other tools, by the name that builds find them by.
        pin_met: whether the image is the one that its definition pins.
        pin: how it was pinned, or why that was not met, in a sentence.
        snapshot: the dated state of Debian that it is pinned for; None where the pin is not met, and for
            images from a registry.
        variables: what its configuration sets, where it is an image of others.
        publisher: the publisher's most likely image, where this is another one.
    """

    name: str
    image_id: ImageId
    rootfs: tuple[ImageId, ...]
    python: str
    interpreter: str
    packages: dict[str, str]
    system: LockedSystem | None = None
    tools: dict[str, LockedTool] = Field(default_factory=dict)
    pin_met: bool
    pin: str
    snapshot: str | None = None
    variables: dict[str, str] = Field(default_factory=dict)
    publisher: LockedPublisher | None = None


class LockedStep(Document):
    """One command in the sandbox."""

    phase: Literal["prepare", "build", "repair"]
    argv: tuple[str, ...] = Field(min_length=1)


class LockedBuild(Document):
    """How a source becomes a wheel in the sandbox.

    Attributes:
        backend: the PEP 517 backend, with its object path, or ``setup.py``.
        environment: the whole environment of the build.
        umask: octal.
        folder: where the source tree lies.
        steps: the commands, in order.
    """

    backend: str
    environment: dict[str, str]
    umask: str
    folder: str
    steps: tuple[LockedStep, ...]


class LockedChoice(Document):
    """Where one value of the recipe comes from."""

    field: str
    value: str
    origin: str
    evidence: str


class Lock(Document):
    """Everything that a rebuild and its comparison need, by hash.

    Attributes:
        target: what was asked for.
        project: the project's normalised name.
        version: the release.
        published: the published wheel.
        source: the sdist, or a git tree in its place.
        requirements: the build requirements.
        repair: what repairs the built wheel, in an environment of its own; empty where nothing does.
        as_of: the instant as of which they were resolved.
        frontend: the files that install and drive the build, none of which the build can import.
        runner: sha256 of wheelproof's own program in the sandbox.
        image: the build image.
        build: the commands and their surroundings.
        recipe: what the build was derived from.
        choices: where each value of the recipe comes from.
        notes: what a reader has to know about how the lock came about.
    """

    schema_version: Literal[1] = Field(default=1, alias="schema")
    tool: str
    target: str
    project: str
    version: str
    published: LockedFile
    source: LockedFile
    requirements: tuple[LockedRequirement, ...]
    repair: tuple[LockedRequirement, ...] = ()
    as_of: datetime
    frontend: tuple[LockedFile, ...]
    runner: Sha256
    image: LockedImage
    build: LockedBuild
    recipe: Recipe
    choices: tuple[LockedChoice, ...]
    notes: tuple[str, ...] = ()

    def files(self) -> tuple[LockedFile, ...]:
        """Every file that a replay fetches, the published wheel first, each once."""
        installed = requirement_files((*self.requirements, *self.repair))
        found = [self.published, self.source, *self.frontend, *installed]
        return tuple({file.sha256: file for file in found}.values())


def requirement_files(requirements: tuple[LockedRequirement, ...]) -> list[LockedFile]:
    """The files of build requirements, and of theirs in turn."""
    return [
        file
        for requirement in requirements
        for file in (requirement.file, *requirement_files(requirement.requires))
    ]


def locked_choices(choices: tuple[Choice, ...]) -> tuple[LockedChoice, ...]:
    """Choices as the lock stores them, sorted by field."""
    return tuple(
        LockedChoice(field=choice.field, value=choice.value, origin=choice.origin, evidence=choice.evidence)
        for choice in sorted(choices, key=lambda choice: choice.field)
    )


def render_lock(lock: Lock) -> str:
    """The lock as TOML; ``parse_lock`` reads it back to an equal value."""
    body = lock.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=False)
    requirements = body.pop("requirements")
    if repair := [_package(requirement) for requirement in body.pop("repair")]:
        body["repair"] = repair
    document = {
        "lock-version": "1.0",
        "created-by": lock.tool.split()[0],
        "requires-python": f"=={lock.image.python}.*",
        "packages": [_package(requirement) for requirement in requirements],
        "tool": {"wheelproof": body},
    }
    return tomli_w.dumps(_times(document))


def parse_lock(text: str, *, place: str) -> Lock:
    """Read a lock.

    Args:
        text: the TOML.
        place: what to call the file in an error.

    Raises:
        RecipeError: it is no TOML, no PEP 751 lock, or not one of ours; mistakes are named with their path.
    """
    hint = "Write the lock again with: wheelproof lock TARGET -o FILE"
    try:
        document = tomllib.loads(text)
        Pylock.from_dict(document)
        body = dict(document.get("tool", {}).get("wheelproof", {}))
        if not body:
            raise RecipeError(
                f"{place} has no [tool.wheelproof] table: it does not say what to rebuild", hint=hint
            )
        body["requirements"] = [_requirement(package) for package in document["packages"]]
        body["repair"] = [_requirement(package) for package in body.get("repair", ())]
        return Lock.model_validate_json(_json(body))
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{place} is not TOML: {printable(str(error))}", hint=hint) from None
    except PylockValidationError as error:
        raise RecipeError(
            f"{place} is not a pylock.toml (PEP 751): {printable(str(error))}", hint=hint
        ) from None
    except ValidationError as error:
        raise RecipeError(
            f"{place} is not a lock of this version: {describe_mistakes(error)}", hint=hint
        ) from None
    except (KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise RecipeError(f"{place} lacks a part of a lock: {printable(repr(error))}", hint=hint) from None


def load_lock(path: Path) -> Lock:
    """Read a lock from disk; raises RecipeError as ``parse_lock`` does, and where it can't be read."""
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise RecipeError(f"{path} is larger than any lock", hint="Check the path.")
        return parse_lock(path.read_text("utf-8"), place=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} can't be read: {error}", hint="Check the path.") from None


def _package(requirement: dict[str, Any]) -> dict[str, Any]:
    """A requirement as PEP 751's ``[[packages]]`` has it."""
    file = requirement["file"]
    entry = {
        "name": file["filename"],
        "path": f"{INPUTS}/{file['filename']}",
        "size": file["size-bytes"],
        "hashes": {"sha256": file["sha256"]},
    }
    if "upload-time" in file:
        entry["upload-time"] = file["upload-time"]
    package: dict[str, Any] = {"name": requirement["name"], "version": requirement["version"]}
    if "build" not in requirement:
        return {**package, "wheels": [entry]}
    nested = {
        "requires": [_package(inner) for inner in requirement["requires"]],
        "build": requirement["build"],
    }
    return {**package, "sdist": entry, "tool": {"wheelproof": nested}}


def _requirement(package: dict[str, Any]) -> dict[str, Any]:
    entry = package["sdist"] if "sdist" in package else package["wheels"][0]
    file = {"filename": entry["name"], "sha256": entry["hashes"]["sha256"], "size-bytes": entry["size"]}
    if "upload-time" in entry:
        file["upload-time"] = entry["upload-time"]
    found: dict[str, Any] = {"name": package["name"], "version": package["version"], "file": file}
    if "sdist" in package:
        nested = package["tool"]["wheelproof"]
        found["requires"] = [_requirement(inner) for inner in nested["requires"]]
        found["build"] = nested["build"]
    return found


def _times(value: Any) -> Any:
    """TOML has times of its own, and PEP 751 asks for them in ``upload-time``; JSON does not."""
    if isinstance(value, dict):
        return {
            key: datetime.fromisoformat(item) if key in {"upload-time", "as-of"} else _times(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_times(item) for item in value]
    return value


def _json(value: Any) -> str:
    return json.dumps(value, default=lambda item: item.isoformat())
