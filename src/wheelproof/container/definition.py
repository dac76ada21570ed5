"""The image definitions in ``containers/``: read, checked, and flattened into one value an image."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from wheelproof.core.errors import RecipeError, UsageError
from wheelproof.core.identity import Digest
from wheelproof.core.shipped import shipped_folder
from wheelproof.core.untrusted import printable
from wheelproof.core.validation import describe_mistakes

_TIMESTAMP = "%Y%m%dT%H%M%SZ"
_FILE_LIMIT_BYTES = 1 << 20


def _dated(text: str) -> str:
    datetime.strptime(text, _TIMESTAMP)
    return text


_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_MOST_PACKAGES = 64
_Package = Annotated[str, StringConstraints(pattern=rf"^{_PACKAGE.pattern}$")]
_Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
_Architecture = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+$")]
_Compiler = Annotated[str, StringConstraints(pattern=r"^GCC [0-9.]+ \(Debian [0-9][a-z0-9.+~-]*\)$")]
_Timestamp = Annotated[str, AfterValidator(_dated)]


# The same in C, where PyYAML was built with it.
_SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Kind(_Document):
    packages: list[_Package] = Field(min_length=1)
    digests: dict[_Architecture, _Digest]


class _CompilerKind(_Kind):
    compiler: _Compiler | None = None


class _DebianDocument(_Document):
    suite: Annotated[str, StringConstraints(pattern=r"^[a-z]+$")]
    snapshot: _Timestamp
    python: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+$")]
    interpreter: Annotated[str, StringConstraints(pattern=r"^/[a-z0-9./]+$")]
    slim: _Kind
    cc: _CompilerKind


class SourcesDocument(_Document):
    """``containers/sources.yaml``.

    Attributes:
        snapshot: address of the archive of Debian's past states.
        builder: image that mmdebstrap runs in where the host has none, by digest.
    """

    snapshot: Annotated[str, StringConstraints(pattern=r"^https?://")]
    builder: Annotated[str, StringConstraints(pattern=r"@sha256:[0-9a-f]{64}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDefinition:
    """One image as ``containers/images/`` defines it.

    Attributes:
        name: such as ``debian-bookworm-py3.11``, ``debian-bookworm-py3.11-cc`` or, with packages beside those
            of a definition, ``debian-bookworm-py3.11-cc+libyaml-dev,zlib1g-dev``.
        suite: Debian's code name.
        snapshot: the dated state of Debian that it is made from, ``YYYYMMDDTHHMMSSZ``.
        python: the interpreter's version, ``X.Y``.
        interpreter: the interpreter's path in the image.
        packages: what is installed beside apt and the essential packages.
        digests: the expected image id for each architecture that it was measured on.
        compiler: as it signs in what it makes, in short; empty where that is not known or there is none.
    """

    name: str
    suite: str
    snapshot: str
    python: str
    interpreter: str
    packages: tuple[str, ...]
    digests: Mapping[str, Digest]
    compiler: str = ""

    @property
    def epoch_s(self) -> int:
        """The snapshot's time, which no file in the image is younger than (``SOURCE_DATE_EPOCH``)."""
        return int(datetime.strptime(self.snapshot, _TIMESTAMP).replace(tzinfo=UTC).timestamp())

    @property
    def created(self) -> str:
        """The snapshot's time as image configurations write times (RFC 3339)."""
        return datetime.fromtimestamp(self.epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def fingerprint(self, architecture: str) -> Digest:
        """Tell definitions apart, their pins included: what was made from another one is made again."""
        parts = [self.name, self.suite, self.snapshot, self.python, self.interpreter, *self.packages]
        return Digest.of_bytes(
            json.dumps([architecture, str(self.digests.get(architecture)), *parts]).encode()
        )


_Model = TypeVar("_Model", bound=_Document)


def load_definitions(folder: Path | None = None) -> dict[str, ImageDefinition]:
    """Read every definition, by image name in the order of their names.

    Args:
        folder: holds the YAML files; the shipped ones where None.

    Raises:
        RecipeError: a file breaks the schema; the message names the file and the place in it.
    """
    folder = folder or shipped_folder("containers") / "images"
    definitions: dict[str, ImageDefinition] = {}
    for path in sorted(folder.glob("*.yaml")):
        document = _load(path, _DebianDocument)
        slim = tuple(document.slim.packages)
        for name, kind, packages in (
            (path.stem, document.slim, slim),
            (f"{path.stem}-cc", document.cc, (*slim, *document.cc.packages)),
        ):
            definitions[name] = ImageDefinition(
                name=name,
                suite=document.suite,
                snapshot=document.snapshot,
                python=document.python,
                interpreter=document.interpreter,
                packages=packages,
                digests={key: Digest.parse(value) for key, value in kind.digests.items()},
                compiler=(kind.compiler or "") if isinstance(kind, _CompilerKind) else "",
            )
    return definitions


def find_definition(name: str, folder: Path | None = None) -> ImageDefinition | None:
    """The definition that a name means; None where there is none.

    ``NAME+PACKAGE,PACKAGE`` is the image of a definition with Debian packages beside its own, for which no
    digest is known.

    Raises:
        UsageError: what follows the plus are no names of Debian packages.
        RecipeError: a file breaks the schema.
    """
    base, plus, rest = name.partition("+")
    definition = load_definitions(folder).get(base)
    if definition is None or not plus:
        return definition
    packages = rest.split(",")
    for package in packages:
        if not _PACKAGE.fullmatch(package) or len(packages) > _MOST_PACKAGES:
            raise UsageError(
                f"{printable(package)!r} can't be the name of a Debian package",
                hint="Write NAME+PACKAGE,PACKAGE, as in debian-trixie-py3.13-cc+libyaml-dev.",
            )
    more = sorted({*packages} - {*definition.packages})
    if not more:
        return definition
    return replace(
        definition,
        name=f"{base}+{','.join(more)}",
        packages=(*definition.packages, *more),
        digests={},
    )


def load_sources(path: Path | None = None) -> SourcesDocument:
    """Read ``sources.yaml``, the shipped one where no path is given; raises RecipeError as above."""
    return _load(path or shipped_folder("containers") / "sources.yaml", SourcesDocument)


def _load(path: Path, model: type[_Model]) -> _Model:
    try:
        if path.stat().st_size > _FILE_LIMIT_BYTES:
            raise RecipeError(f"{path} is too large for an image definition", hint="Restore the file.")
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_SafeLoader)  # noqa: S506 - it is safe
        return model.model_validate(document)
    except yaml.YAMLError as error:
        raise RecipeError(f"{path} is not YAML: {printable(str(error))}", hint="Mend the file.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} can't be read: {error}", hint="Restore the file.") from error
    except ValidationError as error:
        raise RecipeError(
            f"{path}: {describe_mistakes(error)}", hint="docs/images.md has the schema."
        ) from error
