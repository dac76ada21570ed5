"""Advice on the source: what the sdist lacks, and what setup.py makes of who runs it."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import PurePosixPath

from wheelproof.advise.advice import Place, ProjectAdvice, Seen, Severity
from wheelproof.advise.manifest import left_out, packaged_modules, pattern_of
from wheelproof.advise.project import Project
from wheelproof.advise.setup_py import literal, read_setup_py
from wheelproof.advise.workflow_rules import is_pure

_SHOWN = 3
# So many of the names in one document are looked for.
_NAMES = 50
_GLOB = re.compile(r"[*?\[]")


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _manifest(project: Project) -> Iterator[Seen]:
    """Lines of MANIFEST.in that take modules of packages out of the sdist."""
    if project.is_sdist or "MANIFEST.in" not in project.texts:
        return
    for found in left_out(project.texts["MANIFEST.in"], packaged_modules(project)):
        yield Seen(
            place=Place(file="MANIFEST.in", line=found.line),
            what=f"{found.directive} keeps {_listed(found.files)} out of the sdist, "
            "and setuptools puts them into the wheel",
            mend="Drop the line, or exclude the package from [tool.setuptools.packages.find] as well.",
        )


def _named_file(project: Project) -> Iterator[Seen]:
    """Files that an sdist's own metadata names, and that it does not have."""
    if not project.is_sdist:
        return
    for key, name in islice(_files_named(project), _NAMES):
        if not _is_there(name, project.files):
            yield Seen(
                place=Place(
                    file="pyproject.toml", line=project.line("pyproject.toml", re.escape(name)), key=key
                ),
                what=f"{name} is named, and the sdist does not have it",
                mend=f"Put {name} into the sdist, for setuptools by a line in MANIFEST.in: include {name}",
            )


def _files_named(project: Project) -> Iterator[tuple[str, str]]:
    table = project.table("project")
    readme, licence, files = table.get("readme"), table.get("license"), table.get("license-files")
    if isinstance(readme, dict):
        readme = readme.get("file")
    if isinstance(readme, str):
        yield "project.readme", readme
    if isinstance(licence, dict) and isinstance(licence.get("file"), str):
        yield "project.license.file", licence["file"]
    # PEP 639: every pattern has to match a file.
    for name in files if isinstance(files, list) else ():
        if isinstance(name, str):
            yield "project.license-files", name


def _is_there(name: str, files: frozenset[str]) -> bool:
    if not _GLOB.search(name):
        return str(PurePosixPath(name)) in files
    pattern = pattern_of(name)
    return pattern is None or any(map(pattern.fullmatch, files))


def _package_data(project: Project) -> Iterator[Seen]:
    """Data of packages that are named one by one, and the marker of PEP 561."""
    if not project.is_sdist:
        return
    for package, name in islice(_data_named(project), _NAMES):
        path = f"{package.replace('.', '/')}/{name}"
        if not any(f"/{file}".endswith(f"/{path}") for file in project.files):
            yield Seen(
                place=Place(
                    file="pyproject.toml",
                    line=project.line("pyproject.toml", re.escape(name)),
                    key=f"tool.setuptools.package-data.{package}",
                ),
                what=f"{path} is named, and the sdist does not have it",
                mend=f"Put it into the sdist, by a line in MANIFEST.in: include {path}",
            )
    if _says_typed(project):
        yield Seen(
            place=Place(file="PKG-INFO", line=project.line("PKG-INFO", "^Classifier: Typing :: Typed")),
            what="A classifier says Typing :: Typed, and the sdist has no py.typed",
            mend="Put py.typed into the package and into the sdist, by a line in MANIFEST.in: "
            "global-include py.typed",
        )


def _data_named(project: Project) -> Iterator[tuple[str, str]]:
    """Packages and their files, those that no pattern stands for."""
    for package, names in project.tool("setuptools", "package-data").items():
        for name in names if isinstance(names, list) else ():
            if package and isinstance(name, str) and not _GLOB.search(f"{package}{name}"):
                yield package, name


def _says_typed(project: Project) -> bool:
    said = re.search(r"(?m)^Classifier: Typing :: Typed\s*$", project.texts.get("PKG-INFO", ""))
    typed = any(name.endswith(("py.typed", ".pyi", ".pyi.in")) for name in project.files)
    packages = any(name.endswith("/__init__.py") for name in project.files)
    return bool(said) and packages and not typed


def _namespace(project: Project) -> Iterator[Seen]:
    """Namespace packages as setuptools declared them before PEP 420."""
    if project.backend != "setuptools":
        return
    mend = "Leave the setting and the package's __init__.py out: a namespace package needs neither (PEP 420)."
    what = "setuptools writes a .pth file that is named after the Python which runs the build"
    named = read_setup_py(project.texts.get("setup.py", "")).arguments.get("namespace_packages")
    if named is not None and literal(named) not in ([], (), ""):
        yield Seen(
            place=Place(file="setup.py", line=named.lineno, key="namespace_packages"), what=what, mend=mend
        )
    if project.setup_cfg.get("options", {}).get("namespace_packages", "").strip():
        line = project.line("setup.cfg", r"^namespace_packages\b")
        yield Seen(
            place=Place(file="setup.cfg", line=line, key="options.namespace_packages"), what=what, mend=mend
        )
    if project.tool("setuptools").get("namespace-packages"):
        line = project.line("pyproject.toml", r"^\s*namespace-packages\b")
        key = "tool.setuptools.namespace-packages"
        yield Seen(place=Place(file="pyproject.toml", line=line, key=key), what=what, mend=mend)


def _asks_python(project: Project) -> Iterator[Seen]:
    """What a pure wheel holds or requires, chosen by who builds it."""
    if project.backend != "setuptools" or not is_pure(project):
        return
    for found in read_setup_py(project.texts.get("setup.py", "")).decisions:
        yield Seen(
            place=Place(file="setup.py", line=found.line),
            what=f"{found.decides} depends on {found.asked} of the build",
            mend="Write the condition as an environment marker: "
            "\"tomli; python_version < '3.11'\" (dependency specifiers).",
        )


SOURCE = (
    ProjectAdvice(
        id="manifest-leaves-out-modules",
        severity=Severity.MAY,
        title="MANIFEST.in keeps modules of a package out of the sdist",
        why="A wheel built in the checkout has them, and one built from the sdist does not.",
        link="file-list",
        look=_manifest,
    ),
    ProjectAdvice(
        id="named-file-missing",
        severity=Severity.BREAKS,
        title="The sdist lacks a file that its metadata names",
        why="A build from the sdist fails, or gives a wheel without the file.",
        link="license-file-alone",
        look=_named_file,
    ),
    ProjectAdvice(
        id="package-data-missing",
        severity=Severity.MAY,
        title="The sdist lacks data of a package",
        why="Where the checkout has the file, only a wheel that is built there has it.",
        link="file-list",
        look=_package_data,
    ),
    ProjectAdvice(
        id="namespace-pth",
        severity=Severity.MAY,
        title="A namespace package is declared by a .pth file",
        why="Another Python names the file in another way, and each start of Python runs it.",
        link="https://packaging.python.org/en/latest/guides/packaging-namespace-packages/",
        look=_namespace,
    ),
    ProjectAdvice(
        id="setup-py-asks-python",
        severity=Severity.MAY,
        title="setup.py decides by the Python that runs it",
        why="A pure wheel is for every Python, and its files and requirements follow the one that built it.",
        link="metadata-requirements",
        look=_asks_python,
    ),
)
