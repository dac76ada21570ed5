"""Causes in what an executable file does: symbols, strings and code, at which an auditor looks first."""

import re
from collections.abc import Sequence

from wheelproof.compare.native import ImageDifference
from wheelproof.compare.native_text import find_notable
from wheelproof.compare.toolchain import name_toolchain
from wheelproof.explain.causes.cause import Cause, Family, Naming
from wheelproof.explain.causes.lines import listed
from wheelproof.explain.causes.native_signs import NATIVE_KINDS, recognise_by
from wheelproof.explain.causes.native_traces import TEMPORARY, pair_paths
from wheelproof.wheel.native.facts import Names, SectionKind

_POWERFUL = re.compile(
    r"^_*(?:[^!]*!)?(?:system|popen|exec[vl]\w*|posix_spawnp?|fork|ptrace|mprotect|dlopen|dlsym|socket|connect|send(?:to)?"
    r"|getaddrinfo|memfd_create|unlink|kill|WinExec|CreateProcess\w*|ShellExecute\w*|URLDownload\w*|LoadLibrary\w*"
    r"|GetProcAddress|VirtualProtect\w*|VirtualAlloc\w*|WriteProcessMemory|CreateRemoteThread|Internet\w+|WinHttp\w+)$"
)


def _bare(name: str) -> str:
    """A symbol without its version: another C library gives another one to the same function."""
    return name.partition("@")[0]


def _appeared(published: Names, rebuilt: Names) -> tuple[str, ...]:
    """Symbols of the published file alone, those first that reach out of the program."""
    if not rebuilt.complete:
        return ()
    others = frozenset(map(_bare, rebuilt.names))
    found = [name for name in published.names if _bare(name) not in others]
    return tuple(sorted(found, key=lambda name: _POWERFUL.match(_bare(name)) is None))


def _imports(image: ImageDifference) -> str | None:
    found = _appeared(image.published.linkage.imports, image.rebuilt.linkage.imports)
    return f"only the published file imports {listed(found)}" if found else None


def _exports(image: ImageDifference) -> str | None:
    found = _appeared(image.published.linkage.exports, image.rebuilt.linkage.exports)
    return f"only the published file exports {listed(found)}" if found else None


def _strings(image: ImageDifference) -> str | None:
    strings = image.strings
    moved = {path for path, _ in pair_paths(strings.only_published, strings.only_rebuilt)}
    found = [
        shown
        for text, shown in find_notable(strings.only_published, image.rebuilt.strings.names)
        if text not in moved and not TEMPORARY.search(text) and not _is_noise(text)
    ]
    return f"only the published file holds {listed(found)}" if found else None


def _is_noise(text: str) -> bool:
    """Constants that happen to be printable have few letters."""
    return sum(char.isalnum() for char in text) * 2 < len(text)


def _code(image: ImageDifference) -> str | None:
    tools = name_toolchain(image.published.origin)
    if SectionKind.CODE not in image.kinds or not tools or tools != name_toolchain(image.rebuilt.origin):
        return None
    if image.producers or image.linkers:
        return None
    named = [section.name for section in image.sections if section.kind is SectionKind.CODE]
    return f"compiler equal: {_few(tools)}; other content in {listed(named)}"


def _few(tools: Sequence[str]) -> str:
    return " and ".join(tools[:3]) + (f" and {len(tools) - 3} more" if len(tools) > 3 else "")


APPEARED: tuple[Cause, ...] = (
    Naming(
        id="native-imports-appeared",
        family=Family.NATIVE,
        title="the published file imports functions that the rebuilt one does not",
        why="It was built from other code, with other options, or against other headers. Code that somebody "
        "added often needs a function more: one that starts a program, opens a connection, loads a library.",
        tools="Another optional feature found at build time; _FORTIFY_SOURCE and large-file macros, which "
        "rename C functions; injected code.",
        mend="Build in the image of the release. If that does not bring them back, look at who calls them.",
        link="https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.symtab.html",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_imports),
        streams=True,
    ),
    Naming(
        id="native-exports-appeared",
        family=Family.NATIVE,
        title="the published file exports functions that the rebuilt one does not",
        why="It holds more code, was linked with more libraries, or hides fewer of its symbols.",
        tools="Static libraries linked in; -fvisibility=hidden or a version script on one side only; added "
        "code.",
        mend="Build in the image of the release, with its static libraries, and hide what is not the "
        "interface.",
        link="https://gcc.gnu.org/wiki/Visibility",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_exports),
        streams=True,
    ),
    Naming(
        id="native-strings-appeared",
        family=Family.NATIVE,
        title="the published file holds addresses, paths or commands that the rebuilt one does not",
        why="Texts of the program differ, and among those that only the published file has are some that "
        "look "
        "like a network address, a path or a command.",
        tools="Settings compiled in, such as folders of data or of fonts; another source; injected code.",
        mend="Look where the text comes from. Settings belong into the build's documented options.",
        link="https://reproducible-builds.org/docs/embedded-signatures/",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_strings),
        streams=True,
    ),
)

CODE: tuple[Cause, ...] = (
    Naming(
        id="native-code",
        family=Family.NATIVE,
        title="machine code differs although the files name the same compiler",
        why="As far as the files tell, the same compiler made both, so the source, its options or the "
        "headers "
        "and static libraries were others. A signature says little: it is text that anyone can write.",
        tools="Another version of Cython, NumPy or pybind11, whose code is compiled in; other options; "
        "another "
        "source.",
        mend="Pin the build requirements by hash, and state the compiler's options in the project.",
        link="https://reproducible-builds.org/docs/stable-inputs/",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_code),
        streams=True,
    ),
)
