"""What is wrong with a document, each mistake with its path."""

from pydantic import ValidationError

from wheelproof.core.untrusted import printable

_SHOWN = 10


def describe_mistakes(error: ValidationError) -> str:
    """Every mistake as ``path: what``, the first few where there are many; safe to show."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    # A list whose items are wrong is not called too short beside them.
    deeper = {problem["loc"][:length] for problem in problems for length in range(len(problem["loc"]))}
    problems = [problem for problem in problems if problem["loc"] not in deeper]
    shown = [f"{_path(problem['loc'])}: {printable(problem['msg'])}" for problem in problems[:_SHOWN]]
    more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
    return "; ".join([*shown, *more])


def _path(parts: tuple[int | str, ...]) -> str:
    return printable(".".join(str(part) for part in parts)) or "the document"
