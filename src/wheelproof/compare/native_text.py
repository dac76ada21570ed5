"""The difference of two executable files in words: a headline, and lines for who wants to know more."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from wheelproof.compare.native import (
    FRAME,
    ImageDifference,
    NamesDifference,
    NativeDifference,
    SectionDifference,
    compare_native,
)
from wheelproof.compare.toolchain import name_toolchain
from wheelproof.core.untrusted import printable
from wheelproof.wheel.native.facts import Image, NativeFacts, SectionKind

_PER_TOPIC = 8
_NAME_CHARS = 80
_TEXT_CHARS = 140
_SHOWN_TOOLS = 3
# What an auditor wants to see first: addresses, paths, commands.
_NOTABLE = re.compile(
    r"https?://|ftp://|[\w.-]+\.onion\b|\b\d{1,3}(?:\.\d{1,3}){3}\b|^/|^[A-Za-z]:\\|\$\(|LD_PRELOAD"
    r"|\b(?:curl|wget|bash|/bin/sh|powershell|cmd\.exe|chmod|nohup|crontab|ssh|base64)\b|\b(?:eval|exec)\("
    r"|__import__|\bimport (?:os|socket|subprocess|urllib|ctypes|base64)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?:https?|ftp)://[^\s'\"<>]+", re.IGNORECASE)
_BEFORE_CHARS = 20
_KIND_ORDER = tuple(SectionKind)

# The sign of a line and what follows its topic.
Row = tuple[str, str]


def notable_first(strings: Iterable[str]) -> tuple[str, ...]:
    """Strings in order, those first that look like an address, a path or a command."""
    return tuple(sorted(strings, key=lambda text: _NOTABLE.search(text) is None))


def find_notable(strings: Iterable[str], known: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    """The strings that look like an address, a path or a command, each with what of it is worth showing.

    Args:
        strings: to search.
        known: texts whose addresses are nothing new.
    """
    addresses = {address for text in known for address in _ADDRESS.findall(text)}
    for text in strings:
        found = _NOTABLE.search(_ADDRESS.sub(lambda match: "" if match[0] in addresses else match[0], text))
        if found:
            start = text.find(found[0]) - _BEFORE_CHARS
            yield text, text if start <= 0 else f"…{text[start:]}"


def headline(difference: NativeDifference) -> str:
    """One sentence without a full stop, safe to print: toolchain, symbols, and what differs."""
    if difference.obstacle:
        return difference.obstacle
    said: list[str] = []
    for image in difference.images:
        which = f"{image.published.architecture}: " if len(difference.images) > 1 else ""
        parts = [_say_tools(image), _say_symbols(image), _say_sections(image)]
        if image.published.problems or image.rebuilt.problems:
            parts.append("not all of it could be read")
        said.append(which + ", ".join(parts))
    for side, names in (("published", difference.only_published), ("rebuilt", difference.only_rebuilt)):
        said += [f"{name} only in the {side} file" for name in names]
    return printable("; ".join(said))


def _say_tools(image: ImageDifference) -> str:
    tools = [name_toolchain(side.origin) for side in (image.published, image.rebuilt)]
    published, rebuilt = (_few(names) for names in tools)
    if tools[0] == tools[1]:
        return f"compiler equal: {published}" if published else "no compiler named"
    if sorted(tools[0]) == sorted(tools[1]):
        return f"compilers equal: {published}"
    return f"compiler differs: {published or 'none named'} against {rebuilt or 'none named'}"


def _few(names: Sequence[str]) -> str:
    if len(names) <= _SHOWN_TOOLS:
        return " and ".join(names)
    return f"{', '.join(names[:_SHOWN_TOOLS])} and {len(names) - _SHOWN_TOOLS} more"


def _say_symbols(image: ImageDifference) -> str:
    states = {what: _state(names) for what, names in (("imports", image.imports), ("exports", image.exports))}
    if len(set(states.values())) == 1:
        return f"imports and exports {states['imports']}"
    return ", ".join(f"{what} {state}" for what, state in states.items())


def _state(names: NamesDifference) -> str:
    if names:
        return f"differ ({len(names.only_published)} only published, {len(names.only_rebuilt)} only rebuilt)"
    return "equal" if names.complete else "equal as far as they were read"


def _say_sections(image: ImageDifference) -> str:
    kinds = [kind.value for kind in _KIND_ORDER if kind in image.kinds - FRAME]
    if not kinds:
        return "only headers and padding differ" if image.sections else "all sections equal"
    if SectionKind.CODE in image.kinds:
        return "code sections differ"
    return f"code equal, {', '.join(kinds)} differ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """Lines that are safe to print, and how many more there would be."""

    lines: tuple[str, ...]
    left_out: int


def describe(difference: NativeDifference, limit: int) -> Described:
    """The headline, then every topic: ``-`` is only published, ``+`` only rebuilt, blank is both.

    Args:
        difference: of two files.
        limit: the most lines.
    """
    lines = [headline(difference)]
    left_out = 0
    for image in difference.images:
        if len(difference.images) > 1:
            lines.append(printable(image.published.architecture))
        for topic, rows in _topics(image):
            lines += [
                f"{sign}{topic:<10} {printable(text, limit=_TEXT_CHARS)}" for sign, text in rows[:_PER_TOPIC]
            ]
            left_out += max(0, len(rows) - _PER_TOPIC)
    return Described(lines=tuple(lines[:limit]), left_out=left_out + max(0, len(lines) - limit))


def describe_alone(facts: NativeFacts, *, published: bool, limit: int) -> Described:
    """What a file that is in one wheel only says; signs as in :func:`describe`.

    Args:
        facts: of the file.
        published: it is the published wheel's.
        limit: the most lines.
    """
    if facts.unread:
        return Described(lines=(facts.unread,), left_out=0)
    blank = replace(
        facts, images=tuple(Image(architecture=image.architecture, type="") for image in facts.images)
    )
    difference = compare_native(facts, blank) if published else compare_native(blank, facts)
    rest = describe(difference, limit)
    return Described(lines=(_introduce(facts), *rest.lines[1:]), left_out=rest.left_out)


def _introduce(facts: NativeFacts) -> str:
    said = []
    for image in facts.images:
        tools = _few(name_toolchain(image.origin)) or "no compiler named"
        imports, exports = len(image.linkage.imports.names), len(image.linkage.exports.names)
        counts = f"imports: {imports}, exports: {exports}"
        said.append(f"{facts.format} {image.type} for {image.architecture}, {tools}, {counts}")
    return printable("; ".join(said))


def _topics(image: ImageDifference) -> Iterator[tuple[str, list[Row]]]:
    for topic, names in (
        ("import", image.imports),
        ("export", image.exports),
        ("library", image.libraries),
        ("path", image.search_paths),
        ("compiler", image.compilers),
        ("linker", image.linkers),
        ("producer", image.producers),
        ("processor", image.cpu_features),
        ("requires", image.required_versions),
    ):
        yield topic, _rows(names.only_published, names.only_rebuilt)
    strings = image.strings
    yield "string", _rows(notable_first(strings.only_published), notable_first(strings.only_rebuilt))
    yield "debug path", _rows(image.debug_paths.only_published, image.debug_paths.only_rebuilt)
    yield "source", _rows(image.source_names.only_published, image.source_names.only_rebuilt)
    published, rebuilt = image.published, image.rebuilt
    yield "name", _values(published.linkage.identity, rebuilt.linkage.identity)
    yield "build id", _values(published.origin.build_id, rebuilt.origin.build_id)
    yield "time", _values(_time(published.origin.timestamp), _time(rebuilt.origin.timestamp))
    left, right = dict(published.header), dict(rebuilt.header)
    for name in dict.fromkeys((*left, *right)):
        yield printable(name), _values(left.get(name, ""), right.get(name, ""))
    yield "section", [_section(section) for section in sorted(image.sections, key=_by_use)]
    yield (
        "problem",
        [
            (" ", f"{side}: {text}")
            for side, made in (("published", published), ("rebuilt", rebuilt))
            for text in made.problems
        ],
    )


def _rows(published: Sequence[str], rebuilt: Sequence[str]) -> list[Row]:
    """Both sides by turns, so that a limit cuts neither away."""
    left = [("-", name) for name in published]
    right = [("+", name) for name in rebuilt]
    half = _PER_TOPIC // 2
    taken = max(half, _PER_TOPIC - len(right)), max(half, _PER_TOPIC - len(left))
    return left[: taken[0]] + right[: taken[1]] + left[taken[0] :] + right[taken[1] :]


def _values(published: str, rebuilt: str) -> list[Row]:
    return _rows([published or "none"], [rebuilt or "none"]) if published != rebuilt else []


def _time(seconds: int | None) -> str:
    return "" if seconds is None else f"{seconds:#x}"


def _by_use(section: SectionDifference) -> int:
    return _KIND_ORDER.index(section.kind)


def _section(section: SectionDifference) -> Row:
    name = f"{section.name[:_NAME_CHARS]} ({section.kind})"
    if section.published is None:
        return "+", f"{name}: {section.either.size_bytes} bytes"
    if section.rebuilt is None:
        return "-", f"{name}: {section.either.size_bytes} bytes"
    sizes = (section.published.size_bytes, section.rebuilt.size_bytes)
    if sizes[0] == sizes[1]:
        return " ", f"{name}: {sizes[0]} bytes, other content"
    return " ", f"{name}: {sizes[0]} bytes published, {sizes[1]} rebuilt"
