import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.container.contents import _SCRIPT, PYTHON, TOOLS, contents_key, parse_contents
from wheelproof.core.identity import Digest
from wheelproof.core.untrusted import printable
from wheelproof.recipe.lock import ImageContents, LockedTool

SUM = "a" * 64


def said(*lines: str) -> ImageContents:
    return parse_contents("".join(f"{line}\n" for line in lines).encode())


def package(name: str, version: str, machine: str = "amd64", status: str = "installed") -> str:
    return f"package\t{status}\t{name}\t{version}\t{machine}"


def test_a_distribution_its_packages_and_its_tools_are_read() -> None:
    contents = said(
        "os\tdebian\t13\ttrixie",
        "format\tdeb",
        package("gcc-14", "14.2.0-19"),
        package("tzdata", "2025b-4", "all"),
        package("libc6", "2.41-12+deb13u1~x"),
        package("gone", "1", status="config-files"),
        f"tool\tcc\t/usr/bin/gcc-14\tgcc-14\t{SUM}\tcc (Debian 14.2.0-19) 14.2.0",
        f"tool\tcmake\t/opt/cmake\t\t{SUM}\tcmake version 4.1\t(odd)",
    )

    assert contents.packages == {"gcc-14": "14.2.0-19", "libc6": "2.41-12+deb13u1~x", "tzdata": "2025b-4"}
    system = contents.system
    assert (system.id, system.version, system.codename) == ("debian", "13", "trixie")
    assert (system.package_format, system.architecture) == ("deb", "amd64")
    assert system.architectures == {"tzdata": "all"}
    assert system.unread == 0
    assert contents.tools == {
        "cc": LockedTool(
            path="/usr/bin/gcc-14", version="cc (Debian 14.2.0-19) 14.2.0", package="gcc-14", sha256=SUM
        ),
        "cmake": LockedTool(path="/opt/cmake", version="cmake version 4.1\\t(odd)", package=None, sha256=SUM),
    }


def test_a_name_that_is_installed_more_than_once_keeps_every_version() -> None:
    contents = said(
        "format\trpm",
        package("glibc", "2.28-1", "i686"),
        package("glibc", "2.28-2", "x86_64"),
        package("kernel", "1:5.1-1", "x86_64"),
        package("kernel", "1:5.2-1", "x86_64"),
        package("kernel", "1:5.3-1", "x86_64"),
        package("gpg-pubkey", "c21ad6ea-572e0f0b", "(none)"),
    )

    assert contents.packages == {
        "glibc": "2.28-2",
        "glibc:i686": "2.28-1",
        "kernel": "1:5.1-1",
        "kernel:x86_64": "1:5.2-1",
        "kernel:x86_64:1:5.3-1": "1:5.3-1",
    }
    assert contents.system.architecture == "x86_64"
    assert contents.system.architectures == {"glibc:i686": "i686"}
    assert contents.system.unread == 0


def test_an_image_that_says_nothing_holds_nothing_that_is_known() -> None:
    contents = parse_contents(b"")
    assert (contents.packages, contents.tools) == ({}, {})
    assert contents.system.package_format is None


@pytest.mark.parametrize(
    "line",
    [
        "os\tdebian\t13",
        "os\tdebian\t\x1b[2J\t",
        "format\tnix",
        package("\x1b]0;title\x07", "1"),
        package("name", "1 2"),
        package("name", "1", "(none)"),
        package("a" * 201, "1"),
        "package\tinstalled\tname\t1",
        f"tool\tevil\t/usr/bin/evil\t\t{SUM}\t1",
        f"tool\tcc\tusr/bin/cc\t\t{SUM}\t1",
        f"tool\tcc\t/usr/bin/\x1bcc\t\t{SUM}\t1",
        f"tool\tcc\t/usr/bin/cc\tnot a name\t{SUM}\t1",
        "tool\tcc\t/usr/bin/cc\t\tsum\t1",
        "something else",
    ],
)
def test_a_line_that_is_not_in_its_form_is_counted_and_no_more(line: str) -> None:
    contents = said(line)
    assert contents.system.unread == 1
    assert (contents.packages, contents.tools, contents.system.id) == ({}, {}, "")


@given(
    st.one_of(
        st.binary(),
        st.lists(
            st.lists(
                st.sampled_from(["os", "package", "tool", "format", "installed", "deb", SUM, "cc", "/x"])
                | st.text(max_size=5)
            ).map("\t".join)
        ).map(lambda lines: "\n".join(lines).encode("utf-8", "surrogatepass")),
    )
)
def test_whatever_an_image_says_is_kept_printable(answer: bytes) -> None:
    contents = parse_contents(answer)
    told = [*contents.packages, *contents.packages.values(), contents.system.id, contents.system.codename]
    told += [text for tool in contents.tools.values() for text in (tool.path, tool.version)]
    assert all(text == printable(text, limit=1000) for text in told)
    assert set(contents.tools) <= {*TOOLS, PYTHON}
    assert ImageContents.model_validate(contents.model_dump(mode="json")) == contents


def test_the_script_is_one_that_a_posix_shell_reads() -> None:
    shell = shutil.which("dash") or "sh"
    assert subprocess.run([shell, "-n", "-c", _SCRIPT], check=False).returncode == 0


def test_an_answer_is_remembered_for_its_image_and_interpreter_alone() -> None:
    one, other = Digest.of_bytes(b"one"), Digest.of_bytes(b"other")
    keys = {contents_key(one, "/a"), contents_key(one, "/b"), contents_key(other, "/a")}
    keys.add(contents_key(one, "/a", {"PATH": "/opt/bin"}))
    assert len(keys) == 4
    assert contents_key(one, "/a") in keys
