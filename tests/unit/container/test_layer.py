import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.container.layer import parse_status, write_layer
from wheelproof.core.errors import EngineError

EPOCH_S = 1_700_000_000
STATUS = b"""\
Package: python3
Status: install ok installed
Version: 3.11.2-1+b1
Description: interactive language
 Version: not this one

Package: removed
Status: deinstall ok config-files
Version: 1

Package: apt
Status: install ok installed
Version: 2.6.1
"""


def rootfs(path: Path, **changed: bytes | None) -> Path:
    """Write a root file system's tar; a keyword adds a file, or changes one, or with None leaves it out."""
    files: dict[str, bytes | None] = {"var/lib/dpkg/status": STATUS, "usr/bin/python3": b"ELF", **changed}
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        folder = tarfile.TarInfo("./usr")
        folder.type, folder.mode, folder.mtime = tarfile.DIRTYPE, 0o755, len(changed)
        tar.addfile(folder)
        for name, data in files.items():
            if data is None:
                continue
            member = tarfile.TarInfo(f"./{name}")
            member.size, member.mtime, member.mode = len(data), EPOCH_S + 5, 0o4755
            tar.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo("./usr/bin/python")
        link.type, link.linkname, link.mtime = tarfile.SYMTYPE, "python3", 7
        tar.addfile(link)
    return path


def test_what_names_machine_mirror_or_moment_is_left_out(tmp_path: Path) -> None:
    plain, noisy = tmp_path / "plain.tar", tmp_path / "noisy.tar"
    write_layer(rootfs(tmp_path / "a.tar"), plain, epoch_s=EPOCH_S)
    traces: dict[str, bytes | None] = dict.fromkeys(
        [
            "dev/null",
            "etc/apt/sources.list",
            "etc/apt/sources.list.d/0000main.list",
            "etc/apt/apt.conf.d/99mmdebstrap",
            "etc/hostname",
            "etc/resolv.conf",
            "etc/machine-id",
            "tmp/left/over",
            "var/cache/apt/pkgcache.bin",
            "var/cache/debconf/config.dat-old",
            "var/lib/apt/lists/mirror_dists_InRelease",
            "var/lib/dpkg/status-old",
            "var/log/dpkg.log",
        ],
        b"trace",
    )
    write_layer(rootfs(tmp_path / "b.tar", **traces), noisy, epoch_s=EPOCH_S)

    assert noisy.read_bytes() == plain.read_bytes()


def test_a_changed_file_changes_the_layer(tmp_path: Path) -> None:
    layers = []
    for content in (b"one", b"two"):
        write_layer(rootfs(tmp_path / "a.tar", **{"usr/x": content}), tmp_path / "l.tar", epoch_s=EPOCH_S)
        layers.append((tmp_path / "l.tar").read_bytes())
    assert layers[0] != layers[1]


def test_modes_links_and_times_survive_as_far_as_they_say_something(tmp_path: Path) -> None:
    write_layer(rootfs(tmp_path / "a.tar"), tmp_path / "l.tar", epoch_s=EPOCH_S)
    with tarfile.open(tmp_path / "l.tar") as tar:
        members = {member.name: member for member in tar}

    assert members["./usr/bin/python3"].mode == 0o4755
    assert members["./usr/bin/python3"].mtime == EPOCH_S
    assert members["./usr/bin/python"].linkname == "python3"
    assert members["./usr/bin/python"].mtime == 7
    assert members["./usr"].mtime == EPOCH_S
    assert members["./etc/resolv.conf"].size == 0
    assert members["./dev"].isdir()


def test_file_capabilities_survive(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        member = tarfile.TarInfo("./var/lib/dpkg/status")
        member.size = len(STATUS)
        member.pax_headers = {"SCHILY.xattr.user.note": "kept", "atime": "1.5", "comment": "dropped"}
        tar.addfile(member, io.BytesIO(STATUS))
    write_layer(path, tmp_path / "l.tar", epoch_s=EPOCH_S)
    with tarfile.open(tmp_path / "l.tar") as tar:
        assert next(iter(tar)).pax_headers == {"SCHILY.xattr.user.note": "kept"}


def test_the_installed_packages_are_read(tmp_path: Path) -> None:
    packages = write_layer(rootfs(tmp_path / "a.tar"), tmp_path / "l.tar", epoch_s=EPOCH_S)
    assert packages == (("apt", "2.6.1"), ("python3", "3.11.2-1+b1"))


def test_a_tree_without_packages_is_refused(tmp_path: Path) -> None:
    path = rootfs(tmp_path / "a.tar", **{"var/lib/dpkg/status": None})
    with pytest.raises(EngineError, match="no list of packages"):
        write_layer(path, tmp_path / "l.tar", epoch_s=EPOCH_S)


@pytest.mark.parametrize("keep", [0, 100, 2000])
def test_a_cut_tar_is_refused(tmp_path: Path, keep: int) -> None:
    path = rootfs(tmp_path / "a.tar")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(EngineError):
        write_layer(path, tmp_path / "l.tar", epoch_s=EPOCH_S)


@given(st.text())
def test_any_status_text_is_read(text: str) -> None:
    for name, version in parse_status(text.splitlines()):
        assert name.strip() == name
        assert version.strip() == version


@given(
    st.dictionaries(
        st.from_regex(r"[a-z0-9][a-z0-9+.-]{1,20}", fullmatch=True),
        st.from_regex(r"[0-9][A-Za-z0-9.+~:-]{0,20}", fullmatch=True),
    )
)
def test_what_is_written_as_status_is_read_back(packages: dict[str, str]) -> None:
    text = "".join(
        f"Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n"
        for name, version in packages.items()
    )
    assert dict(parse_status(text.splitlines())) == packages
