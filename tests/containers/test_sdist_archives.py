"""What comes out of an sdist in the sandbox: honest archives of every kind, and those that lead out of it."""

import io
import struct
import tarfile
import zipfile
from collections.abc import Callable

import pytest

from container_builds import Build
from sdist_builder import ROOT, Member, members, tar_bz2, tar_gz, tree, zipped
from wheelproof.rebuild.record import Built, NotBuilt, Phase
from wheelproof.source.sdist import read_sdist

# Fails, and says so, where something came to lie where it must not.
LOOK = """
for path in ("/etc/mine", "/in/mine", "/usr/mine", "/root/mine", "/mine"):
    assert not os.path.lexists(path), path
return make(out)
"""
SHOW = """
for path in sys.argv, sys.path:
    print(path)
print(time.gmtime(os.stat("data.txt").st_mtime)[:3], oct(os.stat("data.txt").st_mode))
return make(out)
"""
SHOW_PLACE = """
shown = [name for name in sorted(os.listdir(".")) if name not in ("PKG-INFO", "__pycache__")]
print(os.getcwd(), *shown, *os.listdir("folder"))
return make(out)
"""


@pytest.mark.parametrize(
    ("filename", "pack", "made"),
    [
        (f"{ROOT}.tar.gz", lambda files: tar_gz(members(files)), "(2023, 11, 14) 0o100644"),
        (f"{ROOT}.tar.bz2", lambda files: tar_bz2(members(files)), "(2023, 11, 14) 0o100644"),
        (f"{ROOT}.zip", zipped, "(2020, 2, 2) 0o100600"),
    ],
)
def test_honest_archive(
    filename: str, pack: Callable[[dict[str, str]], bytes], made: str, build: Build
) -> None:
    outcome = build(pack(tree(SHOW, {"data.txt": "data"})), filename=filename)
    assert isinstance(outcome, Built), outcome
    assert made in outcome.log.decode()
    assert "/in" not in outcome.log.decode()


@pytest.mark.parametrize(
    ("filename", "pack"),
    [
        (f"{ROOT}.tar.gz", lambda files: tar_gz(members(files))),
        (f"{ROOT}.zip", zipped),
    ],
)
@pytest.mark.parametrize("folder", ["/project", "/builds/demo", "/tmp/pip-req-build-x"])
def test_tree_lies_where_the_recipe_says(
    folder: str, filename: str, pack: Callable[[dict[str, str]], bytes], build: Build
) -> None:
    files = {"data.txt": "data", "folder/more.txt": "more"}
    outcome = build(pack(tree(SHOW_PLACE, files)), filename=filename, recipe={"folder": folder})
    assert isinstance(outcome, Built), outcome
    assert f"{folder} backend.py data.txt folder pyproject.toml more.txt\n" in outcome.log.decode()


def test_links_hold_where_the_recipe_says(build: Build) -> None:
    links = (
        Member(name=f"{ROOT}/data.txt", content=b"data"),
        Member(name=f"{ROOT}/hard", kind=tarfile.LNKTYPE, link=f"{ROOT}/data.txt"),
        Member(name=f"{ROOT}/soft", kind=tarfile.SYMTYPE, link="data.txt"),
    )
    body = "assert open('hard').read() == open('soft').read() == 'data'\nreturn make(out)"
    outcome = build(tar_gz([*members(tree(body)), *links]), recipe={"folder": "/project"})
    assert isinstance(outcome, Built), outcome


def test_tree_in_a_place_of_its_own_is_bounded(build: Build) -> None:
    body = "open('zeros', 'wb').write(bytes(80 << 20))\nreturn make(out)"
    outcome = build(tar_gz(members(tree(body))), recipe={"folder": "/project"})
    assert isinstance(outcome, NotBuilt), outcome
    assert (outcome.phase, outcome.reason) == (Phase.BUILD, "It filled its disk: /project")


