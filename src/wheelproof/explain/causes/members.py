"""Causes by which a member is in one wheel only, or installs in another way."""

import re
import stat
from collections.abc import Callable

from wheelproof.explain.causes.cause import (
    Cause,
    Closing,
    ClosingLone,
    Evidence,
    Family,
    Kind,
    Lone,
    MemberSide,
    Naming,
)
from wheelproof.explain.causes.lines import quoted
from wheelproof.explain.runnable import starts_with_python
from wheelproof.wheel.repair import vendored_name

_EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
_LICENSE_FOLDERS = ("", "licenses/", "license_files/")
_VENDORED = re.compile(r"(?:^|/)(?:[^/]+\.libs|\.dylibs|[^/]+\.dylibs)/[^/]+$")
_REPAIR = re.compile(r"^[^/]+\.dist-info/(?:DELVEWHEEL|sboms/auditwheel\.cdx\.json)$")
_VERSION_FILE = re.compile(r"(?:^|/)_?_?version_?_?\.py$")
_STRAY = re.compile(
    r"(?:^|/)(?:\.DS_Store|Thumbs\.db|__MACOSX/.*|\.git(?:ignore|attributes|keep)|[^/]+\.(?:orig|rej|bak|swp)|[^/]+~)$"
)


def license_place(name: str, dist_info: str) -> tuple[str, str] | None:
    """Where below dist-info a licence file lies, and its name; None for any other place."""
    if not name.startswith(f"{dist_info}/"):
        return None
    below = name.removeprefix(f"{dist_info}/")
    folder, slash, base = below.partition("/")
    if not slash:
        return "", below
    return (f"{folder}/", base) if f"{folder}/" in _LICENSE_FOLDERS and "/" not in base else None


def _content(side: MemberSide) -> bytes:
    return side.content


def _moved(published: MemberSide, rebuilt: MemberSide) -> str | None:
    """The same licence file, by name and content, in another of the places that it may have."""
    left = license_place(published.name, published.dist_info)
    right = license_place(rebuilt.name, rebuilt.dist_info)
    if left is None or right is None or left == right or left[1] != right[1]:
        return None
    return f"{quoted(published.name)} published, {quoted(rebuilt.name)} rebuilt"


def _matches(pattern: re.Pattern[str]) -> Callable[[MemberSide], Evidence | None]:
    def recognise(side: MemberSide) -> Evidence | None:
        return Evidence(text=f"its name, {quoted(side.name)}") if pattern.search(side.name) else None

    return recognise


def _vendored(side: MemberSide) -> Evidence | None:
    if not _VENDORED.search(side.name):
        return None
    of = f", of {side.package}" if side.package else ""
    return Evidence(text=f"its name, {quoted(side.name)}{of}")


