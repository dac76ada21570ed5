"""Where the bytes of a deflated member come from when the published file is written again."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from wheelproof.compare.deflate import HiddenBytesError, check_stream
from wheelproof.wheel.archive import Archive
from wheelproof.wheel.members import Member
from wheelproof.wheel.zipformat import Method


@dataclass(frozen=True, slots=True, kw_only=True)
class ZlibSetting:
    """What zlib was told; ``str()`` names it."""

    level: int
    memory: int

    def __str__(self) -> str:
        return f"zlib level {self.level}" + ("" if self.memory == 8 else f", memory {self.memory}")


STORED = "stored"
FROM_REBUILT = "as in the rebuilt file"
FROM_PUBLISHED = "taken from the published file"

# What the writers of wheels use: CPython's default first, then auditwheel's and Info-ZIP's -9.
ZLIB_SETTINGS = tuple(
    ZlibSetting(level=level, memory=memory) for memory in (8, 9) for level in (6, 9, 1, 8, 7, 5, 4, 3, 2, 0)
)
# After so many members that no setting gives, only the last one that did is tried again.
_FAILURES = 3
# An encoder that is not at hand may need so much more than the rebuilt wheel's: measured with zlib-ng.
_ALLOWED_GROWTH = 5 / 4
_ALLOWED_MORE_BYTES = 16


class NoEncodingError(Exception):
    """The published stream can't be accounted for; the message says why."""


class EncoderChoice:
    """Finds for one member after the other how its published bytes come out of the rebuilt content."""

    def __init__(self, published: Archive, rebuilt: Archive) -> None:
        self._published = published
        self._rebuilt = rebuilt
        self._settings = list(ZLIB_SETTINGS)
        self._failures = 0
        self._found = False

    def encode(self, member: Member, other: Member) -> tuple[str, Iterator[bytes]]:
        """The name of the encoding, and the data: the published member's, out of the rebuilt one.

        Raises:
            NoEncodingError: no encoding is known, and the stream may hide bytes.
            MalformedError: a content can't be read.
        """
        if member.method == Method.STORED:
            return STORED, self._rebuilt.open(other)
        if self._published.has_data_of(member, self._rebuilt, other):
            return FROM_REBUILT, self._rebuilt.raw(other)
        if setting := self._find_setting(member, other):
            return str(setting), deflate(self._rebuilt.open(other), setting)
        reference = other.compressed_bytes
        if other.method == Method.STORED:
            reference = sum(map(len, deflate(self._rebuilt.open(other), ZLIB_SETTINGS[0])))
        self._check_stream(member, reference)
        return FROM_PUBLISHED, self._published.raw(member)

    def check_alone(self, member: Member) -> None:
        """Hold a published member whose content the rebuilt wheel has not got: its data must hide nothing.

        Raises:
            NoEncodingError: its stream may hide bytes.
            MalformedError: its content can't be read.
        """
        if member.method == Method.STORED:
            return
        for setting in self._settings[:3]:
            if same_bytes(deflate(self._published.open(member), setting), self._published.raw(member)):
                return
        self._check_stream(member, sum(map(len, deflate(self._published.open(member), ZLIB_SETTINGS[0]))))

    def _find_setting(self, member: Member, other: Member) -> ZlibSetting | None:
        for setting in self._settings:
            produced = deflate(self._rebuilt.open(other), setting)
            if same_bytes(produced, self._published.raw(member)):
                self._settings.remove(setting)
                self._settings.insert(0, setting)
                self._found = True
                return setting
        self._failures += 1
        if self._failures == _FAILURES:
            self._settings = self._settings[: self._found]
        return None

    def _check_stream(self, member: Member, reference: int) -> None:
        if member.compressed_bytes > reference * _ALLOWED_GROWTH + _ALLOWED_MORE_BYTES:
            raise NoEncodingError(
                f"its compressed data has {member.compressed_bytes} bytes, the content needs {reference}"
            )
        try:
            check_stream(self._published.raw(member))
        except HiddenBytesError as error:
            raise NoEncodingError(f"its compressed data may hide bytes: {error}") from None


def deflate(content: Iterator[bytes], setting: ZlibSetting) -> Iterator[bytes]:
    """Compress with zlib, as a raw deflate stream."""
    stream = zlib.compressobj(setting.level, zlib.DEFLATED, -zlib.MAX_WBITS, setting.memory)
    for chunk in content:
        yield stream.compress(chunk)
    yield stream.flush()


def same_bytes(left: Iterator[bytes], right: Iterator[bytes]) -> bool:
    """Two streams hold the same bytes, however they are cut; neither is read past the first difference."""
    ahead = b""
    for chunk in left:
        while len(ahead) < len(chunk):
            more = next(right, None)
            if more is None:
                return False
            ahead += more
        if ahead[: len(chunk)] != chunk:
            return False
        ahead = ahead[len(chunk) :]
    return not ahead and next(right, None) is None