LEADING_OUT = {
    "absolute path": (Member(name="/etc/mine", content=b"x"),),
    "parent folders": (Member(name=f"{ROOT}/../../etc/mine", content=b"x"),),
    "through a link to the root": (
        Member(name=f"{ROOT}/link", kind=tarfile.SYMTYPE, link="/"),
        Member(name=f"{ROOT}/link/etc/mine", content=b"x"),
    ),
    "through a link to the inputs": (
        Member(name=f"{ROOT}/link", kind=tarfile.SYMTYPE, link="../../in"),
        Member(name=f"{ROOT}/link/mine", content=b"x"),
    ),
    "over the runner": (Member(name="/in/runner.py", content=b"print('mine')"),),
}


@pytest.mark.parametrize("case", LEADING_OUT)
def test_archive_that_leads_out(case: str, build: Build) -> None:
    """The host notes it and unpacks nothing; in the sandbox the tree can't be made, or it stays inside."""
    sdist = tar_gz([*members(tree(LOOK)), *LEADING_OUT[case]])
    outcome = build(sdist)
    assert isinstance(outcome, NotBuilt), outcome
    assert outcome.phase is Phase.PREPARE
    assert outcome.reason == "It ended with exit code 1"
    assert b"Error" in outcome.log
    assert read_sdist(build.folder / f"{ROOT}.tar.gz").notes


@pytest.mark.parametrize("target", ["/etc/shadow", "../../etc/passwd", "../../in/runner.py"])
def test_hard_link_out(target: str, build: Build) -> None:
    """Nothing of the image or the inputs comes into the tree, nor is it written to through the link."""
    link = Member(name=f"{ROOT}/link", kind=tarfile.LNKTYPE, link=target)
    body = "assert open('link').read() == 'x'\nassert os.stat('link').st_nlink == 1\n" + LOOK
    written = build(tar_gz([*members(tree(body)), link, Member(name=f"{ROOT}/link", content=b"x")]))
    assert isinstance(written, Built), written
    assert any("links out" in note for note in read_sdist(build.folder / f"{ROOT}.tar.gz").notes)
    absent = build(tar_gz([*members(tree("assert not os.path.lexists('link')\n" + LOOK)), link]))
    assert isinstance(absent, Built), absent


def test_device_pipe_and_set_user_id(build: Build) -> None:
    odd = (
        Member(name=f"{ROOT}/device", kind=tarfile.CHRTYPE),
        Member(name=f"{ROOT}/block", kind=tarfile.BLKTYPE),
        Member(name=f"{ROOT}/pipe", kind=tarfile.FIFOTYPE),
        Member(name=f"{ROOT}/tool", content=b"x", mode=0o6777),
    )
    body = "print(sorted(os.listdir('.')), oct(os.stat('tool').st_mode))\nreturn make(out)"
    outcome = build(tar_gz([*members(tree(body)), *odd]))
    assert isinstance(outcome, Built), outcome
    shown = outcome.log.decode()
    assert "'PKG-INFO', " in shown
    assert not {"device", "block", "pipe"} & set(shown.replace("'", " ").split())
    assert "0o100755" in shown
    notes = " ".join(read_sdist(build.folder / f"{ROOT}.tar.gz").notes)
    assert "is a device" in notes
    assert "is a named pipe" in notes


def test_tar_that_is_a_zip_too(build: Build) -> None:
    """What the host reads and what the sandbox unpacks is the same one of the two."""
    honest = tar_gz(members(tree("print('from the tar')\nreturn make(out)")))
    other = zipped(tree("print('from the zip')\nreturn make(out)"))
    # The zip lies in an extra field of the gzip header (RFC 1952), and the rest is its comment.
    header, rest = honest[:10], honest[10:]
    hidden = other[:-2] + struct.pack("<H", len(rest))
    both = header[:3] + b"\x04" + header[4:] + struct.pack("<H", len(hidden)) + hidden + rest
    assert zipfile.is_zipfile(io.BytesIO(both))
    outcome = build(both)
    assert isinstance(outcome, Built), outcome
    assert b"from the tar" in outcome.log


def test_archive_that_fills_the_disk(build: Build) -> None:
    sdist = tar_gz([*members(tree()), Member(name=f"{ROOT}/zeros", content=bytes(80 << 20))])
    outcome = build(sdist)
    assert isinstance(outcome, NotBuilt), outcome
    assert (outcome.phase, outcome.reason) == (Phase.PREPARE, "It filled its disk: /build")
