"""What an executable file says about itself, in one shape for ELF, PE and Mach-O."""

from dataclasses import dataclass
from enum import StrEnum

from wheelproof.core.identity import Digest


class Format(StrEnum):
    """The executable formats that are read."""

    ELF = "ELF"
    PE = "PE"
    MACH_O = "Mach-O"


class SectionKind(StrEnum):
    """What a stretch of the file is for."""

    CODE = "code"
    READ_ONLY = "read-only data"
    DATA = "data"
    DEBUG = "debug"
    NOTES = "notes"
    SYMBOLS = "symbols"
    LINKING = "linking"
    UNWIND = "unwind tables"
    SIGNATURE = "signature"
    HEADERS = "headers"
    PADDING = "padding"
    OUTSIDE = "bytes outside sections"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A named stretch of the file; headers and what lies between sections have names in brackets.

    Attributes:
        name: as the file has it, not safe to print.
        kind: what it is for.
        flags: how it is mapped, of the letters ``rwx``, or empty where it is not.
        address: where it is mapped to.
        offset: where it begins in the file.
        size_bytes: its size, in memory where it takes no room in the file.
        digest: of its bytes, or None where it has none in the file or they could not be read.
    """

    name: str
    kind: SectionKind
    flags: str = ""
    address: int = 0
    offset: int = 0
    size_bytes: int = 0
    digest: Digest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Distinct texts in the order of the file, not safe to print; ``left_out`` counts the rest."""

    names: tuple[str, ...] = ()
    left_out: int = 0

    @property
    def complete(self) -> bool:
        """Nothing was left out."""
        return not self.left_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Linkage:
    """What the file gives to the dynamic linker.

    Attributes:
        identity: SONAME, the install name of a dylib, or the name in a DLL's export table.
        libraries: what is loaded with it, in order.
        search_paths: where these are searched, each as ``RPATH value`` or ``RUNPATH value``.
        imports: undefined symbols; with ``@VERSION`` in ELF, ``library!name`` in PE.
        exports: defined symbols that others can use.
        required_versions: as ``library VERSION`` (ELF).
    """

    identity: str = ""
    libraries: Names = Names()
    search_paths: tuple[str, ...] = ()
    imports: Names = Names()
    exports: Names = Names()
    required_versions: Names = Names()


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What the file tells of how it was made.

    Attributes:
        build_id: the build id note, PDB GUID and age, or Mach-O UUID.
        timestamp: the time in a PE header, as the number that stands there, or None.
        compilers: as the compilers signed (``.comment``, Rich header).
        linkers: as the linkers signed.
        producers: of DWARF's compilation units.
        debug_paths: absolute paths in debug information, and the path of a PDB.
        source_names: the names of source or object files in the symbol table.
        cpu_features: what the processor must know or may use, as notes state it.
    """

    build_id: str = ""
    timestamp: int | None = None
    compilers: Names = Names()
    linkers: Names = Names()
    producers: Names = Names()
    debug_paths: Names = Names()
    source_names: Names = Names()
    cpu_features: Names = Names()


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One program image; a universal Mach-O file has one for each processor.

    Attributes:
        architecture: processor, word size and byte order.
        type: shared object, executable, …
        header: further values of the headers by name.
        strings: printable strings of the data sections.
        problems: what could not be read and why, or what contradicts itself; safe to print.
    """

    architecture: str
    type: str
    header: tuple[tuple[str, str], ...] = ()
    sections: tuple[Section, ...] = ()
    linkage: Linkage = Linkage()
    origin: Origin = Origin()
    strings: Names = Names()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeFacts:
    """An executable file.

    Attributes:
        images: none where even the headers can't be read.
        unread: why it could not be read, safe to print; empty where it was.
    """

    format: Format
    size_bytes: int
    images: tuple[Image, ...] = ()
    unread: str = ""
