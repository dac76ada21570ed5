import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.rebuild.reasons import SIGNS, explain_failure
from wheelproof.rebuild.record import Phase

REFUSES = 'auditwheel: error: cannot repair "/build/repair/demo-1.0.whl" to "manylinux_2_5_x86_64"'
# What tools print where they fail, as it was seen, and what of it stands in the reason.
SEEN: tuple[tuple[Phase, str, str], ...] = (
    (
        Phase.REPAIR,
        f"{REFUSES} ABI because of the presence of too-recent versioned symbols. You'll need to compile",
        "auditwheel refuses manylinux_2_5_x86_64: the wheel needs newer symbols",
    ),
    (
        Phase.REPAIR,
        f"{REFUSES} ABI because it depends on black-listed symbols.",
        "auditwheel refuses manylinux_2_5_x86_64: the wheel uses symbols",
    ),
    (
        Phase.REPAIR,
        f"{REFUSES} ABI because it depends on unsupported ISA extensions.",
        "auditwheel refuses manylinux_2_5_x86_64: a library is built for newer processors",
    ),
    (
        Phase.REPAIR,
        'ValueError: Cannot repair wheel, because required library "libsalt.so.1" could not be located',
        "auditwheel can't find the library libsalt.so.1",
    ),
    (
        Phase.REPAIR,
        "INFO:auditwheel.main_repair:This does not look like a platform wheel, no ELF executable or shared",
        "has no native code",
    ),
    (
        Phase.REPAIR,
        "auditwheel repair: error: argument --plat: invalid choice: 'auto' (choose from linux_x86_64)",
        "does not know the platform auto",
    ),
    (Phase.BUILD, "Rust not found, installing into a temporary directory", "needs Rust (cargo and rustc)"),
    (Phase.BUILD, "error: can't find Rust compiler", "needs Rust (cargo and rustc)"),
    (
        Phase.BUILD,
        "error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory",
        "needs a compiler, and the image has none",
    ),
    (Phase.BUILD, "error: [Errno 2] No such file or directory: 'x86_64-linux-gnu-gcc'", "needs a compiler"),
    (Phase.BUILD, "error: command 'gcc-12' failed: No such file or directory", "needs a compiler"),
    (
        Phase.BUILD,
        "../meson.build:1:0: ERROR: Unknown compiler(s): [['cc'], ['gcc'], ['clang']]",
        "needs a compiler",
    ),
    (Phase.BUILD, "  No CMAKE_C_COMPILER could be found.\n", "needs a compiler"),
    (Phase.BUILD, "unable to execute 'gcc': No such file or directory", "needs a compiler"),
    (Phase.BUILD, "configure: error: no acceptable C compiler found in $PATH", "needs a compiler"),
    (Phase.BUILD, "fatal error: openssl/ssl.h: No such file or directory", "needs the header openssl/ssl.h"),
    (
        Phase.BUILD,
        "demo/_core.c:4:10: fatal error: ffi.h: No such file or directory\n    4 | #include <ffi.h>",
        "needs the header ffi.h",
    ),
    (Phase.BUILD, "/usr/bin/ld: cannot find -lffi: No such file or directory", "needs the library ffi"),
    (Phase.PREPARE, "/bin/sh: 1: yum: not found", "It calls yum"),
    (Phase.PREPARE, "bash: line 1: apt-get: command not found", "It calls apt-get"),
    (Phase.BUILD, "curl: (6) Could not resolve host: forge.example", "asks the network for something"),
)  # fmt: skip


@pytest.mark.parametrize(("phase", "log", "said"), SEEN)
def test_a_known_failure_is_told(phase: Phase, log: str, said: str) -> None:
    found = explain_failure(phase, f"before\n{log}\nbehind\n".encode())
    assert found is not None
    reason, hint = found
    assert said in reason
    assert not reason.endswith(".")
    assert hint.endswith(".")


def test_every_sign_was_seen() -> None:
    met = {
        sign.reason
        for sign in SIGNS
        for phase, log, _ in SEEN
        if phase in sign.phases and sign.words.search(log)
    }
    assert met == {sign.reason for sign in SIGNS}


def test_a_sign_means_what_it_says_in_its_phase_alone() -> None:
    for phase, log, _ in SEEN:
        other = Phase.BUILD if phase is Phase.REPAIR else Phase.REPAIR
        assert explain_failure(other, log.encode()) is None
        assert explain_failure(Phase.COLLECT, log.encode()) is None


def test_a_log_that_says_nothing_known_explains_nothing() -> None:
    assert explain_failure(Phase.BUILD, b"error: something else\ngcc: found, and cargo too\n") is None
    for log in (
        b"error: command '/usr/bin/gcc' failed with exit code 1",
        b"x.c:3:1: error: expected ';'",
        b"FileNotFoundError: [Errno 2] No such file or directory: 'README.md'",
    ):
        assert explain_failure(Phase.BUILD, log) is None


@given(
    st.sampled_from([Phase.BUILD, Phase.REPAIR]), st.sampled_from([log for _, log, _ in SEEN]), st.binary()
)
def test_what_a_log_holds_is_shown_printable(phase: Phase, log: str, junk: bytes) -> None:
    for text in (log.encode() + junk, log.encode().replace(b"ffi", b"f\x1b[2J" + junk)):
        found = explain_failure(phase, text)
        assert found is None or (found[0].isprintable() and len(found[0]) < 300)
