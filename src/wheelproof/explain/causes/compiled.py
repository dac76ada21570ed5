"""Python source compared by what it compiles to: comments, blanks and line numbers leave no trace there."""

import dis
import re
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from types import CodeType

# The compiler needs up to 650 bytes of memory for a token: measured on what makes it need most.
_LIMIT_TOKENS = 60_000
_LIMIT_BYTES = 1 << 20
_TOKEN = re.compile(rb"\w+|[^\w\s]|\n")
# What the compiler puts in for tracers alone, or to make room for an argument.
_EMPTY = frozenset({"NOP", "EXTENDED_ARG", "CACHE"})
_COUNTS = ("co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_flags")
_NAMES = ("co_name", "co_names", "co_varnames", "co_freevars", "co_cellvars")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeDifference:
    """Where two modules' code differs.

    Attributes:
        changed: definitions of the module's top level that are in both and not the same.
        only_published: those that only this side has.
        only_rebuilt: those that only that side has.
        top_level: what the module itself runs differs, beside its definitions' bodies.
    """

    changed: frozenset[str]
    only_published: frozenset[str]
    only_rebuilt: frozenset[str]
    top_level: bool

    def __bool__(self) -> bool:
        return bool(self.changed or self.only_published or self.only_rebuilt or self.top_level)


def compare_source(published: bytes, rebuilt: bytes) -> CodeDifference | None:
    """Compare two modules; None where one of them can't be compiled by this Python, or is too large."""
    left, right = _compile(published), _compile(rebuilt)
    if left is None or right is None:
        return None
    ours, theirs = _definitions(left), _definitions(right)
    common = ours.keys() & theirs.keys()
    return CodeDifference(
        changed=frozenset(name for name in common if not _all_same(ours[name], theirs[name])),
        only_published=frozenset(ours.keys() - common),
        only_rebuilt=frozenset(theirs.keys() - common),
        top_level=not _is_same(left, right, deep=False),
    )


@lru_cache(maxsize=2)
def _compile(data: bytes) -> CodeType | None:
    if len(data) > _LIMIT_BYTES or (len(data) > _LIMIT_TOKENS and _tokens(data) > _LIMIT_TOKENS):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compile(data, "", "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError, LookupError):
        return None


def _tokens(data: bytes) -> int:
    """How many there are at most: words inside of strings count too."""
    return sum(1 for _ in _TOKEN.finditer(data))


def _definitions(module: CodeType) -> dict[str, list[CodeType]]:
    found: defaultdict[str, list[CodeType]] = defaultdict(list)
    for constant in module.co_consts:
        if isinstance(constant, CodeType):
            found[constant.co_name].append(constant)
    return found


def _all_same(left: list[CodeType], right: list[CodeType]) -> bool:
    return all(one and other and _is_same(one, other) for one, other in zip_longest(left, right))


def _is_same(left: CodeType, right: CodeType, *, deep: bool = True) -> bool:
    """Equal but for positions in the source; ``deep`` holds for the bodies of definitions inside too."""
    if any(getattr(left, name) != getattr(right, name) for name in (*_COUNTS, *_NAMES)):
        return False
    if len(left.co_consts) != len(right.co_consts):
        return False
    for one, other in zip(left.co_consts, right.co_consts, strict=True):
        if isinstance(one, CodeType) and isinstance(other, CodeType):
            if not (_is_same(one, other) if deep else one.co_name == other.co_name):
                return False
        elif not _is_same_constant(one, other):
            return False
    if left.co_code == right.co_code and left.co_exceptiontable == right.co_exceptiontable:
        return True
    return list(_instructions(left)) == list(_instructions(right))


def _is_same_constant(left: object, right: object) -> bool:
    """Of the same type and value; ``repr`` tells 0.0 from -0.0, and the members of tuples apart by type."""
    return type(left) is type(right) and (left == right) and repr(left) == repr(right)


def _instructions(code: CodeType) -> Iterator[tuple[str, object]]:
    """What is done, with jumps by how many instructions lie before their target."""
    shown = [item for item in dis.get_instructions(code) if item.opname not in _EMPTY]
    places = {item.offset: place for place, item in enumerate(shown)}
    jumps = {*dis.hasjrel, *dis.hasjabs}
    for item in shown:
        if item.opcode in jumps:
            target = item.argval
            while target not in places and target < len(code.co_code):
                target += 2
            yield item.opname, places.get(target)
        else:
            yield item.opname, item.arg
