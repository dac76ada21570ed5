"""How a definition becomes a root file system: the mmdebstrap command as a value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wheelproof.container.definition import ImageDefinition
from wheelproof.core.untrusted import printable

# Debian's names for architectures, by the names in image configurations.
_DEBIAN_ARCHITECTURES = {"386": "i386", "arm": "armhf", "ppc64le": "ppc64el"}
_LINE_BYTES = 4096

# The suite itself is enough: a point release then keeps its digest until the next one.
_SUITE_ALONE = r"""sed -i -e '/-updates /d' -e '/-security /d' "$1/etc/apt/sources.list" """

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
            *_compile_again(definition),
            definition.suite,
            target,
            *((mirror,) if mirror else ()),
        ),
        environment={"LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": str(definition.epoch_s)},
        target=target,
    )


def _compile_again(definition: ImageDefinition) -> tuple[str, ...]:
    """Before Python 3.11 the order of a compiled set follows the hash seed, which Debian leaves random."""
    major, minor = (int(part) for part in definition.python.split("."))
    if not (3, 0) <= (major, minor) < (3, 11):
        return ()
    folders = f"/usr/lib/python3 /usr/lib/python{definition.python} /usr/share/python3"
    again = f"{definition.interpreter} -m compileall -q -f {folders}"
    return (f'--customize-hook=chroot "$1" env PYTHONHASHSEED=0 {again}',)


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
