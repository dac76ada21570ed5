"""The marks that a tool leaves on a wheel beside its content: what tells one version of it from another.

A mark has a name and a value. Of a published wheel only some can be read: a wheel without requirements does
not show how they would have been written. What each version leaves was measured (``infer/knowledge.py``).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from wheelproof.core.untrusted import printable
from wheelproof.wheel.facts import Wheel
from wheelproof.wheel.members import Member

Marks = Mapping[str, str]

ORDER = "order"
SORTED = "sorted"
DASHES = "dashes"
# What a project can also have by itself: it speaks for a version only where a rebuilt wheel has it otherwise.
WEAK = frozenset({SORTED, DASHES})
UNDERSCORES = "underscores"
# Their values follow from the project too: only the distance between two wheels of one says something.
RELATIVE = ("description-start", "description-end")
NAMESPACES = "namespaces"
SPECIFIER = "specifier"
REQUIRES_PYTHON = "requires-python"
# How it is written where setup.cfg declares it, and not a call of setup().
DECLARED_REQUIRES_PYTHON = f"setup.cfg:{REQUIRES_PYTHON}"
LICENCE_PATTERNS = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")

_LIMIT_BYTES = 16 << 20
# Of what a mark is read from: the characters of a value, and the different fields that there can be.
_VALUE = 80
_FIELDS = 64
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]*):[ \t]?(.*)")
_NAMESPACES = re.compile(r"^[^/]+-nspkg\.pth$")
_EXTRA = re.compile(r"extra == ['\"]([^'\"]*)['\"]")
_NAME = re.compile(r"[A-Za-z0-9._-]+\s*(?:\[[^\]]*\])?")
# What older tools write UNKNOWN for.
_OPTIONAL = (
    "Summary",
    "Home-page",
    "Author",
    "Author-email",
    "License",
    "Platform",
    "Description-Content-Type",
)
# A project that sets one of these has no author written for it where it names none, whatever the version.
_SINCE_METADATA_1_2 = ("Maintainer", "Maintainer-email", "Requires-Python", "Project-URL")
_GENERATED = ("METADATA", "WHEEL", "RECORD")
_OLD_FILES = (
    "metadata.json",
    "pbr.json",
    "DESCRIPTION.rst",
    "top_level.txt",
    "dependency_links.txt",
    "zip-safe",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DistInfo:
    """What marks are read from.

    Attributes:
        folder: the name of the ``.dist-info`` folder.
        generator: what WHEEL says wrote it; empty where it does not.
        fields: METADATA's, in order, as ``(name, value)``.
        body: what follows them: the description.
        entry_points: the text of ``entry_points.txt``, or None.
        namespaces: the text of the ``.pth`` file that declares namespace packages; empty where there is none.
        record: RECORD's text.
        names: of the members in the folder, relative to it.
        modes: the type and permission bits of the members that every tool generates, by name.
        root_files: of the source's top folder; None where no source is known.
    """

    folder: str
    generator: str
    fields: tuple[tuple[str, str], ...]
    body: str
    entry_points: str | None
    namespaces: str
    record: str
    names: tuple[str, ...]
    modes: Mapping[str, int]
    root_files: frozenset[str] | None

    def values(self, field: str) -> tuple[str, ...]:
        """Each value of a field."""
        return tuple(value for name, value in self.fields if name == field)


def read_marks(wheel: Wheel, root_files: Iterable[str] | None = None) -> Marks:
    """Read the marks off a wheel.

    Args:
        wheel: the published one, or one of a known tool.
        root_files: the files in the source's top folder, where licence files are looked for by default; None
            where the source says itself which are its licence files, or is not known.

    Raises:
        MalformedError: a member can't be read.
    """
    dist_info = _dist_info(wheel, None if root_files is None else frozenset(root_files))
    return {name: value for reader in _READERS for name, value in reader(dist_info)}


def flatten(marks: Marks) -> dict[str, str]:
    """Marks in which the order of METADATA's fields is one mark for each two of them."""
    flat = {name: value for name, value in marks.items() if name != ORDER}
    fields = marks[ORDER].split() if ORDER in marks else []
    for place, earlier in enumerate(fields):
        for later in fields[place + 1 :]:
            first, second = sorted((earlier, later))
            flat[f"{ORDER}:{first},{second}"] = earlier
    return flat


