"""Causes in what a build leaves in an executable file: paths, random names, ids, times, order, layout."""

import re
from collections.abc import Iterator, Sequence

from wheelproof.compare.native import FRAME, ImageDifference, NamesDifference, SectionDifference
from wheelproof.core.untrusted import printable
from wheelproof.explain.causes.cause import Cause, Family, Naming
from wheelproof.explain.causes.lines import listed, quoted
from wheelproof.explain.causes.native_signs import NATIVE_KINDS, recognise_by, say_both, say_names
from wheelproof.wheel.native.facts import Format, Section, SectionKind

TEMPORARY = re.compile(
    r"\bcc[A-Za-z0-9]{6}\.(?:o|s|ltrans\d*|res|c)\b|\.mesonpy-\w{8}|\bpip-(?:req-build|install|wheel)-\w{8}"
    r"|\bbuild-via-sdist-\w{8}|\bbuild-env-\w{8}|/tmp/tmp\w{8}\b|/T/tmp\w{8}\b|\brustc[A-Za-z0-9]{6}\b"
)
_FOLDERS = re.compile(
    r"^(?:/(?:project|io|src|build|work|host|home/\w+|Users/\w+|root|tmp|private|var/folders|github/workspace"
    r"|opt/_internal|__w|builds)/|[A-Za-z]:[\\/](?:a|Users|build\w*|agent)[\\/])"
)
# A path of a file with an ending; an address of the network is none.
_SOURCE = re.compile(r"(?:[A-Za-z]:)?[\w.+@ -]*(?:[\\/][\w.+@ -]+)+\.\w{1,6}")
_SEPARATORS = re.compile(r"[\\/]+")
_ADDRESSES = FRAME | {SectionKind.LINKING, SectionKind.SYMBOLS}
_SHOWN_SECTIONS = 4
_BUILD_ID = ".note.gnu.build-id"


