"""Causes in text of any kind: line endings, and what builds stamp into files."""

import re
from functools import lru_cache
from itertools import zip_longest

from wheelproof.explain.causes.cause import Cause, Closing, Evidence, Family, Kind, MemberSide, Naming
from wheelproof.explain.causes.lines import changed_lines, decode, first_line, is_text, quoted

_LINE_ENDING_KINDS = frozenset(
    {
        Kind.PYTHON,
        Kind.TEXT,
        Kind.LICENSE,
        Kind.METADATA,
        Kind.WHEEL,
        Kind.ENTRY_POINTS,
        Kind.TOP_LEVEL,
    }
)
_WORD = re.compile(r"\S+")
# Of a larger text it is not sought whether only blanks differ: it is decoded as a whole.
_BLANKS_LIMIT_BYTES = 2 << 20
_STAMPED = frozenset(kind for kind in Kind if kind not in {Kind.NATIVE, Kind.RECORD, Kind.METADATA})
# PEP 263, as wide as CPython looks for it: another encoding may have other line ends.
_ENCODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.MULTILINE)
_UTF_8 = frozenset({b"utf-8", b"utf8", b"ascii", b"us-ascii"})

_DATE = (
    r"\b(?:19|20)\d\d-[01]\d-[0-3]\d(?:[T ][0-2]\d:[0-5]\d(?::[0-6]\d(?:\.\d{1,9})?)?)?"
    r"(?:Z|[+-][0-2]\d:?\d\d)?"
    r"|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? [A-Z0-9][a-z0-9]{1,2} [A-Z0-9 ][A-Za-z0-9]{1,2}"
    r"(?: [0-9:]{4,8}){1,2}(?: [0-9A-Z+]{1,5})?(?: (?:19|20)\d\d)?"
    r"|\b(?:19|20)\d\d[01]\d[0-3]\d(?:T?[0-2]\d[0-5]\d[0-6]\d)?\b"
)
_TEMPORARY = (
    r"(?:\.mesonpy-|pip-(?:req-build|install|build-env|wheel|modern-metadata|ephem-wheel-cache)-|build-via-sdist-"
    r"|build-env-|cibw-run-)[A-Za-z0-9_]{6,12}|/tmp/tmp[A-Za-z0-9_]{8}|/tmp/cc[A-Za-z0-9]{6}\b|/\.tmp[A-Za-z0-9]{6}\b"
)
_PATH = (
    r"(?<![\w.:/~-])/(?:tmp|home|root|Users|private|project|build|builds|io|work|workspace|github|opt|usr|var|mnt|src)"
    r"/[\w.+@~/-]{1,300}|\b[A-Za-z]:[\\/][\w.+@~\\/-]{1,300}"
)
# Ten digits alone are a time in seconds.
_COMMIT = r"(?<![0-9A-Za-z_-])g?(?=[0-9a-f]{0,39}\d)(?!\d{10}(?![0-9a-f]))[0-9a-f]{7,40}(?![0-9A-Za-z_-])"
_TOOL = (
    r"(?i:generated (?:\w+ ){0,4}by|created by|compiled (?:with|by)|cython|protobuf(?: python)? version"
    r"|protoc-gen-\w+|swig|flex|bison|thrift compiler)\W{0,3}(?:\(?[\w ]{0,30}?[( ])?v?\d+(?:\.\w+){1,4}\)?"
)


def _with_line_feeds(side: MemberSide) -> bytes:
    """CRLF becomes LF, in UTF-8 text that has no other carriage return."""
    data = side.content
    if data.count(b"\r") != data.count(b"\r\n") or not is_text(data):
        return data
    if side.kind is Kind.PYTHON and not _is_plain_source(data):
        return data
    return data.replace(b"\r\n", b"\n")


def _is_plain_source(data: bytes) -> bool:
    if data.rstrip(b"\r\n").endswith(b"\\"):
        return False  # CPython takes a last backslash before CRLF and refuses it before LF
    head = b"\n".join(data.split(b"\n", 2)[:2])
    return all(found.lower() in _UTF_8 for found in _ENCODING.findall(head))


def _line_ends_evidence(published: MemberSide, rebuilt: MemberSide) -> str | None:
    left, right = (side.content.count(b"\r\n") for side in (published, rebuilt))
    return None if left == right else f"{left} lines with CRLF published, {right} rebuilt"


