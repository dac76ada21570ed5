"""What real images hold, and what hostile ones say that they hold."""

import contextlib
import io
import tarfile
from collections.abc import Iterator, Mapping

import pytest

from container_builds import Watch
from wheelproof.container import contents
from wheelproof.container.contents import read_contents
from wheelproof.container.engine import Engine
from wheelproof.container.image import ensure_image
from wheelproof.container.pinned import PinnedImage
from wheelproof.container.policy import BARE_ENVIRONMENT, Policy
from wheelproof.core.errors import EngineError
from wheelproof.core.identity import Digest

APK = """\
C:Q1abc=
P:musl
V:1.2.5-r9
A:x86_64
F:lib
R:ld-musl-x86_64.so.1

P:tools
V:4.4-r2
A:noarch
F:usr
F:usr/bin
R:make
Z:Q1abc=
"""
# Answers as rpm 4 does to the queries that are made of it.
RPM = """\
#!/bin/sh
[ "$1" = --eval ] && { echo /var/lib/rpm; exit 0; }
[ "$1 $3" = "--dbpath -qa" ] || [ -e "$2/Packages" ] || exit 1
case "$3" in
-qa)
  printf 'package\\tinstalled\\tgcc-toolset-14-gcc-c++\\t1:14.2.1-11.el8\\tx86_64\\n'
  printf 'package\\tinstalled\\tgpg-pubkey\\tc21ad6ea-572e0f0b\\t(none)\\n' ;;
-qf)
  [ "$6" = /usr/bin/make ] || { echo "not owned by any package"; exit 1; }
  echo gcc-toolset-14-gcc-c++ ;;
esac
"""
MAKE = "#!/bin/sh\necho GNU Make 4.4\necho more\n"


@contextlib.contextmanager
def changed(
    engine: Engine, image: PinnedImage, files: Mapping[str, str], *, without: tuple[str, ...] = ()
) -> Iterator[Digest]:
    """An image with other files, and without some."""
    made = engine.client.containers.create(str(image.image_id), ["rm", "-rf", *without, "/nothing"])
    committed = None
    try:
        made.start()
        made.wait(timeout=60)
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for path, text in files.items():
                info = tarfile.TarInfo(path.lstrip("/"))
                info.mode, info.size = 0o755, len(text.encode())
                tar.addfile(info, io.BytesIO(text.encode()))
        made.put_archive("/", archive.getvalue())
        committed = made.commit()
    finally:
        made.remove(force=True)
    try:
        yield Digest.parse(str(committed.id))
    finally:
        engine.client.images.remove(str(committed.id), force=True)


def test_a_debian_image_tells_its_packages_as_its_label_does(
    engine: Engine, image: PinnedImage, watch: Watch
) -> None:
    held = read_contents(engine, image.image_id, image.interpreter)

    assert tuple(held.packages.items()) == image.packages
    assert (held.system.id, held.system.codename, held.system.package_format) == ("debian", "bookworm", "deb")
    assert held.system.unread == 0
    assert "all" in held.system.architectures.values()
    assert set(held.tools) == {"python"}
    assert held.tools["python"].package == "python3.11-minimal"
    assert held.tools["python"].version.startswith("Python 3.11.")
    assert watch.containers


def test_a_debian_image_with_compilers_tells_the_packages_that_they_are_of(engine: Engine) -> None:
    image = ensure_image(engine, "debian-trixie-py3.13-cc")
    held = read_contents(engine, image.image_id, image.interpreter)

    assert {"cc", "c++", "ld", "as", "ar", "make", "pkg-config", "python"} <= set(held.tools)
    assert {tool.package for tool in held.tools.values()} <= set(held.packages)
    compiler = held.tools["cc"]
    assert compiler.package is not None
    assert held.packages[compiler.package] in compiler.version


