"""What a failed build says that its image lacks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.pipeline.lacking import what_is_lacking


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("src/x.c:1:10: fatal error: ffi.h: No such file or directory\n", "the header ffi.h"),
        ("fatal error: openssl/ssl.h: No such file or directory", "the header openssl/ssl.h"),
        ("error: command 'gcc' failed: No such file or directory", "no compiler"),
        ("error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory", "no compiler"),
        ("unable to execute 'gcc': No such file or directory", "no compiler"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'cc'", "no compiler"),
        ("CMake Error: No CMAKE_C_COMPILER could be found.", "no compiler"),
        ("../meson.build:1:0: ERROR: Unknown compiler(s): [['cc'], ['gcc']]", "no compiler"),
        ("Cargo, the Rust package manager, is not installed or is not on PATH.", "no Rust"),
        ("error: can't find Rust compiler", "no Rust"),
    ],
)
def test_what_is_lacking_is_named_with_the_next_step(log: str, said: str) -> None:
    found = what_is_lacking(f"running build_ext\n{log}\nmore\n")
    assert said in found
    assert "--image" in found


@pytest.mark.parametrize(
    "log",
    [
        "error: command '/usr/bin/gcc' failed with exit code 1",
        "x.c:3:1: error: expected ';'",
        "FileNotFoundError: [Errno 2] No such file or directory: 'README.md'",
        "",
    ],
)
def test_another_failure_is_not_made_one(log: str) -> None:
    assert what_is_lacking(log) == ""


@given(st.text())
def test_no_log_gets_through_unprintable(log: str) -> None:
    assert what_is_lacking(f"fatal error: {log}.h: No such file or directory").isprintable()
