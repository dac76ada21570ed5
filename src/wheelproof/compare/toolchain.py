"""Who compiled and linked an executable file, in words that fit on a line."""

import re
from collections.abc import Iterable

from wheelproof.core.untrusted import printable
from wheelproof.wheel.native.facts import Origin

_TEXT_CHARS = 120
# `.comment` of GCC: who packaged it in brackets before the version, Red Hat also behind.
_GCC = re.compile(
    r"GCC: \((?P<vendor>[^)]*)\) (?P<version>\d[\w.+~-]*)(?: \d{8})?(?: \((?P<package>[^)]*)\))?"
)
_FLAGS = re.compile(r"\s-\S.*$")
_RUSTC = re.compile(r"rustc version [^)\s]+(?: \([^)]*\))?")
_GENERATORS = (
    ("Cython", re.compile(r"_cython_(?P<version>\d+(?:_\d+\w*)+)(?:$|\.)")),
    ("pybind11 internals", re.compile(r"__pybind11_internals_v(?P<version>\d+)_")),
    ("nanobind internals", re.compile(r"__nb_internals_v(?P<version>\d+)_")),
)
_MARCH = re.compile(r"-m(?:arch|cpu|tune|avx[\w.]*|sse[\w.]*|fpu|fma|float-abi)(?:=\S+)?")


def name_compiler(text: str) -> str:
    """A compiler as it signed, in short: ``GCC 14.2.1 (Red Hat 14.2.1-11)``; safe to print."""
    found = _GCC.fullmatch(text.strip())
    if found is None:
        return printable(text, limit=_TEXT_CHARS)
    vendor = found["package"] or (found["vendor"] if found["vendor"] != "GNU" else "")
    return printable(f"GCC {found['version']}" + (f" ({vendor})" if vendor else ""), limit=_TEXT_CHARS)


def find_rustc(texts: Iterable[str]) -> frozenset[str]:
    """The versions of rustc that are named, as ``rustc version 1.83.0 (90b35a623 2024-11-26)``."""
    return frozenset(found[0] for text in texts for found in _RUSTC.finditer(text))


def without_flags(producer: str) -> str:
    """A DWARF producer without the compiler's options, which GCC adds to its name."""
    return _FLAGS.sub("", producer)


def find_cpu_options(producers: Iterable[str]) -> frozenset[str]:
    """The options among DWARF producers that choose a processor."""
    return frozenset(found[0] for text in producers for found in _MARCH.finditer(text))


def find_generators(texts: Iterable[str]) -> frozenset[str]:
    """Generators of code that name themselves in the texts of what they made, with their version."""
    return frozenset(
        f"{name} {found['version'].replace('_', '.')}"
        for text in texts
        for name, pattern in _GENERATORS
        if (found := pattern.match(text))
    )


def name_toolchain(origin: Origin) -> tuple[str, ...]:
    """The compilers, each once and in short: those that signed, else those that DWARF names."""
    signed = origin.compilers.names or tuple(without_flags(text) for text in origin.producers.names)
    return tuple(dict.fromkeys(name_compiler(text) for text in signed))
