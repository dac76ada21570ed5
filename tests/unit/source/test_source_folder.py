"""A folder as one file: what comes along, what does not, and that nothing around it matters."""

import io
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelproof.core.errors import MalformedError, UsageError
from wheelproof.source.folder import LEFT_OUT, PackedFolder, write_folder
from wheelproof.source.members import ArchiveLimits
from wheelproof.source.sdist import read_sdist


def packed(folder: Path, limits: ArchiveLimits | None = None) -> tuple[bytes, PackedFolder]:
    stream = io.BytesIO()
    done = write_folder(stream, folder, root="demo", limits=limits)
    return stream.getvalue(), done


def listed(data: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {info.name: info for info in archive}


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def test_files_come_below_one_folder_with_two_modes_and_the_newest_time(tmp_path: Path) -> None:
    put(tmp_path, "pyproject.toml", "src/demo/__init__.py", "run.sh")
    (tmp_path / "run.sh").chmod(0o711)
    (tmp_path / "pyproject.toml").chmod(0o600)
    for number, name in enumerate(("pyproject.toml", "src/demo/__init__.py", "run.sh")):
        os.utime(tmp_path / name, (1_700_000_000 + number, 1_700_000_000 + number))
    data, done = packed(tmp_path)
    found = listed(data)
    names = ("pyproject.toml", "run.sh", "src", "src/demo", "src/demo/__init__.py")
    assert list(found) == ["demo", *(f"demo/{name}" for name in names)]
    assert {oct(info.mode) for info in found.values()} == {"0o644", "0o755"}
    assert found["demo/run.sh"].mode == 0o755
    assert found["demo/pyproject.toml"].mode == 0o644
    assert {info.mtime for info in found.values()} == {1_700_000_002} == {done.time}
    assert {(info.uid, info.gid, info.uname) for info in found.values()} == {(0, 0, "")}
    assert (done.usual, done.odd) == ((), ())


def test_the_bytes_do_not_depend_on_where_it_lies_or_on_how_it_is_listed(tmp_path: Path) -> None:
    names = ["pyproject.toml", *(f"demo/{name}.py" for name in "zyxabc")]
    for place, order in (("one", names), ("other/place", names[::-1])):
        put(tmp_path / place, *order)
        for name in names:
            os.utime(tmp_path / place / name, (5, 5))
    assert packed(tmp_path / "one") == packed(tmp_path / "other/place")


@pytest.mark.parametrize("name", sorted(LEFT_OUT))
def test_what_tools_leave_stays_out_wherever_it_is(tmp_path: Path, name: str) -> None:
    put(tmp_path, "a.py", f"{name}/x", f"demo/{name}/x")
    data, done = packed(tmp_path)
    assert list(listed(data)) == ["demo", "demo/a.py", "demo/demo"]
    assert sorted(done.usual) == sorted([name, f"demo/{name}"])


def test_earlier_builds_stay_out_and_packages_of_that_name_do_not(tmp_path: Path) -> None:
    put(tmp_path, "build/x", "dist/x.whl", "src/build/__init__.py", "src/dist/__init__.py")
    data, done = packed(tmp_path)
    assert "demo/src/build/__init__.py" in listed(data)
    assert "demo/src/dist/__init__.py" in listed(data)
    assert done.usual == ("build", "dist")


def test_a_virtual_environment_stays_out_whatever_it_is_called(tmp_path: Path) -> None:
    put(tmp_path, "a.py", "mine/pyvenv.cfg", "mine/bin/python")
    data, done = packed(tmp_path)
    assert list(listed(data)) == ["demo", "demo/a.py"]
    assert done.usual == ("mine",)


def test_links_that_stay_come_along_and_those_that_lead_out_do_not(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    put(folder, "a.py", "demo/b.py")
    put(tmp_path, "secret")
    (folder / "demo/inside").symlink_to("../a.py")
    for number, target in enumerate(
        ("../../secret", str(tmp_path / "secret"), "..", "/", "../../project/a.py")
    ):
        (folder / "demo" / f"out{number}").symlink_to(target)
    (folder / "loop").symlink_to("loop")
    data, done = packed(folder)
    found = listed(data)
    assert found["demo/demo/inside"].linkname == "../a.py"
    assert found["demo/loop"].issym()
    assert sorted(done.odd) == ["demo/out0", "demo/out1", "demo/out3", "demo/out4"]
    assert b"secret" not in b"".join(info.linkname.encode() for info in found.values())


def test_what_is_no_file_is_left_out_and_not_opened(tmp_path: Path) -> None:
    put(tmp_path, "a.py")
    os.mkfifo(tmp_path / "pipe")
    put(tmp_path / "sub", "b.py")
    (tmp_path / "sub" / ".git").write_text("gitdir: /elsewhere")
    data, done = packed(tmp_path)
    assert list(listed(data)) == ["demo", "demo/a.py", "demo/sub", "demo/sub/b.py"]
    assert (done.usual, done.odd) == (("sub/.git",), ("pipe",))


def test_limits_hold(tmp_path: Path) -> None:
    put(tmp_path, *(f"{number}.py" for number in range(20)))
    with pytest.raises(MalformedError, match="more than 5 members"):
        packed(tmp_path, ArchiveLimits(members=5))
    with pytest.raises(MalformedError, match="MiB"):
        packed(tmp_path, ArchiveLimits(unpacked_bytes=10))


def test_a_file_that_grows_while_it_is_read_is_no_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a.py", "b.py")
    opened = os.open

    def opening(path: bytes, flags: int) -> int:
        with Path(os.fsdecode(path)).open("ab") as stream:
            stream.write(b"more")
        return opened(path, flags)

    monkeypatch.setattr("wheelproof.source.folder.os.open", opening)
    with pytest.raises(UsageError, match="changed while it was read"):
        packed(tmp_path)


NAMES = st.binary(min_size=1, max_size=120).filter(
    lambda name: not {b"/"[0], 0} & set(name) and name not in {b".", b"..", b".git"}
)


@settings(deadline=None, max_examples=40)
@given(names=st.lists(NAMES, max_size=4, unique=True))
def test_any_names_are_read_again(names: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("any")
    for name in names:
        (folder / os.fsdecode(name)).write_bytes(name)
    data, _ = packed(folder)
    path = tmp_path_factory.mktemp("packed") / "demo.tar.gz"
    path.write_bytes(data)
    assert len(read_sdist(path).members) == 1 + len(names)