def _dist_info(wheel: Wheel, root_files: frozenset[str] | None) -> DistInfo:
    folder = f"{wheel.dist_info}/"
    members = {
        member.name.removeprefix(folder): member
        for member in wheel.archive.members
        if member.name.startswith(folder)
    }
    fields, body = _split(_text(wheel, members.get("METADATA")))
    namespaces = next((member for member in wheel.archive.members if _NAMESPACES.search(member.name)), None)
    return DistInfo(
        folder=wheel.dist_info,
        generator=wheel.wheel_file.generator or "",
        fields=fields,
        body=body,
        entry_points=_text(wheel, members["entry_points.txt"]) if "entry_points.txt" in members else None,
        namespaces=_text(wheel, namespaces),
        record=_text(wheel, members.get("RECORD")),
        names=tuple(members),
        modes={name: members[name].mode for name in _GENERATED if name in members},
        root_files=root_files,
    )


def _text(wheel: Wheel, member: Member | None) -> str:
    """Line endings are no mark of a version: they tell of the system."""
    content = wheel.archive.read(member, limit_bytes=_LIMIT_BYTES) if member else b""
    return content.decode("utf-8", "replace").replace("\r\n", "\n")


def _split(metadata: str) -> tuple[tuple[tuple[str, str], ...], str]:
    head, _, body = metadata.partition("\n\n")
    fields: list[tuple[str, list[str]]] = []
    for line in head.removesuffix("\n").split("\n"):
        if found := _FIELD.fullmatch(line):
            fields.append((found[1], [found[2]]))
        elif fields:
            fields[-1][1].append(line)
    return tuple((name, "\n".join(lines)) for name, lines in fields), body


def _versions(info: DistInfo) -> Iterator[tuple[str, str]]:
    for value in info.values("Metadata-Version")[:1]:
        yield "metadata-version", printable(value, limit=_VALUE)


def _generator(info: DistInfo) -> Iterator[tuple[str, str]]:
    """Whose command packed the wheel, without its version: setuptools has one of its own since 70.1."""
    name = info.generator.split(" ")[0]
    if name:
        yield "generator", printable(name, limit=_VALUE)


def _placeholders(info: DistInfo) -> Iterator[tuple[str, str]]:
    """What stands for a field that the project does not set."""
    newer = any(info.values(field) for field in _SINCE_METADATA_1_2)
    for field in _OPTIONAL:
        match info.values(field):
            case () if newer and field.startswith("Author"):
                continue
            case ():
                yield f"unset:{field}", "left-out"
            case ("UNKNOWN",):
                yield f"unset:{field}", "UNKNOWN"
    match info.body.strip():
        case "":
            yield "unset:description", "left-out"
        case "UNKNOWN":
            yield "unset:description", "UNKNOWN"


def _order(info: DistInfo) -> Iterator[tuple[str, str]]:
    """The order of the fields, each where it stands first."""
    yield (
        ORDER,
        " ".join(list(dict.fromkeys(name for name, _ in info.fields if len(name) < _VALUE))[:_FIELDS]),
    )
    extras = [place for place, (name, _) in enumerate(info.fields) if name == "Provides-Extra"]
    if len(extras) > 1:
        between = {name for name, _ in info.fields[extras[0] : extras[-1]]}
        yield "extras", "together" if between == {"Provides-Extra"} else "with-their-requirements"
    for field, mark in (
        ("Provides-Extra", "order-of-extras"),
        ("Requires-Dist", "order-of-requirements"),
        ("Project-URL", "order-of-urls"),
        ("Classifier", "order-of-classifiers"),
    ):
        values = [value for value in info.values(field) if "extra ==" not in value]
        yield from _order_of(mark, [values])
    yield from _order_of("order-in-extras", _by_extra(info))


def _order_of(mark: str, lists: Iterable[list[str]]) -> Iterator[tuple[str, str]]:
    known = [values for values in lists if len(values) > 1]
    if known:
        yield mark, SORTED if all(values == sorted(values) for values in known) else "as-given"


def _by_extra(info: DistInfo) -> Iterator[list[str]]:
    """The names of the projects that each extra asks for."""
    extras: dict[str, list[str]] = {}
    for value in info.values("Requires-Dist"):
        name, extra = _NAME.match(value), _EXTRA.search(value)
        if name and extra:
            extras.setdefault(extra[1], []).append(name[0].strip().lower())
    yield from extras.values()


def _description(info: DistInfo) -> Iterator[tuple[str, str]]:
    text = info.body
    yield "description-start", str(len(text) - len(text.lstrip("\n")))
    yield "description-end", str(len(text) - len(text.rstrip("\n")))


