"""The default index, as pypi-simple names it.

The constant is read from the library's source: importing the library brings in an HTML parser that a JSON
client never uses, and takes longer than everything else at the program's start.
"""

import ast
from importlib.util import find_spec
from pathlib import Path

_CONSTANT = "PYPI_SIMPLE_ENDPOINT"


def default_index() -> str:
    """The address of the default index.

    Raises:
        LookupError: pypi-simple is not installed, or names it no longer.
    """
    spec = find_spec("pypi_simple")
    if spec is None or spec.origin is None:
        raise LookupError("pypi-simple is not installed")
    for node in ast.parse(Path(spec.origin).read_bytes()).body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str(value))) if (
                name == _CONSTANT
            ):
                return value
    raise LookupError(f"pypi-simple has no {_CONSTANT}")
