"""A root file system's tar as an image's layer: what names a machine, a mirror or a moment is left out."""

import fnmatch
import io
import re
import tarfile
from collections.abc import Iterable
from pathlib import Path

from wheelproof.core.errors import EngineError

_LEFT_OUT = (
    "dev",
    "dev/*",
    "etc/apt/apt.conf.d/99mmdebstrap",
    "etc/apt/sources.list",
    "etc/apt/sources.list.d/*",
    "etc/dpkg/dpkg.cfg.d/99mmdebstrap",
    "etc/group-",
    "etc/gshadow-",
    "etc/hostname",
    "etc/hosts",
    "etc/machine-id",
    "etc/passwd-",
    "etc/resolv.conf",
    "etc/shadow-",
    "run/*",
    "tmp/*",
    "var/cache/apt/*",
    "var/cache/debconf/*-old",
    "var/cache/debconf/tmp.ci",
    "var/cache/ldconfig/*",
    "var/lib/apt/*",
    "var/lib/dbus/machine-id",
    "var/lib/dpkg/*-old",
    "var/log/*",
)
_EMPTY_FILES = ("./etc/hostname", "./etc/hosts", "./etc/resolv.conf")
_LEAVE_OUT = re.compile("|".join(fnmatch.translate(pattern) for pattern in _LEFT_OUT))
_STATUS = "var/lib/dpkg/status"
_STATUS_LIMIT_BYTES = 64 << 20
_XATTRS = "SCHILY.xattr."
_END = bytes(2 * tarfile.BLOCKSIZE)


def write_layer(rootfs: Path, layer: Path, *, epoch_s: int) -> tuple[tuple[str, str], ...]:
    """Write a root file system's tar again, so that it says the same whatever version of mmdebstrap made it.

    Folders get the one time, since theirs depend on the order in which they were unpacked.

    Args:
        rootfs: the tar as mmdebstrap wrote it.
        layer: the tar to write.
        epoch_s: the time that nothing in it is younger than.

    Returns:
        The packages installed in it, with their versions, by name.

    Raises:
        EngineError: the tar can't be read, or has no list of packages.
    """
    status = None
    try:
        _check_end(rootfs)
        with tarfile.open(rootfs) as source, tarfile.open(layer, "w", format=tarfile.PAX_FORMAT) as target:
            for member in source:
                path = member.name.removeprefix("./")
                if _LEAVE_OUT.fullmatch(path):
                    continue
                content = source.extractfile(member) if member.isreg() else None
                if path == _STATUS and content is not None and member.size <= _STATUS_LIMIT_BYTES:
                    status = content.read()
                    content = io.BytesIO(status)
                target.addfile(_settled(member, epoch_s), content)
            _add_fixed(target, epoch_s)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise EngineError(
            f"mmdebstrap's root file system can't be read: {error}", hint="Try again."
        ) from error
    if status is None:
        raise EngineError("The root file system has no list of packages", hint="Make the image again.")
    return parse_status(status.decode("utf-8", "replace").splitlines())


def parse_status(lines: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Read dpkg's status file (paragraphs of ``deb822(5)``): what is installed, by name."""
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


def _check_end(path: Path) -> None:
    """Raise ReadError unless two empty blocks end the tar (POSIX pax): tarfile takes a cut one for whole."""
    with path.open("rb") as stream:
        size_bytes = stream.seek(0, io.SEEK_END)
        stream.seek(max(size_bytes - len(_END), 0))
        if stream.read() != _END:
            raise tarfile.ReadError("it was cut")


def _settled(member: tarfile.TarInfo, epoch_s: int) -> tarfile.TarInfo:
    member.mtime = epoch_s if member.isdir() else min(int(member.mtime), epoch_s)
    member.uname = member.gname = ""
    member.pax_headers = {
        name: value for name, value in sorted(member.pax_headers.items()) if name.startswith(_XATTRS)
    }
    return member


def _add_fixed(target: tarfile.TarFile, epoch_s: int) -> None:
    """Add what the engine mounts over: empty, and there even where the root is read-only."""
    folder = tarfile.TarInfo("./dev")
    folder.type, folder.mode, folder.mtime = tarfile.DIRTYPE, 0o755, epoch_s
    target.addfile(folder)
    for name in _EMPTY_FILES:
        member = tarfile.TarInfo(name)
        member.mode, member.mtime = 0o644, epoch_s
        target.addfile(member)
