from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_pages import index_file
from wheelproof.core.errors import NotCheckedError, UsageError
from wheelproof.pipeline.select import refusal, select_sdist, select_wheels

PYTHONS = ("2.7", "3.9", "3.11", "3.13", "3.14")
PURE = "demo-1.0-py3-none-any.whl"


def native(*tags: str) -> list[str]:
    return [f"demo-1.0-{tag}.whl" for tag in tags]


def chosen(
    names: Sequence[str], *, pattern: str | None = None, everything: bool = False, machine: str = "x86_64"
) -> list[str]:
    found = select_wheels(
        [index_file(name) for name in names],
        pattern=pattern,
        everything=everything,
        pythons=PYTHONS,
        machine=machine,
    )
    return [item.wheel.filename for item in found]


class TestWithoutAPattern:
    def test_the_pure_wheel_comes_first(self) -> None:
        assert chosen([*native("cp313-cp313-manylinux_2_17_x86_64"), PURE]) == [PURE]

    def test_else_the_newest_python_of_this_platform(self) -> None:
        names = native(
            "cp39-cp39-manylinux_2_17_x86_64",
            "cp311-cp311-manylinux_2_17_x86_64",
            "cp313-cp313-win_amd64",
            "cp313-cp313-manylinux_2_17_aarch64",
        )
        assert chosen(names) == [names[1]]
        assert chosen(names, machine="aarch64") == [names[3]]

    def test_python_3_before_python_2(self) -> None:
        names = native("py2-none-any", "py3-none-any")
        assert chosen(names) == [names[1]]
        assert chosen(names[:1]) == [names[0]]

    def test_the_usual_interpreter_before_the_free_threaded_one(self) -> None:
        names = native("cp313-cp313t-manylinux_2_17_x86_64", "cp311-cp311-manylinux_2_17_x86_64")
        assert chosen(names) == [names[1]]

    def test_the_order_on_the_index_says_nothing(self) -> None:
        names = native("cp311-cp311-linux_x86_64", "cp313-cp313-linux_x86_64", "cp39-abi3-linux_x86_64")
        assert chosen(names) == chosen(names[::-1]) == [names[1]]

    def test_no_wheel(self) -> None:
        with pytest.raises(NotCheckedError, match="no wheel on the index"):
            chosen(["demo-1.0.tar.gz"])

    def test_none_for_this_platform(self) -> None:
        with pytest.raises(NotCheckedError, match="it is for win_amd64, and builds here"):
            chosen(native("cp313-cp313-win_amd64"))
        with pytest.raises(NotCheckedError, match="none of its 2 wheels can be") as caught:
            chosen(native("cp313-cp313-win_amd64", "cp313-cp313-win32"))
        assert caught.value.hint == "--all lists each wheel with the reason."


class TestWithAPattern:
    def test_a_name(self) -> None:
        assert chosen([PURE, *native("py2-none-any")], pattern=PURE) == [PURE]

    def test_a_pattern(self) -> None:
        names = [PURE, *native("cp313-cp313-win_amd64", "cp311-cp311-win_amd64")]
        assert chosen(names, pattern="*win*") == names[1:]

    def test_what_meets_none(self) -> None:
        with pytest.raises(UsageError, match="is called nothing") as caught:
            chosen([PURE], pattern="nothing")
        assert caught.value.hint == f"There are {PURE}."

    def test_everything(self) -> None:
        names = [PURE, *native("cp313-cp313-win_amd64")]
        assert chosen(names, everything=True) == names


@pytest.mark.parametrize(
    ("tag", "fits"),
    [
        ("py3-none-any", True),
        ("py2.py3-none-any", True),
        ("py2-none-any", True),
        ("cp27-none-any", True),
        ("py39-none-any", True),
        ("cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64", True),
        ("cp312-abi3-manylinux_2_17_x86_64", True),
        ("cp312-cp312-manylinux_2_17_x86_64", True),
        ("cp313-cp313-musllinux_1_2_x86_64", True),
        ("cp36-cp36m-manylinux_2_17_x86_64", False),
        ("cp312-cp312-linux_x86_64", False),
        ("cp313-cp313-manylinux_2_17_i686", False),
        ("cp313-cp313-macosx_11_0_universal2", False),
        ("pp310-pypy310_pp73-manylinux_2_17_x86_64", False),
        ("py4-none-any", False),
        ("graalpy311-none-any", False),
    ],
)
def test_what_can_be_rebuilt_here(tag: str, fits: bool) -> None:
    reason = refusal(f"demo-1.0-{tag}.whl", pythons=PYTHONS, machine="x86_64")
    assert (reason is None) is fits


def test_a_refusal_is_said_for_a_name_that_is_none() -> None:
    assert refusal("demo-1.0-x!-py3-none-any.whl", pythons=PYTHONS, machine="x86_64") is not None


@given(st.lists(st.sampled_from([*"abp23-._!", "py3", "cp", "none", "any", "-"]), max_size=12))
def test_no_name_is_too_much(parts: list[str]) -> None:
    """Names come from an index: whatever they are, they are chosen or refused."""
    name = f"demo-1.0-{''.join(parts)}.whl"
    found = select_wheels(
        [index_file(name)], pattern=None, everything=True, pythons=PYTHONS, machine="x86_64"
    )
    assert [item.wheel.filename for item in found] == [name]
    assert chosen([name, PURE]) in ([PURE], [name])


class TestSdists:
    def test_the_format_of_the_standard_comes_first(self) -> None:
        names = ("demo-1.0.zip", "demo-1.0.tar.bz2", "demo-1.0.tar.gz", PURE)
        assert select_sdist([index_file(name) for name in names]).filename == "demo-1.0.tar.gz"
        assert select_sdist([index_file(name) for name in names[:2]]).filename == "demo-1.0.zip"

    def test_none(self) -> None:
        with pytest.raises(NotCheckedError, match="no sdist on the index"):
            select_sdist([index_file(PURE)])
