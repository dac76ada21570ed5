"""The release's version, for build tools that would ask git for it in a tree without its ``.git``."""

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from wheelproof.recipe.schema import Override, RecipeChange
from wheelproof.source.sdist import Sdist


def _always(_: dict[str, Any]) -> bool:
    return True


def _pdm_asks_scm(tool: dict[str, Any]) -> bool:
    pdm = tool.get("pdm")
    version = pdm.get("version") if isinstance(pdm, dict) else None
    return isinstance(version, dict) and (version.get("source") == "scm" or version.get("use_scm") is True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScmTool:
    """A project that takes a version from git.

    Attributes:
        project: its normalised name.
        variable: what tells it a version instead; None where it has no such variable.
        in_setup_py: what a setup.py without declared requirements asks for it with.
        applies: whether it takes it from git, by the ``tool`` table of pyproject.toml.
    """

    project: str
    variable: str | None
    in_setup_py: re.Pattern[str] | None = None
    applies: Callable[[dict[str, Any]], bool] = _always


SCM_TOOLS: tuple[ScmTool, ...] = (
    ScmTool(
        project="setuptools-scm",
        variable="SETUPTOOLS_SCM_PRETEND_VERSION",
        in_setup_py=re.compile(r"\buse_scm_version\b"),
    ),
    ScmTool(project="hatch-vcs", variable="SETUPTOOLS_SCM_PRETEND_VERSION"),
    ScmTool(project="flit-scm", variable="SETUPTOOLS_SCM_PRETEND_VERSION"),
    ScmTool(project="pbr", variable="PBR_VERSION", in_setup_py=re.compile(r"\bpbr\s*=\s*True\b")),
    ScmTool(project="pdm-backend", variable="PDM_BUILD_SCM_VERSION", applies=_pdm_asks_scm),
    ScmTool(project="pdm-pep517", variable="PDM_PEP517_SCM_VERSION", applies=_pdm_asks_scm),
    ScmTool(project="poetry-dynamic-versioning", variable="POETRY_DYNAMIC_VERSIONING_BYPASS"),
    ScmTool(project="uv-dynamic-versioning", variable="UV_DYNAMIC_VERSIONING_BYPASS"),
    ScmTool(project="versioningit", variable=None),
    ScmTool(project="setuptools-git-versioning", variable=None),
)


def told_versions(sdist: Sdist, version: Version) -> tuple[Override, ...]:
    """What tells a source's build tools the version that git would.

    Args:
        sdist: a git tree without its ``.git``.
        version: the release's, as the wheel's name has it.
    """
    found: dict[str, Override] = {}
    for tool, asked in _asked(sdist):
        if tool.variable is not None and tool.variable not in found:
            found[tool.variable] = Override(
                set=RecipeChange(environment={tool.variable: str(version)}),
                reason=f"{asked}, which takes the version from git: the wheel's name has this one",
            )
    return tuple(found.values())


def untold(sdist: Sdist) -> Iterator[str]:
    """What a reader has to know of tools that can't be told a version."""
    for tool, asked in _asked(sdist):
        if tool.variable is None:
            yield f"{asked}, which takes the version from git: only git-folder in a recipe gives it one"


def _asked(sdist: Sdist) -> Iterator[tuple[ScmTool, str]]:
    """The tools that a source asks for, each with where it does."""
    requires = {canonicalize_name(Requirement(text).name) for text in sdist.build_system.requires}
    table = _tool_table(sdist.texts.get("pyproject.toml", ""))
    setup_py = sdist.texts.get("setup.py", "")
    for tool in SCM_TOOLS:
        if tool.project in requires and tool.applies(table):
            yield tool, f"The build requires {tool.project}"
        elif tool.in_setup_py is not None and tool.in_setup_py.search(setup_py):
            yield tool, f"setup.py uses {tool.project}"


def _tool_table(pyproject: str) -> dict[str, Any]:
    """The table, of a file that was read as TOML before."""
    table = tomllib.loads(pyproject).get("tool", {})
    return table if isinstance(table, dict) else {}
