"""Words that must not be in the project: in its files, their names, and the messages of its history.

``make lint`` runs it. Each pattern has a letter in brackets, so that this file does not hold what it forbids.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# What is wrong, and how it looks. Debian's archive of past states is the one address that a setting may have.
RULES: tuple[tuple[str, str], ...] = (
    ("a registry's host", r"(?i)\bpyp[i][.]org\b"),
    ("a registry's host", r"(?i)\bpyp[i][.]python[.]org\b"),
    ("a registry's host", r"(?i)\bpythonhoste[d][.]org\b"),
    ("a registry's host", r"(?i)\bnpmj[s][.](?:org|com)\b"),
    ("a registry's host", r"(?i)(?<!\bsnapshot[.])\bdebia[n][.]org\b"),
    ("a registry's host", r"(?i)\bubunt[u][.]com\b"),
    ("a path of one machine", r"(?<![\w.$}/-])/wor[k]/"),
    ("a path of one machine", r"(?<![\w.$}/-])/roo[t]/[.]\w"),
    ("a path of one machine", r"(?<![\w.$}/-])/(?:hom[e]|User[s])/\w"),
    ("something unfinished", r"\b(?:TOD[O]|FIXM[E]|XX[X])\b"),
    ("a note from elsewhere", r"(?<![\w.])[.][.]/share[d]\b"),
    ("a note from elsewhere", r"(?<![\w.*])[.]librar[y]\b"),
    ("a note from elsewhere", r"\bbrie[f][.]md\b"),
    (
        "a note from elsewhere",
        r"(?i)\b(?:su[b]-?agents?|helper sessio[n]s?|this sessio[n]|other sessio[n]s?)\b",
    ),
    ("a note from elsewhere", r"(?i)\b(?:clau[d]e|anthropi[c]|opena[i]|chatgp[t]|copilo[t])\b"),
    ("a note from elsewhere", r"(?i)\b(?:language mode[l]|ai[- ]generate[d]|as an a[i])\b"),
    ("a note from elsewhere", r"(?i)\bco-authored-b[y]:"),
)
_PATTERNS = tuple((what, re.compile(pattern)) for what, pattern in RULES)
_GIT_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A forbidden word."""

    place: str
    what: str
    word: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}: {self.word!r}"


def scan_text(place: str, text: str) -> Iterator[Hit]:
    """The hits in a text, each with its line's number behind the place."""
    for number, line in enumerate(text.splitlines(), start=1):
        for what, pattern in _PATTERNS:
            for found in pattern.finditer(line):
                yield Hit(place=f"{place}:{number}", what=what, word=found[0])


def scan_file(root: Path, name: str) -> Iterator[Hit]:
    """The hits in a file's name and, where it is text, in what it holds."""
    yield from (Hit(place=name, what=hit.what, word=hit.word) for hit in scan_text(name, f"/{name}"))
    path = root / name
    if path.is_symlink() or not path.is_file():
        return
    data = path.read_bytes()
    if b"\0" not in data:
        yield from scan_text(name, data.decode("utf-8", "replace"))


def scan_project(root: Path) -> Iterator[Hit]:
    """The hits in all files that git knows or would add, and in the messages of the whole history.

    Where there is no git repository, as in an unpacked sdist, in every file that no dot folder holds.
    """
    for name in sorted(_files(root)):
        yield from scan_file(root, name)
    history = _git(root, "log", "--format=%h%x00%B%x01")
    for message in (history or "").split("\x01"):
        commit, _, body = message.strip().partition("\0")
        yield from scan_text(f"commit {commit}", body)


def _files(root: Path) -> Iterable[str]:
    listed = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed is not None:
        return [name for name in listed.split("\0") if name]
    paths = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return [path.as_posix() for path in paths if not any(part.startswith(".") for part in path.parts[:-1])]


def _git(root: Path, *arguments: str) -> str | None:
    """What git answers, or None where it is not there or this is not a repository of its own."""
    if not (root / ".git").exists():
        return None
    try:
        answer = subprocess.run(
            ["git", "-C", root, *arguments], check=False, capture_output=True, timeout=_GIT_TIMEOUT_S
        )
    except FileNotFoundError:
        return None
    return answer.stdout.decode("utf-8", "replace") if answer.returncode == 0 else None


def main(root: Path) -> int:
    """Print every hit; 1 where there is one."""
    hits = list(scan_project(root))
    for hit in hits:
        sys.stdout.write(f"{hit}\n")
    return 1 if hits else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parents[1]))