def _vendored_otherwise(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    """The same library by its name, whose hash is that of what was copied, before it was changed."""
    name = vendored_name(published.name)
    if name is None or name != vendored_name(rebuilt.name):
        return None
    if (published.name, published.digest) == (rebuilt.name, rebuilt.digest):
        return None
    if published.name == rebuilt.name:
        text = f"{quoted(name)} was the same file by the hash in its name, and was changed otherwise"
    else:
        text = f"{quoted(published.name)} published, {quoted(rebuilt.name)} rebuilt"
    packages = [side.package or "no package that is named" for side in (published, rebuilt)]
    if packages[0] != packages[1]:
        text += f"; of {packages[0]} published, of {packages[1]} rebuilt"
    elif published.package:
        text += f"; of {published.package} in both"
    return Evidence(text=text)


def _named(_: MemberSide) -> Evidence:
    return Evidence(text="its name")


def _startup(side: MemberSide) -> Evidence | None:
    if not starts_with_python(side.name):
        return None
    first = (side.data or b"")[:200].decode("utf-8", "backslashreplace").split("\n")[0]
    return Evidence(text=f"line 1: {quoted(first)}")


def _native(side: MemberSide) -> Evidence | None:
    if _VENDORED.search(side.name):
        return None
    return Evidence(text=f"{side.size_bytes} bytes of native code")


def _dist_info_file(side: MemberSide) -> Evidence | None:
    if not side.name.startswith(f"{side.dist_info}/") or side.name.endswith("/"):
        return None
    if _REPAIR.search(side.name):
        return None
    return Evidence(text=f"{quoted(side.name.removeprefix(f'{side.dist_info}/'))} in dist-info")


def _directory(side: MemberSide) -> Evidence | None:
    return Evidence(text="a folder's own entry") if side.name.endswith("/") and not side.size_bytes else None


def _shared_directory(side: MemberSide) -> Evidence | None:
    return Evidence(text="both wheels have files in this folder") if side.folder_of_both else None


def _executable(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    left, right = (side.mode & _EXECUTABLE for side in (published, rebuilt))
    if bool(left) == bool(right):
        return None
    return Evidence(text=f"mode {published.mode:06o} published, {rebuilt.mode:06o} rebuilt")


MEMBERS: tuple[Cause, ...] = (
    Closing(
        id="license-file-moved",
        family=Family.MEMBERS,
        title="a licence file lies in another place of dist-info",
        why="Licence files went from dist-info itself to dist-info/licenses/ (PEP 639). Name and content "
        "are the same.",
        tools="setuptools 77 and wheel's own bdist_wheel before it; hatchling; poetry-core; flit_core 3.11.",
        mend="Pin the backend in build-system.requires.",
        link="https://peps.python.org/pep-0639/#add-license-files-to-the-wheel",
        kinds=frozenset({Kind.LICENSE}),
        normalise=_content,
        evidence=_moved,
    ),
    Naming(
        id="executable-bit",
        family=Family.MEMBERS,
        title="one wheel installs the file as a program, the other does not",
        why="The bit comes from the file system on which the wheel was built. Windows has none, and some "
        "file systems, archives and checkouts lose it.",
        tools="Wheels built on Windows, on mounted shares, or from a zip that holds no modes.",
        mend="Set the bit in git (`git update-index --chmod=+x`), and build on Linux or macOS.",
        link="https://git-scm.com/docs/git-update-index",
        recognise=_executable,
    ),
    Naming(
        id="vendored-library-other",
        family=Family.MEMBERS,
        title="a vendored library is another one",
        why="Both wheels have the library by name. auditwheel puts the hash of the file that it copied into "
        "the name: where that is another, so was the library of the system or of the build; where it is the "
        "same, the copy was changed in another way.",
        tools="auditwheel, in an image with other packages or another compiler; another version of patchelf.",
        mend="Build and repair in the image of the release, pinned by digest, with the same patchelf.",
        link="https://github.com/pypa/auditwheel",
        recognise=_vendored_otherwise,
        streams=True,
    ),
    Lone(
        id="startup-file-alone",
        family=Family.MEMBERS,
        title="only one wheel has a file that Python runs when it starts",
        why="Such files are rare in wheels and are how several malicious releases started their code. "
        "Editable installs and coverage tools make them too.",
        tools="Wheels built in a working tree; compromised releases.",
        mend="Find out where the file comes from before anything else.",
        link="https://docs.python.org/3/library/site.html",
        recognise=_startup,
    ),
    Lone(
        id="vendored-library",
        family=Family.MEMBERS,
        title="a library was copied into only one of the wheels",
        why="Repair tools copy the system's libraries into a wheel under a name with their hash. Another "
        "build image has other libraries, and a wheel that was not repaired has none.",
        tools="auditwheel (`name.libs/`), delocate (`.dylibs/`), delvewheel.",
        mend="Build and repair in the image of the release, pinned by digest.",
        link="https://github.com/pypa/auditwheel",
        recognise=_vendored,
    ),
    Lone(
        id="repair-tool-file",
        family=Family.MEMBERS,
        title="a repair tool left a file of its own in only one of the wheels",
        why="Some versions of the tools that repair wheels write down what they did.",
        tools="auditwheel since 6.5.0 (`sboms/auditwheel.cdx.json`), delvewheel without SOURCE_DATE_EPOCH "
        "(`DELVEWHEEL`).",
        mend="Pin the repair tool, and set SOURCE_DATE_EPOCH.",
        link="https://github.com/adang1345/delvewheel",
        recognise=_matches(_REPAIR),
    ),
    Lone(
        id="optional-extension",
        family=Family.MEMBERS,
        title="an extension module was built for only one of the wheels",
        why="Some projects build an extension where a compiler is found and go on without where not, or a "
        "setting switches it off.",
        tools="Projects with optional extensions, such as `Extension(optional=True)` of setuptools and "
        "NO_EXTENSIONS switches.",
        mend="Make the choice explicit, by an environment variable that the release documents.",
        link="https://setuptools.pypa.io/en/latest/userguide/ext_modules.html",
        kinds=frozenset({Kind.NATIVE}),
        recognise=_native,
    ),
    Lone(
        id="version-file-alone",
        family=Family.MEMBERS,
        title="a generated version file is in only one of the wheels",
        why="A tool writes the file while building, where it is installed, set up and finds a version.",
        tools="setuptools-scm, hatch-vcs, versioneer.",
        mend="Add the tool to build-system.requires, and keep the generated file in the sdist.",
        link="https://setuptools-scm.readthedocs.io/",
        recognise=_matches(_VERSION_FILE),
    ),
    Lone(
        id="bytecode-alone",
        family=Family.MEMBERS,
        title="compiled Python is in only one of the wheels",
        why="The wheel was packed from a folder in which the code had been run or compiled.",
        tools="Wheels packed by hand or from a working tree; setup.py that imports its own package.",
        mend="Exclude __pycache__ and *.pyc, and build in a clean environment.",
        link="https://peps.python.org/pep-3147/",
        kinds=frozenset({Kind.BYTECODE}),
        recognise=_named,
    ),
    Lone(
        id="stray-file",
        family=Family.MEMBERS,
        title="a file of the working tree is in only one of the wheels",
        why="Files of editors, version control or the desktop were in the folder that the wheel was built "
        "from.",
        tools="Wheels built in a working tree rather than from the sdist.",
        mend="Build every wheel from the sdist, and exclude such files.",
        link="https://setuptools.pypa.io/en/latest/userguide/datafiles.html",
        recognise=_matches(_STRAY),
    ),
    Lone(
        id="license-file-alone",
        family=Family.MEMBERS,
        title="a licence file is in only one of the wheels",
        why="Which files count as licences depends on the backend's version, and some take licences of "
        "vendored code by patterns.",
        tools="setuptools before 57 took none by itself; flit_core 4.0 changed its patterns.",
        mend="State license-files in pyproject.toml.",
        link="https://peps.python.org/pep-0639/",
        kinds=frozenset({Kind.LICENSE}),
        recognise=_named,
    ),
    Lone(
        id="dist-info-file-alone",
        family=Family.MEMBERS,
        title="a file of dist-info is in only one of the wheels",
        why="Backends write different optional files, such as top_level.txt, zip-safe or entry_points.txt.",
        tools="setuptools (top_level.txt, zip-safe, namespace_packages.txt); a change of the backend.",
        mend="Pin the backend in build-system.requires.",
        link="https://packaging.python.org/en/latest/specifications/recording-installed-packages/",
        kinds=frozenset({Kind.ENTRY_POINTS, Kind.TOP_LEVEL, Kind.TEXT, Kind.OTHER, Kind.SBOM}),
        recognise=_dist_info_file,
    ),
    ClosingLone(
        id="directory-entry",
        family=Family.MEMBERS,
        title="a folder's own entry is in only one of the wheels, and its files are in both",
        why="Zip archives may list folders beside the files in them; wheels need not. Installers make the "
        "folders that files lie in, and take no notice of such entries.",
        tools="auditwheel, Info-ZIP without -D, and tools that pack a folder again.",
        mend="Pack with the same tool, or with `zip -D`.",
        link="https://packaging.python.org/en/latest/specifications/binary-distribution-format/",
        recognise=_shared_directory,
    ),
    Lone(
        id="directory-alone",
        family=Family.MEMBERS,
        title="a folder that only one of the wheels has",
        why="The entry of a folder is there, and the other wheel has no file in it: the folder is empty, or "
        "its files are in one wheel only too.",
        tools="auditwheel and Info-ZIP without -D, which list folders.",
        mend="Look at what is in the folder first.",
        link="https://packaging.python.org/en/latest/specifications/binary-distribution-format/",
        recognise=_directory,
    ),
)
