"""What a sandbox hands out is hostile: its account and its tar."""

import contextlib
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.rebuild.output import CutError, OutputError, parse_account, parse_output

PLAIN = st.dictionaries(
    st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=20).filter(
        lambda name: name not in {".", ".."} and len(name.encode()) < 80
    ),
    st.binary(max_size=600),
    max_size=5,
)


def tar(*members: tarfile.TarInfo, **files: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        folder = tarfile.TarInfo("./.")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for member in members:
            archive.addfile(member)
        for name, content in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def test_an_account_has_a_line_a_step() -> None:
    account = parse_account(b"0 0.250\n0 1.500\nrest", 2)
    assert (account.exit_codes, account.durations_s, account.rest) == ((0, 0), (0.25, 1.5), b"rest")
    failed = parse_account(b"137 9.001\n", 2)
    assert (failed.exit_codes, failed.rest) == ((137,), b"")
    assert parse_account(b"0 0.1", 2).exit_codes == ()


@given(answer=st.binary(max_size=100), steps=st.integers(min_value=0, max_value=4))
def test_any_account_is_read_as_far_as_it_goes(answer: bytes, steps: int) -> None:
    account = parse_account(answer, steps)
    assert len(account.exit_codes) == len(account.durations_s) <= steps
    assert answer.endswith(account.rest)


@given(files=PLAIN)
def test_plain_files_come_out(files: dict[str, bytes]) -> None:
    assert parse_output(tar(**files)) == files


def test_what_has_no_end_was_cut() -> None:
    whole = tar(a=b"a" * 3000)
    for end in (0, 512, 2000, len(whole) - len(whole.rstrip(b"\0"))):
        with pytest.raises(CutError):
            parse_output(whole[:end] if end < 1000 else whole.rstrip(b"\0"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("link", tarfile.SYMTYPE),
        ("hard", tarfile.LNKTYPE),
        ("fifo", tarfile.FIFOTYPE),
        ("device", tarfile.CHRTYPE),
        ("folder", tarfile.DIRTYPE),
        ("sparse", tarfile.GNUTYPE_SPARSE),
        ("a/b", tarfile.REGTYPE),
        ("../up", tarfile.REGTYPE),
        ("/absolute", tarfile.REGTYPE),
        ("\x1b[2J/x", tarfile.REGTYPE),
    ],
)
def test_anything_else_is_refused(name: str, kind: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.type = kind
    with pytest.raises(OutputError) as raised:
        parse_output(tar(member))
    assert str(raised.value).isprintable()


def test_too_many_files_are_refused() -> None:
    with pytest.raises(OutputError, match="more than 64 files"):
        parse_output(tar(**{str(number): b"" for number in range(65)}))


@given(garbage=st.binary(max_size=1500))
def test_garbage_is_refused(garbage: bytes) -> None:
    with contextlib.suppress(OutputError):
        assert all("/" not in name for name in parse_output(garbage + bytes(1024)))
