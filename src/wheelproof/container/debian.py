"""How a definition becomes a root file system: the mmdebstrap command as a value, and what came of it."""

import tarfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from wheelproof.container.definition import ImageDefinition
from wheelproof.core.errors import EngineError
from wheelproof.core.untrusted import printable

# Debian's names for architectures, by the names in image configurations.
_DEBIAN_ARCHITECTURES = {"386": "i386", "arm": "armhf", "ppc64le": "ppc64el"}
_STATUS_LIMIT_BYTES = 64 << 20
_LINE_BYTES = 4096

# The suite itself is enough: a point release then keeps its digest until the next one.
_SUITE_ALONE = r"""sed -i -e '/-updates /d' -e '/-security /d' "$1/etc/apt/sources.list" """

# What names the machine, the mirror or the moment that the image was made.
_FORGET = """\
set -eu
cd "$1"
rm -rf etc/apt/sources.list etc/apt/sources.list.d etc/apt/apt.conf.d/99mmdebstrap \
  etc/dpkg/dpkg.cfg.d/99mmdebstrap etc/hostname etc/hosts etc/resolv.conf etc/machine-id \
  var/lib/dbus/machine-id var/lib/apt var/cache/apt var/cache/ldconfig/aux-cache var/log
rm -f var/cache/debconf/*-old var/lib/dpkg/*-old etc/passwd- etc/group- etc/shadow- etc/gshadow-
mkdir -p -m 0755 var/log var/lib/apt/lists/partial var/cache/apt/archives/partial
for file in etc/hostname etc/hosts etc/resolv.conf; do : > "$file"; chmod 0644 "$file"; done
"""

_NOT_INSTALLED = ("doc", "info", "lintian", "locale", "man")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """One run of mmdebstrap.

    Attributes:
        argv: the program and its arguments.
        environment: variables that the result depends on.
        target: where the tar is written; ``argv`` says the same.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    target: str


def plan_bootstrap(
    definition: ImageDefinition, *, architecture: str, mirror: str | None, target: str, mode: str
) -> Bootstrap:
    """Say how a root file system is made: ``target`` gets it as a tar, the same for the same packages.

    Args:
        definition: what is to be in it.
        architecture: as image configurations write it.
        mirror: address that packages come from; mmdebstrap's own default where None.
        target: path of the tar that is written.
        mode: mmdebstrap's ``--mode``.
    """
    return Bootstrap(
        argv=(
            "mmdebstrap",
            "--verbose",
            f"--mode={mode}",
            "--variant=apt",
            "--format=tar",
            "--skip=output/dev",
            f"--architectures={_DEBIAN_ARCHITECTURES.get(architecture, architecture)}",
            f"--include={','.join(definition.packages)}",
            # A dated state is out of date on purpose; its signatures are checked all the same.
            '--aptopt=Acquire::Check-Valid-Until "false"',
            '--aptopt=Acquire::Languages "none"',
            '--aptopt=Acquire::Retries "3"',
            '--aptopt=Acquire::http::Timeout "30"',
            *(f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in _NOT_INSTALLED),
            *(() if mirror else (f"--setup-hook={_SUITE_ALONE}",)),
            f"--customize-hook={_FORGET}",
            definition.suite,
            target,
            *((mirror,) if mirror else ()),
        ),
        environment={"LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": str(definition.epoch_s)},
        target=target,
    )


def snapshot_mirror(archive: str, definition: ImageDefinition) -> str:
    """The address that serves Debian as it was at the definition's snapshot."""
    return f"{archive.rstrip('/')}/{definition.snapshot}/"


def read_stages(on_progress: Callable[[str], None]) -> Callable[[bytes], None]:
    """Give a reader of output that passes on mmdebstrap's own lines, out of all that apt and dpkg say."""
    rest = b""

    def take(chunk: bytes) -> None:
        nonlocal rest
        *lines, rest = (rest + chunk).split(b"\n")
        rest = rest[-_LINE_BYTES:]
        for line in lines:
            if line.startswith(b"I: ") and b"-hook" not in line:
                on_progress(printable(line[3:].decode("utf-8", "replace"), limit=120))

    return take


def read_packages(rootfs: Path) -> tuple[tuple[str, str], ...]:
    """The packages installed in a root file system's tar, with their versions, by name.

    Raises:
        EngineError: the tar has no readable list of packages.
    """
    with tarfile.open(rootfs) as tar:
        for member in tar:
            if member.name.removeprefix("./") == "var/lib/dpkg/status":
                stream = tar.extractfile(member)
                if stream is not None and member.size <= _STATUS_LIMIT_BYTES:
                    return parse_status(stream.read().decode("utf-8", "replace").splitlines())
    raise EngineError("The root file system has no list of packages", hint="Make the image again.")


def parse_status(lines: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Read dpkg's status file (deb822 paragraphs, ``deb822(5)``): what is installed, by name."""
    found = []
    fields: dict[str, str] = {}
    for line in (*lines, ""):
        if line.strip():
            name, separator, value = line.partition(":")
            if separator and not line[0].isspace():
                fields[name.lower()] = value.strip()
            continue
        if fields.get("status") == "install ok installed":
            found.append((fields.get("package", ""), fields.get("version", "")))
        fields = {}
    return tuple(sorted(found))