class Stamp:
    """Something that builds write into text, recognised where nothing but stamps differs in a line."""

    def __init__(self, pattern: str) -> None:
        self.pattern = re.compile(pattern)

    def recognise(self, published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
        """The first line in which this differs."""
        for left, right in changed_lines(published.content, rebuilt.content).replaced:
            one, other = self.pattern.findall(left.text), self.pattern.findall(right.text)
            if one != other and one and other and _masked(left.text) == _masked(right.text):
                pairs = [(a, b) for a, b in zip(one, other, strict=False) if a != b]
                first, second = pairs[0] if pairs else (one[-1], other[-1])
                return Evidence(
                    text=f"line {left.number}: {quoted(first)} published, {quoted(second)} rebuilt"
                )
        return None


_STAMPS = {
    name: Stamp(pattern)
    for name, pattern in (
        ("temporary", _TEMPORARY),
        ("path", _PATH),
        ("tool", _TOOL),
        ("date", _DATE),
        ("commit", _COMMIT),
    )
}


@lru_cache(maxsize=4096)
def _masked(line: str) -> str:
    for name, stamp in _STAMPS.items():
        line = stamp.pattern.sub(f"<{name}>", line)
    return line


def _same_lines(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    changes = changed_lines(published.content, rebuilt.content)
    if changes.published or changes.rebuilt or not changes.complete or not is_text(published.content):
        return None
    number, one, other = first_line(published.content, rebuilt.content)
    return Evidence(text=f"the same lines; line {number} is {quoted(one)} published, {quoted(other)} rebuilt")


def _blanks(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    if max(published.size_bytes, rebuilt.size_bytes) > _BLANKS_LIMIT_BYTES:
        return None
    left, right = decode(published.content), decode(rebuilt.content)
    if left is None or right is None:
        return None
    words = (_WORD.finditer(text) for text in (left, right))
    if any(not one or not other or one[0] != other[0] for one, other in zip_longest(*words)):
        return None
    number, line, other_line = first_line(published.content, rebuilt.content)
    return Evidence(text=f"line {number}: {quoted(line)} published, {quoted(other_line)} rebuilt")


TEXT: tuple[Cause, ...] = (
    Closing(
        id="text-line-endings",
        family=Family.TEXT,
        title="text ends its lines with CRLF instead of LF",
        why="The sdist or the wheel was made on Windows, or from a checkout in which git converted line "
        "ends. Python reads both alike, inside string literals too.",
        tools="git with core.autocrlf on Windows; Windows editors; tools that open files in text mode.",
        mend="Put `* text=auto eol=lf` into .gitattributes, and build every wheel from the sdist.",
        link="https://git-scm.com/docs/gitattributes#_text",
        kinds=_LINE_ENDING_KINDS,
        normalise=_with_line_feeds,
        evidence=_line_ends_evidence,
    ),
)

STAMPS: tuple[Cause, ...] = (
    Naming(
        id="temporary-name",
        family=Family.TEXT,
        title="the name of a temporary folder or file was written down",
        why="Frontends and compilers work in folders with random names, and such a name got into the result.",
        tools="pip (`pip-req-build-*`), build (`build-via-sdist-*`), uv (`.tmp*`), meson-python "
        "(`.mesonpy-*`), gcc (`/tmp/cc*.o`).",
        mend="Build the wheel from a fixed folder, and keep paths out of what is generated.",
        link="https://github.com/mesonbuild/meson-python/issues/671",
        kinds=_STAMPED,
        recognise=_STAMPS["temporary"].recognise,
    ),
    Naming(
        id="build-path",
        family=Family.TEXT,
        title="the path of the build was written down",
        why="A generated file names the folder in which it was made.",
        tools="Generated configuration (`__config__.py`), Cython's comments, CMake and Meson exports, "
        "sysconfig values.",
        mend="Write paths relative to the project, or map them with -ffile-prefix-map.",
        link="https://reproducible-builds.org/docs/build-path/",
        kinds=_STAMPED,
        recognise=_STAMPS["path"].recognise,
    ),
    Naming(
        id="tool-version",
        family=Family.TEXT,
        title="a file was generated by another version of its tool",
        why="Code generators write their name and version into what they make.",
        tools="Cython, protoc, SWIG, grpcio-tools, thrift, flex and bison.",
        mend="Pin the generator in build-system.requires, or put what it makes into the sdist.",
        link="https://reproducible-builds.org/docs/version-information/",
        kinds=_STAMPED,
        recognise=_STAMPS["tool"].recognise,
    ),
    Naming(
        id="build-date",
        family=Family.TEXT,
        title="the date of the build was written down",
        why="A file was stamped with the time at which it was made.",
        tools="setup.py and generators that ask for the current time.",
        mend="Leave the date out, or take it from SOURCE_DATE_EPOCH.",
        link="https://reproducible-builds.org/docs/timestamps/",
        kinds=_STAMPED,
        recognise=_STAMPS["date"].recognise,
    ),
    Naming(
        id="commit-id",
        family=Family.TEXT,
        title="a commit id was written down",
        why="The wheel was built in a git checkout and names its commit; an sdist has no repository to ask.",
        tools="setuptools-scm, hatch-vcs, versioneer, pbr, setup.py that calls git.",
        mend="Build the wheel from the sdist, with the id written into the sdist.",
        link="https://setuptools-scm.readthedocs.io/",
        kinds=_STAMPED,
        recognise=_STAMPS["commit"].recognise,
    ),
    Naming(
        id="line-order",
        family=Family.TEXT,
        title="the same lines stand in another order",
        why="A generator walked a folder, a set or a hash table, whose order is not the same everywhere.",
        tools="Generators that use os.listdir, glob or sets without sorting.",
        mend="Sort before writing.",
        link="https://reproducible-builds.org/docs/stable-inputs/",
        kinds=_STAMPED,
        recognise=_same_lines,
    ),
    Naming(
        id="blanks",
        family=Family.TEXT,
        title="only blanks and empty lines differ",
        why="An editor, a formatter or a generator left other blanks. In Python and in many formats they "
        "mean something, so this is named and not closed.",
        tools="Formatters, editors, templates of generators.",
        mend="Build every wheel from the sdist.",
        link="https://reproducible-builds.org/docs/source-date-epoch/",
        kinds=_STAMPED,
        recognise=_blanks,
    ),
)