def test_an_alpine_database_is_read(engine: Engine, image: PinnedImage) -> None:
    files = {
        "/lib/apk/db/installed": APK,
        "/etc/os-release": 'ID=alpine\nVERSION_ID="3.21.3"\n',
        "/usr/bin/make": MAKE,
    }
    with changed(engine, image, files, without=("/var/lib/dpkg/status", "/etc/os-release")) as image_id:
        held = read_contents(engine, image_id, image.interpreter)

    assert held.packages == {"musl": "1.2.5-r9", "tools": "4.4-r2"}
    assert (held.system.id, held.system.version, held.system.package_format) == ("alpine", "3.21.3", "apk")
    assert held.system.architectures == {"tools": "noarch"}
    assert (held.tools["make"].package, held.tools["make"].version) == ("tools", "GNU Make 4.4")
    assert held.tools["python"].package is None
    assert held.system.unread == 0


def test_rpm_is_asked_where_there_is_no_other_database(engine: Engine, image: PinnedImage) -> None:
    files = {"/usr/bin/rpm": RPM, "/var/lib/rpm/Packages": "", "/usr/bin/make": MAKE}
    with changed(engine, image, files, without=("/var/lib/dpkg/status",)) as image_id:
        held = read_contents(engine, image_id, image.interpreter)

    assert held.packages == {"gcc-toolset-14-gcc-c++": "1:14.2.1-11.el8"}
    assert (held.system.package_format, held.system.architecture) == ("rpm", "x86_64")
    assert held.tools["make"].package == "gcc-toolset-14-gcc-c++"
    assert held.tools["python"].package is None
    assert held.system.unread == 0


def test_tools_are_looked_for_where_a_build_would_find_them(engine: Engine, image: PinnedImage) -> None:
    files = {"/opt/toolset/bin/make": MAKE, "/usr/bin/make": "#!/bin/sh\necho another\n"}
    path = {**BARE_ENVIRONMENT, "PATH": f"/opt/toolset/bin:{BARE_ENVIRONMENT['PATH']}"}
    with changed(engine, image, files) as image_id:
        held = read_contents(engine, image_id, image.interpreter, path)
        usual = read_contents(engine, image_id, image.interpreter)
    assert (held.tools["make"].path, usual.tools["make"].path) == ("/opt/toolset/bin/make", "/usr/bin/make")
    assert held.tools["make"].version == "GNU Make 4.4"


def test_an_image_without_a_database_tells_its_tools_alone(engine: Engine, image: PinnedImage) -> None:
    with changed(engine, image, {}, without=("/var/lib/dpkg/status", "/etc/os-release")) as image_id:
        held = read_contents(engine, image_id, image.interpreter)
    assert (held.packages, held.system.package_format) == ({}, None)
    assert held.tools["python"].package is None


HOSTILE = {
    "a version without end": "#!/bin/sh\nexec cat /dev/zero\n",
    "a version that never comes": "#!/bin/sh\nexec sleep 1000\n",
    "what a terminal obeys": "#!/bin/sh\nprintf '\\033[2J\\033]0;title\\007\\n'\n",
    "a process that stays": "#!/bin/sh\nsleep 1000 >/dev/null 2>&1 &\necho 1\n",
}


@pytest.mark.parametrize("script", HOSTILE.values(), ids=HOSTILE)
def test_a_tool_that_does_not_answer_as_it_should_does_no_harm(
    engine: Engine, image: PinnedImage, script: str
) -> None:
    with changed(engine, image, {"/usr/bin/make": script}) as image_id:
        held = read_contents(engine, image_id, image.interpreter)
    assert len(held.tools["make"].version) < 1000
    assert held.tools["make"].version.isprintable()
    assert held.packages


@pytest.mark.parametrize("script", ["#!/bin/sh\nexec yes package\n", "#!/bin/sh\nexec sleep 1000\n"])
def test_a_database_that_does_not_end_is_an_error_with_a_next_step(
    engine: Engine, image: PinnedImage, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "_POLICY", Policy(timeout_s=5, memory_bytes=256 << 20))
    with (
        changed(engine, image, {"/usr/bin/dpkg-query": script}) as image_id,
        pytest.raises(EngineError, match="does not say what packages") as caught,
    ):
        read_contents(engine, image_id, image.interpreter)
    assert "another image" in caught.value.hint
