"""What a rebuild takes of a source's settings for cibuildwheel, and what not, each with the reason."""

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement

from wheelproof.core.untrusted import printable
from wheelproof.infer.candidate import Inference, Value, inferred
from wheelproof.recipe.schema import RESERVED_ENVIRONMENT
from wheelproof.source.cibuildwheel import Option

# What the evidence for every value that is taken begins with.
SAYS = "pyproject.toml's tool.cibuildwheel"

_CHARS = 4000
_SHOWN_CHARS = 160
_NAME_CHARS = 60
_WORDS = 200
_SHELL = re.compile(r"[$`]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PINNED = re.compile(r"[^\s@]+@sha256:[0-9a-f]{64}")
_PLATFORM = re.compile(r"(?:many|musl)linux[0-9A-Za-z_]{1,80}|auto")
_PLACEHOLDER = re.compile(r"\{(?:project|package)\}")
_FRONTENDS = frozenset({"build", "build[uv]", "default", "pip", "uv"})
_KEYWORDS = frozenset(
    {"if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac"}
)
_SHELL_PART = re.compile(
    r"""(?P<joint>\\\n) | (?P<comment>(?<!\S)\#[^\n]*) | (?P<end>&&|[;\n])
    | (?P<text>'[^']*' | "(?:[^"\\]|\\.)*" | \\. | [^'"\\;\n&#]+ | [&#\\]) | (?P<open>['"])""",
    re.VERBOSE | re.DOTALL,
)
# What can't do its work without a network.
_FETCHING = re.compile(
    r"(?:^|[\s;&|(/])(yum|dnf|microdnf|apk|apt|apt-get|brew|conda|mamba|vcpkg|conan|curl|wget|rustup|npm|yarn"
    r"|git\s+(?:clone|fetch|pull|submodule)|cargo\s+install|go\s+(?:install|get)"
    r"|pip[0-9.]*\s+(?:install|download|wheel)|pipx)(?=\s|$)"
)
_PIP = re.compile(r"(?:uv\s+)?(?:python[0-9.]*\s+-m\s+)?pip[0-9.]*\s+install\s")
# Options of pip that stand alone and choose no other file.
_PIP_FLAGS = frozenset(
    ("-U", "--upgrade", "-q", "--quiet", "-v", "--verbose", "--no-cache-dir", "--no-cache", "--system",
     "--user", "--disable-pip-version-check", "--only-binary=:all:", "--prefer-binary")
)  # fmt: skip
# Options that say nothing of how a wheel is built, by why not.
_WHICH = "it says which wheels are built"
_TEST = "tests are no part of a build"
_OUTER = "it changes nothing in a wheel"
_CROSS = "it is for cross-compiling"
_ELSEWHERE = "it is for another platform"
PASSED_OVER: Mapping[str, str] = {
    **dict.fromkeys(("archs", "build", "enable", "free-threaded-support", "skip"), _WHICH),
    **dict.fromkeys(
        ("audit-command", "audit-requires", "before-test", "test-command", "test-environment", "test-extras",
         "test-groups", "test-requires", "test-runtime", "test-skip", "test-sources"),
        _TEST,
    ),
    **dict.fromkeys(("build-verbosity", "container-engine", "debug-keep-container"), _OUTER),
    **dict.fromkeys(("xbuild-files", "xbuild-tools"), _CROSS),
    **dict.fromkeys(("android", "ios", "macos", "pyodide", "pyodide-version", "windows"), _ELSEWHERE),
    "dependency-versions": "build requirements are those of the wheel's day",
    "environment-pass": "the values are those of the publisher's machine",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A setting, and what became of it.

    Attributes:
        place: where it stands in pyproject.toml; safe to print.
        inferences: the values that the recipe has from it; none where it is not used.
        refusals: why it is not used, or parts of it are not; safe to print, without full stops.
    """

    place: str
    inferences: tuple[Inference, ...]
    refusals: tuple[str, ...]

    @property
    def note(self) -> str | None:
        """What a reader has to know of a setting that is not used, or not in whole; None for another."""
        if not self.refusals:
            return None
        how = "used in part" if self.inferences else "not used"
        return f"pyproject.toml's {self.place} is {how}: {'; '.join(self.refusals)}"


# What a recipe gets of an option, and as text why it does not.
_Said = Inference | str
_Reader = Callable[[Option, Mapping[str, Value]], Iterator[_Said]]


def take_settings(options: Sequence[Option], settled: Mapping[str, Value]) -> tuple[Taken, ...]:
    """Read every option that holds for a wheel.

    Args:
        options: the source's, for this wheel.
        settled: what was inferred before, by the recipe's field.
    """
    known = dict(settled)
    found = []
    for option in options:
        said = list(_reader(option)(option, known))
        inferences = tuple(item for item in said if isinstance(item, Inference))
        known |= {inference.place: inference.value for inference in inferences}
        refusals = tuple(item for item in said if isinstance(item, str))
        place = printable(option.place, limit=_SHOWN_CHARS)
        found.append(Taken(place=place, inferences=inferences, refusals=refusals))
    return tuple(found)


def _reader(option: Option) -> _Reader:
    if len(str(option.value)) > _CHARS:
        return lambda _option, _settled: iter(("it is too long to be read",))
    if option.name.startswith(("manylinux-", "musllinux-")) and option.name.endswith("-image"):
        return _image
    return READERS.get(option.name, _none)


def _none(option: Option, _settled: Mapping[str, Value]) -> Iterator[_Said]:
    yield PASSED_OVER.get(option.name, "it is no option that is known here")


def _environment(option: Option, _settled: Mapping[str, Value]) -> Iterator[_Said]:
    pairs = _pairs(option)
    if pairs is None:
        yield "it is no list of names and values"
    for name, value in pairs or ():
        shown = printable(name, limit=_NAME_CHARS)
        if name in RESERVED_ENVIRONMENT:
            yield f"the sandbox, or other evidence, gives {shown}"
        elif not _NAME.fullmatch(name) or "\0" in value:
            yield f"{shown} is no variable's name and value"
        elif _SHELL.search(value) or "{" in value:
            yield f"{shown} has the value that a shell gives it at the publisher's"
        else:
            yield _inferred("environment", value, option, key=name)


def _config_settings(option: Option, settled: Mapping[str, Value]) -> Iterator[_Said]:
    pairs = _pairs(option)
    if pairs is None:
        yield "it is no list of names and values"
    elif settled.get("frontend") == "setup.py":
        yield "setup.py is run, which has no config settings"
    else:
        names = [name for name, _ in pairs]
        for name, value in pairs:
            if names.count(name) == 1:
                yield _inferred("config-settings", value, option, key=name)
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            yield f"{printable(name, limit=_NAME_CHARS)} has more than one value"


def _frontend(option: Option, settled: Mapping[str, Value]) -> Iterator[_Said]:
    name, _, rest = option.text.partition(";")
    arguments: object = rest.partition("args:")[2].strip()
    if isinstance(option.value, dict):
        name, arguments = str(option.value.get("name", "")), option.value.get("args")
    if name.strip() not in _FRONTENDS:
        yield "it is no front end that is known here"
    elif settled.get("frontend") == "pep517":
        yield _inferred("frontend", "pep517", option)
    else:
        yield "other evidence says that setup.py was run"
    if arguments:
        yield "a front end's arguments have no meaning here"


def _before(option: Option, settled: Mapping[str, Value]) -> Iterator[_Said]:
    """What pip installs is required, and what needs no network is run: all of it or nothing."""
    commands = split_commands(option.text)
    if commands is None:
        yield "it is no shell script that can be taken apart"
        return
    installing = [command for command in commands if _PIP.match(command)]
    wanted = [item for command in installing for item in _pip_requirements(command)]
    requirements = tuple(str(item) for item in wanted if isinstance(item, Requirement))
    if requirements:
        yield _inferred("requires", (*_already(settled, "requires"), *requirements), option)
    yield from (item for item in wanted if isinstance(item, str))
    left = [command for command in commands if command not in installing]
    fetching = next((found[1] for command in left if (found := _FETCHING.search(command))), None)
    if fetching is not None:
        shown = printable(" ".join(fetching.split()), limit=_NAME_CHARS)
        yield f"{shown} needs a network, which a build has not: what it fetches has to be in the image"
    elif installing and any("<<" in command or command.split()[0] in _KEYWORDS for command in left):
        yield "only a shell can tell when pip installs what"
    elif left:
        script = " && ".join(left) if installing else option.text
        yield _inferred("before", (*_already(settled, "before"), _PLACEHOLDER.sub(".", script)), option)


def _repair(option: Option, settled: Mapping[str, Value]) -> Iterator[_Said]:
    commands = split_commands(option.text)
    if commands is None:
        yield "it is no shell script that can be taken apart"
    elif not commands:
        yield _inferred("repair", "none", option, key="tool")
    elif settled.get("repair.tool") != "auditwheel":
        yield "the wheel has no mark of auditwheel"
    else:
        for command in commands:
            words = _split(command)
            if words is not None and words[:2] == ["auditwheel", "repair"]:
                yield from _auditwheel(words[2:], option)
            else:
                yield f"{printable(command.split()[0], limit=_NAME_CHARS)} is nothing that a repair here runs"


def _auditwheel(words: Sequence[str], option: Option) -> Iterator[_Said]:
    """The platform that is asked for, and the options but for those that a rebuild gives itself."""
    platform, options, left = "", [], list(words)
    while left:
        word = left.pop(0)
        name, equals, value = word.partition("=")
        if name in {"-w", "--wheel-dir", "--plat"}:
            value = value if equals else left.pop(0) if left else ""
            platform = value if name == "--plat" else platform
        elif word not in {"{wheel}", "{dest_dir}"}:
            options.append(word)
    if _PLATFORM.fullmatch(platform):
        yield _inferred("repair", platform, option, key="platform")
    elif platform:
        yield "the platform is what a shell makes of it at the publisher's"
    if any(_SHELL.search(word) or "{" in word for word in options):
        yield "its options are what a shell makes of them at the publisher's"
    elif options:
        yield _inferred("repair", tuple(options), option, key="options")


def _image(option: Option, _settled: Mapping[str, Value]) -> Iterator[_Said]:
    if _PINNED.fullmatch(option.text):
        yield _inferred("image", option.text, option)
    else:
        yield "it names no digest, and what it names can move: the wheel's tags and day choose the image"


READERS: Mapping[str, _Reader] = {
    "before-all": _before,
    "before-build": _before,
    "build-frontend": _frontend,
    "config-settings": _config_settings,
    "environment": _environment,
    "repair-wheel-command": _repair,
}


def split_commands(script: str) -> tuple[str, ...] | None:
    """The commands of a shell script that run one after the other; None where a quote does not end."""
    commands = [""]
    for part in _SHELL_PART.finditer(script):
        match part.lastgroup:
            case "open":
                return None
            case "end":
                commands.append("")
            case "joint":
                commands[-1] += " "
            case "text":
                commands[-1] += part[0]
    return tuple(command.strip() for command in commands if command.strip())


def _pip_requirements(command: str) -> Iterator[Requirement | str]:
    """What a ``pip install`` names, or why that can't be required."""
    words = _split(_PIP.sub("", command, count=1))
    for word in (words or ())[:_WORDS]:
        shown = printable(word, limit=_NAME_CHARS)
        try:
            requirement = None if word in _PIP_FLAGS else Requirement(word)
        except InvalidRequirement:
            yield f"pip is told {shown}, which is nothing that an index has"
            return
        if requirement is not None and requirement.url:
            yield f"pip fetches {shown} from an address of its own"
        elif requirement is not None:
            yield requirement


def _pairs(option: Option) -> tuple[tuple[str, str], ...] | None:
    """A table, or text of the form ``A=1 B="x y"``; None for anything else."""
    if isinstance(option.value, dict):
        return tuple(
            (name, str(item))
            for name, value in option.value.items()
            for item in (value if isinstance(value, list) else [value])
        )
    words = _split(option.text)
    if words is None or not all("=" in word for word in words):
        return None
    return tuple((name, value) for name, _, value in (word.partition("=") for word in words))


def _split(text: str) -> list[str] | None:
    try:
        return shlex.split(text)
    except ValueError:
        return None


def _already(settled: Mapping[str, Value], field: str) -> tuple[str, ...]:
    value = settled.get(field)
    return value if isinstance(value, tuple) else ()


def _inferred(field: str, value: Value, option: Option, *, key: str = "") -> Inference:
    why = f"pyproject.toml's {printable(option.place, limit=_SHOWN_CHARS)} says so"
    return inferred(field, value, why, key=key)
