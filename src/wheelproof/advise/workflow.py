"""A GitHub workflow as facts: which steps build, and which publish. Nothing is expanded or run."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from wheelproof.core.errors import MalformedError
from wheelproof.core.untrusted import printable

_JOBS = 100
_STEPS = 200
_KEYS = 200
_SCRIPTS = 20
_COMMAND_CHARS = 2000
_SCRIPT = re.compile(r"(?<![\w./-])[\w./-]{1,200}\.sh\b")
_MATRIX = re.compile(r"matrix\.([A-Za-z_][\w-]{0,60})")
_CONTINUED = re.compile(r"\\\r?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a job.

    Attributes:
        line: where it begins, from 1.
        uses: the action and its version, or empty.
        run: its script, with the shell scripts of the project that it runs; or empty.
        inputs: what its action is given.
        condition: its ``if``, or empty.
    """

    line: int
    uses: str = ""
    run: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    condition: str = ""

    @property
    def commands(self) -> tuple[str, ...]:
        """The lines of its script, without comments, those joined that a backslash continues."""
        lines = (line.strip() for line in _CONTINUED.sub(" ", self.run).splitlines())
        return tuple(line[:_COMMAND_CHARS] for line in lines if line and not line.startswith("#"))

    def uses_action(self, name: str) -> bool:
        """It uses the action, whichever version of it."""
        return self.uses.lower().startswith(f"{name.lower()}@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job: the runners that it names, by a label or its matrix, and its steps."""

    name: str
    line: int
    runners: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """One workflow.

    Attributes:
        path: where it lies in the project.
        text: the YAML.
        jobs: its jobs; where a step runs a shell script of the project, its commands are the step's.
        scripts: the texts of those shell scripts.
    """

    path: str
    text: str = field(repr=False)
    jobs: tuple[Job, ...]
    scripts: tuple[str, ...] = field(default=(), repr=False)

    def mentions(self, word: str) -> bool:
        """Its text, comments included, or that of a script has a word."""
        return any(word in text for text in (self.text, *self.scripts))

    @property
    def steps(self) -> Iterator[Step]:
        """Every step of every job."""
        for job in self.jobs:
            yield from job.steps


def parse_workflow(path: str, text: str, scripts: Mapping[str, str] | None = None) -> Workflow:
    """Read a workflow.

    Args:
        path: where it lies in the project.
        text: the YAML.
        scripts: the project's shell scripts, by their paths.

    Raises:
        MalformedError: it is no YAML. What is not as GitHub wants it is left out.
    """
    loader = yaml.SafeLoader(text) if _is_readable(text) else None
    if loader is None:
        raise MalformedError(f"{printable(path)} is not YAML")
    try:
        root = loader.get_single_node()
    except (yaml.YAMLError, ValueError, RecursionError):
        raise MalformedError(f"{printable(path)} is not YAML") from None
    finally:
        loader.dispose()
    jobs = _pairs(_get(root, "jobs"))[:_JOBS]
    called = _called(text, scripts or {})
    return Workflow(
        path=path,
        text=text,
        jobs=tuple(_job(name, node, called) for name, node in jobs),
        scripts=tuple(called.values()),
    )


def _called(text: str, scripts: Mapping[str, str]) -> dict[str, str]:
    """The scripts that a text names."""
    names = {name.removeprefix("./") for name in _SCRIPT.findall(text)}
    return {name: scripts[name] for name in sorted(names & scripts.keys())[:_SCRIPTS]}


def _is_readable(text: str) -> bool:
    return yaml.reader.Reader.NON_PRINTABLE.search(text) is None


def _job(name: str, node: yaml.Node, scripts: Mapping[str, str]) -> Job:
    return Job(
        name=name,
        line=_line(node),
        runners=tuple(_runners(node)),
        steps=tuple(_step(item, scripts) for item in _items(_get(node, "steps"))[:_STEPS]),
    )


def _step(node: yaml.Node, scripts: Mapping[str, str]) -> Step:
    run = _text(_get(node, "run"))
    return Step(
        line=_line(node),
        uses=_text(_get(node, "uses")),
        run="\n".join([run, *_called(run, scripts).values()]),
        inputs={name: _text(value) for name, value in _pairs(_get(node, "with"))},
        condition=_text(_get(node, "if")),
    )


def _runners(node: yaml.Node) -> Iterator[str]:
    asked = _get(node, "runs-on")
    for label in [asked, *_items(asked)]:
        text = _text(label)
        found = _MATRIX.search(text)
        if not found:
            yield text
            continue
        matrix = _get(_get(node, "strategy"), "matrix")
        yield from (_text(value) for value in _items(_get(matrix, found[1]))[:_KEYS])
        yield from (_text(_get(row, found[1])) for row in _items(_get(matrix, "include"))[:_KEYS])


def _get(node: yaml.Node | None, key: str) -> yaml.Node | None:
    return next((value for name, value in _pairs(node) if name == key), None)


def _pairs(node: yaml.Node | None) -> list[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [(_text(key), value) for key, value in node.value[:_KEYS]]


def _items(node: yaml.Node | None) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _text(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
