"""Printable strings out of raw bytes, and the ones that tell how a file was made."""

import re
import zlib
from collections.abc import Iterable, Iterator

from wheelproof.wheel.native.facts import Names, Section, SectionKind
from wheelproof.wheel.native.window import NameLog, Problems, UnreadableError, Window

_RUN = re.compile(rb"[\t\x20-\x7e]{5,}")
_WIDE_RUN = re.compile(rb"(?:[\x20-\x7e]\0){5,}")
_PRINTABLE = bytes((9, *range(0x20, 0x7F)))
_CARRIED_BYTES = 4096
_CHUNK_BYTES = 1 << 18
_INFLATING_IS_CHEAPER = 8
# From the start of a path on; in a debug section the text before it may be bytes that only look printable.
_PATH = re.compile(r"(?:/(?!/)[\w.+@-]|[A-Za-z]:[\\/]).*")
_PLAIN_PATH = re.compile(r"[\w.+@~ =,():/\\-]{5,}")
_PRODUCER = re.compile(
    r"(?:GNU \w|(?:\w+ )?clang |rustc |LLVM|Apple |Intel\(R\)|NVIDIA|nvc|Cython |zig |Go cmd/compile)"
)


def scan_strings(chunks: Iterable[bytes], *, wide: bool = False) -> Iterator[str]:
    """Printable ASCII strings of five or more characters; ``wide`` finds those of UTF-16 instead.

    A string that lies across two chunks is found whole where its first part is not over 4096 bytes.
    """
    run = _WIDE_RUN if wide else _RUN
    carried = b""
    for chunk in chunks:
        data = carried + chunk
        cut = len(data.rstrip(_PRINTABLE + b"\0" if wide else _PRINTABLE))
        if len(data) - cut > _CARRIED_BYTES:
            cut = len(data)
        carried = data[cut:]
        yield from _runs(run, data[:cut], wide=wide)
    yield from _runs(run, carried, wide=wide)


def _runs(run: re.Pattern[bytes], data: bytes, *, wide: bool) -> Iterator[str]:
    for match in run.finditer(data):
        yield (match[0][::2] if wide else match[0]).decode("ascii")


class StringCount:
    """Counts the strings that are looked at, up to a limit."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    def counted(self, strings: Iterable[str]) -> Iterator[str]:
        """The same strings; raises UnreadableError at the limit."""
        for text in strings:
            self._left -= 1
            if self._left < 0:
                raise UnreadableError("more strings than the limit, the rest was not read")
            yield text


def sort_debug_strings(
    strings: Iterable[str], producers: NameLog, paths: NameLog, *, among_numbers: bool = False
) -> None:
    """Keep of a debug section's strings the compilers that produced it, and absolute paths.

    Args:
        strings: printable text of the section.
        producers: takes the compilers.
        paths: takes the paths.
        among_numbers: the section has numbers too, of which some look like text.
    """
    for text in strings:
        if _PRODUCER.match(text):
            producers.add(text)
        elif (path := _PATH.match(text)) and not (among_numbers and not _PLAIN_PATH.fullmatch(text)):
            paths.add(path[0])


def inflate_section(window: Window, data: Iterable[bytes]) -> Iterator[bytes]:
    """The content of a section that zlib compressed, up to the window's limits.

    Raises:
        UnreadableError: it is damaged, or larger than the limit.
    """
    stream = zlib.decompressobj()
    left = window.limits.inflated_bytes
    try:
        for piece in data:
            rest = piece
            while rest and not stream.eof:
                content = stream.decompress(rest, _CHUNK_BYTES)
                rest = stream.unconsumed_tail
                left -= len(content)
                if left < 0:
                    limit = window.limits.inflated_bytes
                    raise UnreadableError(f"more than {limit} bytes when decompressed, the rest was not read")
                window.spend(len(content) // _INFLATING_IS_CHEAPER)
                yield content
    except zlib.error as error:
        raise UnreadableError(f"can't be decompressed ({error})") from None


def read_strings(
    window: Window, problems: Problems, sections: Iterable[Section], *, wide: bool = False
) -> Names:
    """The distinct strings of the sections that hold data; ``wide`` adds those of UTF-16."""
    found = NameLog(window.limits)
    count = StringCount(window.limits.strings)
    for section in sections:
        if section.digest is None or section.kind not in {SectionKind.READ_ONLY, SectionKind.DATA}:
            continue
        for is_wide in (False, True) if wide else (False,):
            try:
                chunks = window.chunks(section.offset, section.size_bytes)
                for text in count.counted(scan_strings(chunks, wide=is_wide)):
                    if found.full:
                        raise UnreadableError("more strings than are kept, the rest was not read")
                    found.add(text)
            except UnreadableError as error:
                problems.note(f"{section.name}: {error}")
                found.skip(1)
    return found.close()
