"""What a ``setup.py`` says, read from its syntax tree: nothing of it is run."""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

_ASKS = {"sys.version_info", "sys.version", "sys.platform", "os.name", "sys.implementation.name"}
_DECIDED = re.compile(
    r"(?:install_|setup_|tests_|extras_)?require(?:s|ments|_dist)?|.*_requires?|.*requirements|dependencies|deps"
    r"|packages|py_modules|package_data|data_files"
)
_NOT_BUILT = re.compile(r"tests?_require.*|setup_requires?|test_requirements|dev_.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A choice that a ``setup.py`` makes by the Python or the platform that runs it.

    Attributes:
        line: where the condition stands.
        asked: what it asks, such as ``sys.version_info``.
        decides: the name of what it changes.
    """

    line: int
    asked: str
    decides: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupPy:
    """The calls of ``setup`` in a ``setup.py``, and what it decides by the Python that runs it.

    Attributes:
        arguments: the keywords that ``setup`` is called with, by their names.
        decisions: in the order of the lines.
    """

    arguments: dict[str, ast.expr] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()


def read_setup_py(text: str) -> SetupPy:
    """Read a ``setup.py``; one that is no Python of today says nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nodes = list(ast.walk(ast.parse(text)))
        return SetupPy(
            arguments={
                keyword.arg: keyword.value
                for node in nodes
                if isinstance(node, ast.Call) and _name(node.func).rpartition(".")[2] == "setup"
                for keyword in node.keywords
                if keyword.arg
            },
            decisions=tuple(
                sorted((found for node in nodes for found in _decisions(node)), key=lambda found: found.line)
            ),
        )
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return SetupPy()


def literal(node: ast.expr | None) -> object:
    """The value of an expression of literals alone; None where it is another."""
    if node is None:
        return None
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def _decisions(node: ast.AST) -> Iterator[Decision]:
    if isinstance(node, ast.If):
        asked = _asked(node.test)
        decides = next((name for part in (*node.body, *node.orelse) for name in _changed(part)), "")
        if asked and decides:
            yield Decision(line=node.lineno, asked=asked, decides=decides)
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.IfExp):
        asked = _asked(node.value.test)
        decides = next((name for name in map(_target, node.targets) if _is_decided(name)), "")
        if asked and decides:
            yield Decision(line=node.lineno, asked=asked, decides=decides)


def _asked(test: ast.expr) -> str:
    """What a condition asks of the interpreter or the platform; empty where it asks nothing of them."""
    for node in ast.walk(test):
        name = _name(node) if isinstance(node, ast.Attribute) else ""
        if name in _ASKS or name.startswith("platform."):
            return name
    return ""


def _changed(statement: ast.stmt) -> Iterator[str]:
    """The names of requirements or files that a statement sets, or adds to."""
    match statement:
        case ast.Assign(targets=targets):
            yield from filter(_is_decided, map(_target, targets))
        case ast.AugAssign(target=target):
            yield from filter(_is_decided, [_target(target)])
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=value, attr="append" | "extend" | "insert"))):
            yield from filter(_is_decided, [_target(value)])
        case _:
            return


def _target(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return _name(node).rpartition(".")[2]


def _is_decided(name: str) -> bool:
    lowered = name.lower()
    return bool(_DECIDED.fullmatch(lowered)) and not _NOT_BUILT.fullmatch(lowered)


def _name(node: ast.AST) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed([*parts, node.id])) if isinstance(node, ast.Name) else ""
