"""Why a step of a build failed, where its log says so in words that tools are known to use.

The log is the build's own: what is read of it explains a failure, and decides nothing.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wheelproof.core.untrusted import printable
from wheelproof.rebuild.record import Phase

_READ_BYTES = 1 << 18
_NAME_CHARS = 80
_BUILDING = frozenset({Phase.RESOLVE, Phase.PREPARE, Phase.BUILD})
_REPAIRING = frozenset({Phase.REPAIR})
_COMPILER = r"'[^'\n]{0,200}?(?:gcc|g\+\+|cc|c\+\+|clang)(?:-[0-9]+)?'"
_IMAGE = "name one with --image, or as `image` in a recipe"
_LIBRARY = (
    f"An image that has the library's development files will do: {_IMAGE}. Wheelproof's own take more of "
    "Debian's packages, as in debian-trixie-py3.13-cc+libyaml-dev."
)
_RUST = (
    "The build needs Rust (cargo and rustc), and the image has none",
    f"An image with Rust will do: {_IMAGE}. Crates that cargo would fetch have to be in the sdist.",
)
# What backends ask for where a program is not there, to fetch it in the build: by project.
_FETCHERS = {"puccinialin": _RUST}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Words in a log, and what they mean.

    Attributes:
        phases: where they mean it.
        words: a pattern of UTF-8 text; its group ``name`` stands for ``{name}`` below.
        reason: a sentence without a full stop.
        hint: what to do next.
    """

    phases: frozenset[Phase]
    words: re.Pattern[str]
    reason: str
    hint: str


def _refusal(words: str, reason: str, hint: str) -> Sign:
    pattern = re.compile(
        rf'cannot repair "[^"\n]{{1,500}}" to "(?P<name>[^"\n]{{1,100}})" ABI because [^\n]{{0,60}}{words}'
    )
    return Sign(phases=_REPAIRING, words=pattern, reason=f"auditwheel refuses {{name}}: {reason}", hint=hint)


def _sign(phases: frozenset[Phase], words: str, reason: str, hint: str) -> Sign:
    return Sign(phases=phases, words=re.compile(words), reason=reason, hint=hint)


SIGNS: tuple[Sign, ...] = (
    _refusal(
        "too-recent versioned symbols",
        "the wheel needs newer symbols of the C or C++ library than that platform has",
        f"An image with an older C library will do: {_IMAGE}. `repair: {{platform: auto}}` takes the best "
        "platform that the wheel meets.",
    ),
    _refusal(
        "black-listed symbols",
        "the wheel uses symbols that this platform does not allow",
        f"Another image may have libraries without them: {_IMAGE}.",
    ),
    _refusal(
        "unsupported ISA extensions",
        "a library is built for newer processors than that platform has",
        f"Another image may have it for older ones: {_IMAGE}.",
    ),
    _sign(
        _REPAIRING,
        r'required library "(?P<name>[^"\n]{1,200})" could not be located',
        "auditwheel can't find the library {name}, which the wheel needs",
        f"An image that has it will do: {_IMAGE}. `--exclude` among the `options` of `repair` leaves it out.",
    ),
    _sign(
        _REPAIRING,
        "does not look like a platform wheel",
        "The built wheel has no native code, and auditwheel refuses it",
        "The log may say why an extension module was not built. A recipe can set `repair: {tool: none}`.",
    ),
    _sign(
        _REPAIRING,
        r"argument --plat: invalid choice: '(?P<name>[^'\n]{1,100})'",
        "This version of auditwheel does not know the platform {name}",
        "A recipe can set `platform` or `auditwheel` under `repair`.",
    ),
    _sign(
        _BUILDING,
        r"Rust not found, installing|can't find Rust compiler|Rust toolchain[^\n]{0,40} not found"
        r"|[Cc]argo, the Rust package manager, is not installed|Cargo metadata failed",
        *_RUST,
    ),
    _sign(
        _BUILDING,
        rf"(?:command|unable to execute) {_COMPILER}(?: failed)?: No such file"
        rf"|No such file or directory: {_COMPILER}"
        r"|No CMAKE_C(?:XX)?_COMPILER could be found|CMAKE_C(?:XX)?_COMPILER not set|Unknown compiler\(s\)"
        r"|no acceptable C compiler found",
        "The build needs a compiler, and the image has none",
        f"The images whose names end in -cc have compilers: {_IMAGE}.",
    ),
    _sign(
        _BUILDING,
        r"fatal error: (?P<name>[^\s:]{1,200}): No such file or directory",
        "The build needs the header {name}, and the image does not have it",
        _LIBRARY,
    ),
    _sign(
        _BUILDING,
        r"cannot find -l(?P<name>[^\s:]{1,200})",
        "The build needs the library {name}, and the image does not have it",
        _LIBRARY,
    ),
    _sign(
        _BUILDING,
        r"\b(?P<name>yum|dnf|microdnf|apk|apt|apt-get|brew|git|curl|wget|docker): (?:command )?not found",
        "It calls {name}, and the image does not have it",
        f"What it would fetch or install has to be in the image, as a build has no network: {_IMAGE}.",
    ),
    _sign(
        _BUILDING,
        r"Could not resolve host|Temporary failure in name resolution|Name or service not known"
        r"|Network is unreachable|Failed to establish a new connection",
        "It asks the network for something, and a build has none",
        f"What it would fetch has to be in the sdist, the build requirements or the image: {_IMAGE}.",
    ),
)


def explain_failure(phase: Phase, log: bytes) -> tuple[str, str] | None:
    """The reason and the next step of a step that failed, by the first sign that its log has; else None."""
    text = log[-_READ_BYTES:].decode("utf-8", "replace")
    for sign in SIGNS:
        if phase in sign.phases and (found := sign.words.search(text)):
            named = {"name": printable(_named(found.groupdict()), limit=_NAME_CHARS)}
            return sign.reason.format(**named), sign.hint
    return None


def explain_requirements(projects: Iterable[str]) -> tuple[str, str] | None:
    """The reason and the next step where a backend asks for what would fetch a program in the build."""
    return next((_FETCHERS[project] for project in projects if project in _FETCHERS), None)


def _named(groups: Mapping[str, str | None]) -> str:
    return groups.get("name") or ""
