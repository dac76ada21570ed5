"""Causes in the tools that made an executable file, and in the libraries that it asks for."""

import re
from collections.abc import Iterable

from wheelproof.compare.native import ImageDifference, NamesDifference
from wheelproof.compare.toolchain import (
    find_cpu_options,
    find_generators,
    find_rustc,
    name_toolchain,
    without_flags,
)
from wheelproof.explain.causes.cause import Cause, Family, Naming
from wheelproof.explain.causes.lines import listed
from wheelproof.explain.causes.native_signs import NATIVE_KINDS, recognise_by, say_both, say_names
from wheelproof.wheel.native.facts import Format, Image

_RUST_SOURCE = re.compile(r"/rustc/[0-9a-f]{40}/")
_HASHED = re.compile(r"-[0-9a-f]{6,64}(?=\.)")


def _compiler(image: ImageDifference) -> str | None:
    tools = [
        tuple(sorted(name for name in name_toolchain(side.origin) if "rustc" not in name))
        for side in (image.published, image.rebuilt)
    ]
    return say_both(", ".join(tools[0]), ", ".join(tools[1])) if tools[0] != tools[1] else None


def _rustc(image: ImageDifference) -> str | None:
    left, right = _rust_versions(image.published), _rust_versions(image.rebuilt)
    return say_both(", ".join(left), ", ".join(right)) if left != right else None


def _rust_versions(image: Image) -> tuple[str, ...]:
    """What rustc signed, else the commit that its library's paths name."""
    signed = find_rustc((*image.origin.compilers.names, *image.origin.producers.names))
    paths = (found[0] for text in image.strings.names if (found := _RUST_SOURCE.search(text)))
    return tuple(sorted(signed or frozenset(paths)))


def _linker(image: ImageDifference) -> str | None:
    return say_names(image.linkers) if image.linkers else None


def _generator(image: ImageDifference) -> str | None:
    left, right = (find_generators(side.strings.names) for side in (image.published, image.rebuilt))
    return _say_sets(left, right)


def _options(image: ImageDifference) -> str | None:
    left, right = (side.origin.producers.names for side in (image.published, image.rebuilt))
    if {without_flags(text) for text in left} != {without_flags(text) for text in right}:
        return None
    return _say_sets(_flags(left), _flags(right))


def _flags(producers: Iterable[str]) -> frozenset[str]:
    return frozenset(flag for text in producers for flag in text.split() if flag.startswith("-"))


def _processor(image: ImageDifference) -> str | None:
    made, remade = image.published.origin, image.rebuilt.origin
    left = find_cpu_options(made.producers.names) | frozenset(made.cpu_features.names)
    right = find_cpu_options(remade.producers.names) | frozenset(remade.cpu_features.names)
    return _say_sets(left, right)


def _say_sets(left: frozenset[str], right: frozenset[str]) -> str | None:
    names = NamesDifference(
        only_published=tuple(sorted(left - right)), only_rebuilt=tuple(sorted(right - left))
    )
    return say_names(names) if names else None


def _versions(image: ImageDifference) -> str | None:
    return say_names(image.required_versions) if image.required_versions else None


def _renamed(image: ImageDifference) -> str | None:
    found = [f"{left} / {right}" for left, right in _hashed_pairs(image)]
    return f"published / rebuilt: {listed(found)}" if found else None


def _hashed_pairs(image: ImageDifference) -> list[tuple[str, str]]:
    """Names that are equal but for a hash that one or both of them hold."""
    published, rebuilt = image.published.linkage, image.rebuilt.linkage
    left = (*image.libraries.only_published, published.identity)
    right = (*image.libraries.only_rebuilt, rebuilt.identity)
    others = {_HASHED.sub("", name): name for name in right if name}
    pairs = [(name, others.get(_HASHED.sub("", name), "")) for name in left if name]
    return [(name, other) for name, other in pairs if other and other != name]


def _libraries(image: ImageDifference) -> str | None:
    pairs = _hashed_pairs(image)
    left = frozenset(image.libraries.only_published) - {name for name, _ in pairs}
    right = frozenset(image.libraries.only_rebuilt) - {name for _, name in pairs}
    return _say_sets(left, right)


def _search_path(image: ImageDifference) -> str | None:
    return say_names(image.search_paths) if image.search_paths else None


