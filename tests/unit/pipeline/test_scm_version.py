from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.version import Version

from sdist_builder import members, tar_gz
from wheelproof.pipeline.scm_version import SCM_TOOLS, told_versions, untold
from wheelproof.source.sdist import Sdist, read_sdist

SCM = '\n[tool.pdm]\nversion = {source = "scm"}\n'


def source(folder: Path, files: Mapping[str, str]) -> Sdist:
    path = folder / "demo-1.0-git-0123.tar.gz"
    path.write_bytes(tar_gz(members(files)))
    return read_sdist(path)


def requiring(*requires: str, more: str = "") -> dict[str, str]:
    return {"pyproject.toml": f"[build-system]\nrequires = {list(requires)!r}\n{more}"}


def variables(sdist: Sdist) -> dict[str, str]:
    overrides = told_versions(sdist, Version("1.0.post1"))
    return {name: value for item in overrides for name, value in (item.set.environment or {}).items()}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (requiring("setuptools", "setuptools_scm[toml]>=6.2"), {"SETUPTOOLS_SCM_PRETEND_VERSION"}),
        (requiring("hatchling", "hatch-vcs"), {"SETUPTOOLS_SCM_PRETEND_VERSION"}),
        (requiring("hatch-vcs", "setuptools-scm"), {"SETUPTOOLS_SCM_PRETEND_VERSION"}),
        (requiring("pbr>=2"), {"PBR_VERSION"}),
        (requiring("pdm-backend", more=SCM), {"PDM_BUILD_SCM_VERSION"}),
        (requiring("pdm-backend"), set()),
        (requiring("pdm-backend", more='\n[tool.pdm.version]\nsource = "file"\n'), set()),
        (requiring("pdm-pep517", more=SCM), {"PDM_PEP517_SCM_VERSION"}),
        (requiring("setuptools", more=SCM), set()),
        (requiring("poetry-core", "poetry-dynamic-versioning>=1,<2"), {"POETRY_DYNAMIC_VERSIONING_BYPASS"}),
        (requiring("hatchling", "uv-dynamic-versioning"), {"UV_DYNAMIC_VERSIONING_BYPASS"}),
        ({"setup.py": "setup(use_scm_version=True)"}, {"SETUPTOOLS_SCM_PRETEND_VERSION"}),
        ({"setup.py": "setup(setup_requires=['pbr'], pbr=True)"}, {"PBR_VERSION"}),
        (requiring("setuptools"), set()),
        ({"setup.py": "setup()"}, set()),
        (requiring("versioningit"), set()),
    ],
)
def test_only_tools_that_would_ask_git_are_told(
    tmp_path: Path, files: dict[str, str], expected: set[str]
) -> None:
    assert variables(source(tmp_path, files)) == dict.fromkeys(expected, "1.0.post1")


def test_each_has_its_evidence(tmp_path: Path) -> None:
    (override,) = told_versions(source(tmp_path, requiring("pbr")), Version("1"))
    assert override.reason == (
        "The build requires pbr, which takes the version from git: the wheel's name has this one"
    )


def test_a_tool_that_can_not_be_told_is_said(tmp_path: Path) -> None:
    (note,) = untold(source(tmp_path, requiring("versioningit")))
    assert "git-folder in a recipe" in note
    assert list(untold(source(tmp_path, requiring("setuptools-scm")))) == []


def test_every_tool_has_a_normalised_name_once() -> None:
    names = [tool.project for tool in SCM_TOOLS]
    assert names == [name.lower().replace("_", "-") for name in names]
    assert len(set(names)) == len(names)
