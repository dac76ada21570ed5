"""What a source tells cibuildwheel, ``[tool.cibuildwheel]`` of its pyproject.toml, for one wheel on Linux.

Only what it says is read: no default of cibuildwheel, nothing that a workflow sets in its place (``CIBW_…``).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from wheelproof.core.errors import MalformedError
from wheelproof.source.build_system import parse_toml

# A setting as TOML has it: text, a number, a list of them, or a table of them.
Setting = str | int | float | bool | list[object] | dict[str, object]

_TABLE = "tool.cibuildwheel"
_PLATFORM = "linux"
_COMMANDS = frozenset({"before-all", "before-build", "before-test", "test-command", "repair-wheel-command"})
_OTHER_TABLES = frozenset({"overrides", "select", "inherit"})
_OPTIONS = 200
_OVERRIDES = 200
_PATTERNS = 200
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)(?:\s*[:=]\s*(append|prepend|none))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option that holds for a wheel.

    Attributes:
        name: such as ``before-build``; not safe to print.
        value: what it is set to.
        place: where in pyproject.toml; not safe to print.
    """

    name: str
    value: Setting
    place: str

    @property
    def text(self) -> str:
        """The value as one text, as cibuildwheel joins lists; empty for a table."""
        if isinstance(self.value, list):
            joint = " && " if self.name in _COMMANDS else " "
            return joint.join(str(item) for item in self.value)
        return "" if isinstance(self.value, dict) else str(self.value)


def read_cibuildwheel(pyproject: str, identifier: str) -> tuple[Option, ...]:
    """The options for a build: overrides that select it over Linux' own over those for all platforms.

    Args:
        pyproject: the text of a pyproject.toml.
        identifier: the build's.

    Returns:
        Each option once, by name; none where there is no such table, or none that can be read.
    """
    try:
        tools = parse_toml(pyproject.encode()).get("tool")
    except MalformedError:
        return ()
    table = tools.get("cibuildwheel") if isinstance(tools, dict) else None
    if not isinstance(table, dict):
        return ()
    found: dict[str, Option] = {}
    for place, layer in _layers(table, identifier):
        inherited = _inherited(layer.get("inherit"))
        for name, value in list(layer.items())[:_OPTIONS]:
            setting = _setting(value)
            if _is_image_of_others(name, identifier):
                continue
            if name not in _OTHER_TABLES and setting is not None and (place, name) != (_TABLE, _PLATFORM):
                option = Option(name=name, value=setting, place=f"{place}.{name}")
                found[name] = _merged(found.get(name), option, inherited.get(name, "none"))
    return tuple(found[name] for name in sorted(found))


def _layers(table: Mapping[str, object], identifier: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    yield _TABLE, table
    own = table.get(_PLATFORM)
    if isinstance(own, dict):
        yield f"{_TABLE}.{_PLATFORM}", own
    overrides = table.get("overrides")
    for number, override in enumerate(overrides[:_OVERRIDES] if isinstance(overrides, list) else ()):
        if isinstance(override, dict) and _selects(override.get("select"), identifier):
            yield f"{_TABLE}.overrides[{number}]", override


def _is_image_of_others(name: str, identifier: str) -> bool:
    """The image of builds for another platform: each has an option of its own."""
    if not (name.startswith(("manylinux-", "musllinux-")) and name.endswith("-image")):
        return False
    platform = name.removesuffix("-image").replace("-", "_", 1)
    return identifier.partition("-")[2] != platform


def _setting(value: object) -> Setting | None:
    return value if isinstance(value, str | int | float | list | dict) else None


def _selects(select: object, identifier: str) -> bool:
    """Shell patterns with braces, in a list or with blanks between."""
    texts = select.split() if isinstance(select, str) else select if isinstance(select, list) else []
    patterns = (pattern for text in texts[:_PATTERNS] if isinstance(text, str) for pattern in _expanded(text))
    return any(fnmatchcase(identifier, pattern) for pattern in patterns)


def _expanded(pattern: str) -> Sequence[str]:
    """``cp{39,310}-*`` as ``cp39-*`` and ``cp310-*``; what expands to too many stays as it is."""
    done: list[str] = []
    left = [pattern]
    while left:
        text = left.pop()
        found = _BRACES.search(text)
        if found is None:
            done.append(text)
            continue
        left += [text[: found.start()] + part + text[found.end() :] for part in found[1].split(",")]
        if len(done) + len(left) > _PATTERNS:
            return [pattern]
    return done


def _inherited(rules: object) -> Mapping[str, str]:
    """Which options are added to what is above them, and on which side."""
    if isinstance(rules, str):
        return {name: rule or "append" for name, rule in _ASSIGNMENT.findall(rules)}
    return (
        {name: rule for name, rule in rules.items() if isinstance(rule, str)}
        if isinstance(rules, dict)
        else {}
    )


def _merged(above: Option | None, option: Option, rule: str) -> Option:
    if above is None or rule not in {"append", "prepend"}:
        return option
    first, second = (above, option) if rule == "append" else (option, above)
    value: Setting
    if isinstance(first.value, dict) and isinstance(second.value, dict):
        value = {**first.value, **second.value}
    elif isinstance(first.value, dict) or isinstance(second.value, dict):
        value = option.value
    else:
        joint = " && " if option.name in _COMMANDS else " "
        value = joint.join(text for text in (first.text, second.text) if text)
    return Option(name=option.name, value=value, place=option.place)