TOOLCHAIN: tuple[Cause, ...] = (
    Naming(
        id="native-compiler",
        family=Family.NATIVE,
        title="another compiler made the file",
        why="Every version of a compiler, and every distribution's build of it, makes other machine code.",
        tools="GCC of the manylinux images (Red Hat), of Debian and of conda-forge; clang; Microsoft's "
        "compiler.",
        mend="Build in the image of the release, pinned by digest, and publish which one it was.",
        link="https://github.com/pypa/manylinux",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_compiler),
        streams=True,
    ),
    Naming(
        id="native-rustc",
        family=Family.NATIVE,
        title="another version of rustc made the file",
        why="The compiler, the standard library that it links in and LLVM change with every version.",
        tools="maturin, setuptools-rust.",
        mend="Pin the version in rust-toolchain.toml, and put that file into the sdist.",
        link="https://rust-lang.github.io/rustup/overrides.html#the-toolchain-file",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_rustc),
        streams=True,
    ),
    Naming(
        id="native-generator",
        family=Family.NATIVE,
        title="the code was generated by another version of its tool",
        why="Much of an extension module's source is generated, or comes from the headers of a binding, and "
        "changes with every version of them.",
        tools="Cython; pybind11 and nanobind, by the version of their internals.",
        mend="Pin them in build-system.requires.",
        link="https://cython.readthedocs.io/en/latest/src/changes.html",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_generator),
        streams=True,
    ),
    Naming(
        id="native-linker",
        family=Family.NATIVE,
        title="another linker made the file",
        why="Linkers order, align and merge sections in their own ways, and write their own tables.",
        tools="LLD, mold and gold, which sign; rustc, which brings its own LLD on some platforms since 1.90; "
        "Microsoft's and Apple's linkers by version.",
        mend="Choose the linker explicitly, as with -fuse-ld, and pin its version.",
        link="https://lld.llvm.org/",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_linker),
        streams=True,
    ),
    Naming(
        id="native-processor",
        family=Family.NATIVE,
        title="the files were compiled for other processors",
        why="With other -march options the compiler uses other instructions. With -march=native the machine "
        "that happens to build decides.",
        tools="Projects that choose by the building machine; flags from the environment; distributions with "
        "another baseline.",
        mend="Set the baseline in the project, and select faster variants when the program runs.",
        link="https://gcc.gnu.org/onlinedocs/gcc/x86-Options.html",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_processor),
        streams=True,
    ),
    Naming(
        id="native-options",
        family=Family.NATIVE,
        title="the same compiler was given other options",
        why="The options come from the Python that builds, the environment and the project together.",
        tools="CFLAGS in the environment; another build of Python, whose sysconfig has other flags; "
        "hardening of distributions.",
        mend="Build with the Python of the release's image, and with CFLAGS set or empty on purpose.",
        link="https://docs.python.org/3/using/configure.html#compiler-flags",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_options),
        streams=True,
    ),
    Naming(
        id="native-symbol-versions",
        family=Family.NATIVE,
        title="the files ask for other versions of system libraries",
        why="The linker notes the version of each symbol that it found in the C library at build time.",
        tools="Another glibc: manylinux2014 has 2.17, manylinux_2_28 has 2.28, Debian 12 has 2.36.",
        mend="Build in the manylinux image of the release, pinned by digest.",
        link="https://peps.python.org/pep-0600/",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_versions, (Format.ELF,)),
        streams=True,
    ),
)

LIBRARIES: tuple[Cause, ...] = (
    Naming(
        id="native-vendored-name",
        family=Family.NATIVE,
        title="a vendored library has another hash in its name",
        why="Repair tools put a hash of the library into the name of its copy, and write that name into the "
        "files that use it. A library from another build has another hash.",
        tools="auditwheel (`libfoo-0cf96a72.so`), delvewheel.",
        mend="Build and repair in the image of the release, with the same libraries installed.",
        link="https://github.com/pypa/auditwheel",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_renamed),
        streams=True,
    ),
    Naming(
        id="native-libraries",
        family=Family.NATIVE,
        title="the files are linked with other libraries",
        why="One build found a library, or a way to link it, that the other did not. A loaded library runs "
        "code of its own at once.",
        tools="Optional features; static against shared libraries; a wheel that was repaired against one "
        "that "
        "was not; --as-needed, which distributions set.",
        mend="State which libraries are needed, and fail where one is missing.",
        link="https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_libraries),
        streams=True,
    ),
    Naming(
        id="native-search-path",
        family=Family.NATIVE,
        title="the files search other folders for libraries",
        why="Repair tools point the search path to the folder of vendored libraries; builds may leave their "
        "own.",
        tools="auditwheel and patchelf ($ORIGIN/../name.libs), delocate, CMake's install path, meson.",
        mend="Repair the rebuilt wheel with the same version of the same tool.",
        link="https://man7.org/linux/man-pages/man8/ld.so.8.html",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_search_path),
        streams=True,
    ),
)