def pair_paths(published: Sequence[str], rebuilt: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Paths on one side only that are the same source file in another folder, by its name."""
    others: dict[str, str] = {}
    for text in rebuilt:
        if _SOURCE.fullmatch(text):
            others.setdefault(_file_name(text), text)
    for text in published:
        if _SOURCE.fullmatch(text) and (other := others.get(_file_name(text))):
            yield text, other


def _file_name(text: str) -> str:
    return _SEPARATORS.split(text)[-1]


def _debug_paths(image: ImageDifference) -> str | None:
    paths = image.debug_paths
    return say_names(paths) if paths else None


def _build_path(image: ImageDifference) -> str | None:
    strings = image.strings
    if pair := next(pair_paths(strings.only_published, strings.only_rebuilt), None):
        return f"{quoted(pair[0])} published, {quoted(pair[1])} rebuilt"
    names = NamesDifference(
        only_published=tuple(filter(_FOLDERS.match, strings.only_published)),
        only_rebuilt=tuple(filter(_FOLDERS.match, strings.only_rebuilt)),
    )
    return say_names(names) if names else None


def _temporary(image: ImageDifference) -> str | None:
    """Random names on both sides: one alone would be a difference of another sort."""
    for names in (image.source_names, image.strings, image.debug_paths):
        left, right = (
            [text for text in side if TEMPORARY.search(text)]
            for side in (names.only_published, names.only_rebuilt)
        )
        if left and right:
            return f"published {listed(left, 2)}; rebuilt {listed(right, 2)}"
    return None


def _debug_info(image: ImageDifference) -> str | None:
    sides = ("published", image.published), ("rebuilt", image.rebuilt)
    for what, names in (
        ("debug information", [_has(made.sections, SectionKind.DEBUG) for _, made in sides]),
        ("a symbol table", [any(part.name == ".symtab" for part in made.sections) for _, made in sides]),
    ):
        if names[0] != names[1]:
            return f"only the {'published' if names[0] else 'rebuilt'} file has {what}"
    return None


def _has(sections: Sequence[Section], kind: SectionKind) -> bool:
    return any(section.kind is kind for section in sections)


def _build_id_only(image: ImageDifference) -> str | None:
    left, right = image.published.origin.build_id, image.rebuilt.origin.build_id
    rest = [section for section in image.sections if section.kind not in FRAME and section.name != _BUILD_ID]
    return say_both(left, right) if left != right and not rest else None


def _time(image: ImageDifference) -> str | None:
    left, right = image.published.origin.timestamp, image.rebuilt.origin.timestamp
    if left == right or left is None or right is None:
        return None
    return say_both(f"{left:#010x}", f"{right:#010x}")


def _debug_key(image: ImageDifference) -> str | None:
    left, right = image.published.origin.build_id, image.rebuilt.origin.build_id
    return say_both(left, right) if left != right else None


def _order(image: ImageDifference) -> str | None:
    linkage = image.published.linkage, image.rebuilt.linkage
    for what, names, sides in (
        ("imports", image.imports, [linked.imports.names for linked in linkage]),
        ("exports", image.exports, [linked.exports.names for linked in linkage]),
    ):
        if names.reordered and not names and names.complete:
            left, right = next(pair for pair in zip(*sides, strict=True) if pair[0] != pair[1])
            return f"equal {what} in another order: {quoted(left)} published where {quoted(right)} rebuilt"
    return None


def _layout(image: ImageDifference) -> str | None:
    if not image.sections or image.kinds - _ADDRESSES or any(_says_more(image)):
        return None
    shown = image.sections[:_SHOWN_SECTIONS]
    named = ", ".join(f"{printable(section.name)} {_sizes(section)}" for section in shown)
    more = len(image.sections) - len(shown)
    return f"what differs: {named}" + (f" and {more} more" if more else "")


def _says_more(image: ImageDifference) -> Iterator[object]:
    """What the tables say beyond addresses: where any of it differs, that is the cause."""
    left, right = image.published, image.rebuilt
    yield left.linkage != right.linkage
    yield left.origin != right.origin
    yield left.header != right.header


def _sizes(section: SectionDifference) -> str:
    return (
        " / ".join(f"{side.size_bytes if side else 0}" for side in (section.published, section.rebuilt))
        + " bytes"
    )


TRACES: tuple[Cause, ...] = (
    Naming(
        id="native-temporary-names",
        family=Family.NATIVE,
        title="random names of temporary files are in the file",
        why="The compiler's intermediate files, and the folders of frontends, have random names, and the "
        "symbol "
        "table, assertions or debug information keep them.",
        tools="GCC with -flto or -save-temps (`/tmp/ccXXXXXX.o`); meson-python (`.mesonpy-XXXXXXXX`); pip "
        "and "
        "build (`pip-req-build-XXXXXXXX`, `build-via-sdist-XXXXXXXX`).",
        mend="Strip with -s or --strip-all; map paths with -ffile-prefix-map; set meson-python's builddir.",
        link="https://github.com/mesonbuild/meson-python/issues/671",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_temporary),
        streams=True,
    ),
    Naming(
        id="native-build-path",
        family=Family.NATIVE,
        title="the file's texts hold the path it was built in",
        why="Assertions and messages name their source file, as the compiler was given it (`__FILE__`, "
        "Cython's and Rust's file names).",
        tools="cibuildwheel builds in /project; pip, build and others in folders of their own; cargo in "
        "CARGO_HOME.",
        mend="Compile with -ffile-prefix-map or -fmacro-prefix-map, rustc with --remap-path-prefix.",
        link="https://reproducible-builds.org/docs/build-path/",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_build_path),
        streams=True,
    ),
    Naming(
        id="native-debug-path",
        family=Family.NATIVE,
        title="debug information holds other paths",
        why="DWARF names the folder of each compilation and every header; PDB references and Mach-O's debug "
        "map name files too.",
        tools="Compilers with -g, which Python's own flags often hold; Microsoft's linker with /DEBUG.",
        mend="Strip the release (-Wl,--strip-debug), or compile with -ffile-prefix-map; link with "
        "/PDBALTPATH.",
        link="https://reproducible-builds.org/docs/build-path/",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_debug_paths),
        streams=True,
    ),
    Naming(
        id="native-debug-info",
        family=Family.NATIVE,
        title="one file was stripped, the other was not",
        why="Debug information and symbol tables are left in, or taken out by the linker, by strip or by the "
        "tool that builds or repairs the wheel.",
        tools="cibuildwheel's repair with --strip; setuptools with LDFLAGS=-s; maturin's strip setting.",
        mend="Strip in the project's own settings, so that every build does.",
        link="https://man7.org/linux/man-pages/man1/strip.1.html",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_debug_info),
        streams=True,
    ),
    Naming(
        id="native-build-id",
        family=Family.NATIVE,
        title="only the build id differs",
        why="The linker hashes what it links, debug information included. Where that was stripped "
        "afterwards, "
        "the id still tells of it.",
        tools="GNU ld, LLD and gold with --build-id; debug information with other paths, stripped later.",
        mend="Make debug information reproducible with -ffile-prefix-map, or link with --build-id=none.",
        link="https://reproducible-builds.org/docs/build-path/",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_build_id_only, (Format.ELF,)),
        streams=True,
    ),
    Naming(
        id="native-link-time",
        family=Family.NATIVE,
        title="the header holds the time of linking",
        why="A PE header has a time stamp. Without /Brepro it is the clock's, with it a hash of the content.",
        tools="Microsoft's linker, MinGW's ld without --no-insert-timestamp.",
        mend="Link with /Brepro, or with -Wl,--no-insert-timestamp.",
        link="https://reproducible-builds.org/docs/timestamps/",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_time, (Format.PE,)),
        streams=True,
    ),
    Naming(
        id="native-debug-key",
        family=Family.NATIVE,
        title="the key to debug information differs",
        why="A PE file names its PDB by a random GUID, a Mach-O file has a UUID that the linker makes of its "
        "content and of debug information's paths.",
        tools="Microsoft's linker with /DEBUG and without /Brepro; Apple's ld.",
        mend="Link with /Brepro on Windows; on macOS build in the same folder, or link with -no_uuid.",
        link="https://reproducible-builds.org/docs/deterministic-build-systems/",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_debug_key, (Format.PE, Format.MACH_O)),
        streams=True,
    ),
    Naming(
        id="native-symbol-order",
        family=Family.NATIVE,
        title="the same symbols stand in another order",
        why="The order of the object files on the linker's command line decides, and that may come from the "
        "file system or from a race.",
        tools="Globs in setup.py that are not sorted; parallel builds; another linker.",
        mend="Sort the list of sources.",
        link="https://reproducible-builds.org/docs/stable-inputs/",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_order),
        streams=True,
    ),
    Naming(
        id="native-layout",
        family=Family.NATIVE,
        title="code and data are the same, headers and tables of addresses differ",
        why="Sections lie elsewhere: alignment and padding differ, or a tool that edits the file moved "
        "tables to "
        "its end. What runs at load time is an address in such tables, so that they are not without meaning.",
        tools="patchelf by version, which auditwheel uses; linkers with another -z max-page-size.",
        mend="Repair with the same versions of auditwheel and patchelf.",
        link="https://github.com/NixOS/patchelf",
        kinds=NATIVE_KINDS,
        recognise=recognise_by(_layout),
        streams=True,
    ),
)
