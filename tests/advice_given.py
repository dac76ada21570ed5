"""Projects and wheels for the tests of advice, from a few lines of text."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

from made_backend import recorded
from made_project import MOMENT, Moment
from wheel_builder import DIST_INFO, FILENAME
from wheelproof.advise.advice import ProjectAdvice, Seen, WheelAdvice
from wheelproof.advise.built import BuiltWheel
from wheelproof.advise.project import Project, project_of
from wheelproof.advise.rules import ADVICE

PUBLISH = ".github/workflows/publish.yml"
SETUPTOOLS = '[build-system]\nrequires = ["setuptools==80.9.0"]\nbuild-backend = "setuptools.build_meta"\n'


def project(files: Mapping[str, str] | None = None, *, is_sdist: bool = False, **texts: str) -> Project:
    """A project of some files; ``pyproject`` and ``workflow`` stand for theirs."""
    contents = dict(files or {})
    if "pyproject" in texts:
        contents["pyproject.toml"] = texts["pyproject"]
    if "workflow" in texts:
        contents[PUBLISH] = texts["workflow"]
    data = {name: text.encode() for name, text in contents.items()}
    return project_of(data, list(data), is_sdist=is_sdist)


def workflow(*steps: str, runner: str = "ubuntu-24.04") -> str:
    """A workflow of one job; each step is one line, the last one publishes."""
    lines = "".join(f"      - {step}\n" for step in (*steps, "uses: pypa/gh-action-pypi-publish@release/v1"))
    return f"on: push\njobs:\n  release:\n    runs-on: {runner}\n    steps:\n{lines}"


def seen(identity: str, about: Project | BuiltWheel) -> list[Seen]:
    """What the rule of an id says."""
    (advice,) = [advice for advice in ADVICE if advice.id == identity]
    if isinstance(about, Project):
        assert isinstance(advice, ProjectAdvice)
        return list(advice.look(about))
    assert isinstance(advice, WheelAdvice)
    return list(advice.look(about))


def said(identity: str, about: Project | BuiltWheel) -> list[str]:
    """The places and what was seen there, as one text each."""
    return [f"{found.place}: {found.what}" for found in seen(identity, about)]


def put_wheel(
    folder: Path,
    files: Mapping[str, str | bytes],
    *,
    generator: str = "made",
    moments: Mapping[str, Moment] | None = None,
    modes: Mapping[str, int] | None = None,
    filename: str = FILENAME,
    newline: str = "\n",
) -> Path:
    """A wheel of some files, each with the same time and mode but for those named."""
    tag = filename.removesuffix(".whl").removeprefix("demo-1.0-")
    lines = ("Wheel-Version: 1.0", f"Generator: {generator}", "Root-Is-Purelib: true", f"Tag: {tag}", "")
    members = {
        **{name: data.encode() if isinstance(data, str) else data for name, data in files.items()},
        f"{DIST_INFO}/METADATA": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
        f"{DIST_INFO}/WHEEL": newline.join(lines).encode(),
    }
    path = folder / filename
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in recorded(members, DIST_INFO).items():
            info = zipfile.ZipInfo(name, (moments or {}).get(name, MOMENT))
            info.external_attr = (0o100000 | (modes or {}).get(name, 0o644)) << 16
            archive.writestr(info, data)
    return path