def _newer_fields(info: DistInfo) -> Iterator[tuple[str, str]]:
    """Fields that a tool either knows or does not, where a project gives it cause to write them."""
    for field in ("Dynamic", "Project-URL", "License-Expression", "Import-Name"):
        if info.values(field):
            yield f"field:{field}", "written"
    if any(_is_licence(name, pattern) for name in info.names for pattern in LICENCE_PATTERNS):
        yield "field:License-File", "written" if info.values("License-File") else "left-out"


def _licences(info: DistInfo) -> Iterator[tuple[str, str]]:
    for pattern in LICENCE_PATTERNS:
        if any(_is_licence(name, pattern) for name in info.names):
            yield f"licence:{pattern}", "taken"
            yield (
                "licence-folder",
                "licenses" if any(name.startswith("licenses/") for name in info.names) else "dist-info",
            )
        elif info.root_files is not None and any(_is_licence(name, pattern) for name in info.root_files):
            yield f"licence:{pattern}", "left"


def _is_licence(name: str, pattern: str) -> bool:
    return name.rpartition("/")[2].startswith(pattern) and name.rpartition("/")[0] in {"", "licenses"}


def _requirements(info: DistInfo) -> Iterator[tuple[str, str]]:
    parts: list[list[str]] = []
    for text in info.values("Requires-Dist"):
        asked, semicolon, marker = text.partition(";")
        if semicolon:
            yield "marker", "after-a-space" if asked.endswith(" ") else "at-once"
        if quote := re.search(r"extra == (['\"])", marker):
            yield "quotes-of-extra", "single" if quote[1] == "'" else "double"
        specifier = _NAME.sub("", asked.strip(), count=1)
        if specifier and not specifier.startswith("@"):
            yield (
                SPECIFIER,
                "in-parentheses"
                if "(" in specifier
                else "after-a-space"
                if " " in asked.strip()
                else "at-once",
            )
            parts.append(specifier.strip("()").split(","))
    yield from _order_of("order-of-specifiers", parts)
    for text in info.values("Requires-Python"):
        if "," in text:
            yield REQUIRES_PYTHON, "as-given" if ", " in text else SORTED


def _entry_points(info: DistInfo) -> Iterator[tuple[str, str]]:
    text = info.entry_points
    if not text:
        return
    yield "entry-points-end", str(len(text) - len(text.rstrip("\n")))
    yield from _order_of("order-of-groups", [re.findall(r"^\[(.*)\]", text, re.MULTILINE)])
    groups = re.split(r"^\[.*\]\n", text, flags=re.MULTILINE)
    lines = [[line for line in group.split("\n") if line] for group in groups]
    yield from _order_of("order-of-entry-points", lines)
    for line in chain.from_iterable(lines):
        yield "entry-point", "spaced" if " = " in line else "plain"


def _namespaces(info: DistInfo) -> Iterator[tuple[str, str]]:
    """Whether a namespace package is declared again by each package in it."""
    lines = info.namespaces.splitlines()
    if len(lines) > 1:
        yield NAMESPACES, "once" if len(set(lines)) == len(lines) else "repeated"


def _names(info: DistInfo) -> Iterator[tuple[str, str]]:
    """How the project's name is spelled in file names, and the files that only some tools leave."""
    folder = info.folder.removesuffix(".dist-info").rpartition("-")[0]
    for name in info.values("Name")[:1]:
        if name.lower() != name:
            yield "capitals", "lowered" if folder.lower() == folder else "kept"
        if "_" in name or "-" in name:
            yield UNDERSCORES, "kept" if "_" in name else DASHES
        if "." in name:
            yield "dots", "kept" if "." in folder else "replaced"
    for name in _OLD_FILES:
        yield f"file:{name}", "written" if name in info.names else "left-out"


def _record(info: DistInfo) -> Iterator[tuple[str, str]]:
    rows = [row.split(",")[0] for row in info.record.splitlines()]
    own = f"{info.folder}/RECORD"
    if own in rows:
        yield "own-row", "last" if rows[-1] == own else "sorted-in"
    for name, mode in info.modes.items():
        yield f"mode:{name}", f"{mode:07o}"


_READERS: tuple[Callable[[DistInfo], Iterator[tuple[str, str]]], ...] = (
    _versions, _generator, _placeholders, _order, _description, _newer_fields, _licences, _requirements,
    _entry_points, _namespaces, _names, _record,
)  # fmt: skip
