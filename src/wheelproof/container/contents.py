"""What an image holds, by its own word: the distribution, its packages, and the tools that builds find.

The image is asked in a sandbox, by one script that needs a POSIX shell and the distribution's own programs.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from wheelproof.container.engine import Engine
from wheelproof.container.policy import BARE_ENVIRONMENT, TEMPORARY_FOLDER, Policy
from wheelproof.container.sandbox import Sandbox
from wheelproof.core.errors import EngineError
from wheelproof.core.identity import Digest
from wheelproof.core.untrusted import printable
from wheelproof.recipe.lock import ImageContents, LockedSystem, LockedTool, PackageFormat

# What compiles, links, drives builds of native code, or changes what they made.
TOOLS = (
    *("cc", "c++", "gfortran", "clang", "ld", "as", "ar", "strip"),
    *("make", "cmake", "ninja", "meson", "pkg-config", "rustc", "cargo", "go", "swig", "patchelf"),
)
PYTHON = "python"
_POLICY = Policy(timeout_s=120, memory_bytes=1 << 30, log_bytes=1 << 20, processes=128, cpus=1)
_ANSWER_BYTES = 2 << 20
_INDEPENDENT = frozenset({"all", "noarch"})
# Beyond what each format allows no one has to read: these hold for deb-version(7), rpm and apk alike.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+@-]{0,199}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~^:-]{0,199}")
_WORD = re.compile(r"[A-Za-z0-9._+-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# What rpm's database holds beside packages: signers' keys.
_KEYS = "gpg-pubkey"

# $1 is the interpreter, the rest are the tools' names.
_SCRIPT = r"""
copy="$TMPDIR/rpmdb"
apk=
for place in /lib/apk/db/installed /usr/lib/apk/db/installed; do
  if [ -s "$place" ]; then apk=$place; fi
done

if [ -r /etc/os-release ]; then
  (. /etc/os-release; printf 'os\t%s\t%s\t%s\n' "$ID" "$VERSION_ID" "$VERSION_CODENAME")
fi
if [ -s /var/lib/dpkg/status ]; then
  printf 'format\tdeb\n'
  dpkg-query -W -f 'package\t${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\n'
  owner() { dpkg-query -S "$1" 2>/dev/null | grep -v '^diversion ' | head -n 1 | cut -d: -f1; }
elif [ -n "$apk" ]; then
  printf 'format\tapk\n'
  awk '/^P:/ {name = substr($0, 3)} /^V:/ {version = substr($0, 3)} /^A:/ {machine = substr($0, 3)}
       /^$/ && name != "" {printf "package\tinstalled\t%s\t%s\t%s\n", name, version, machine; name = ""}
       END {if (name != "") printf "package\tinstalled\t%s\t%s\t%s\n", name, version, machine}' "$apk"
  owner() {
    awk -v wanted="${1#/}" '/^P:/ {name = substr($0, 3)} /^F:/ {folder = substr($0, 3)}
      /^R:/ && folder "/" substr($0, 3) == wanted {print name; exit}' "$apk"
  }
elif command -v rpm >/dev/null 2>&1; then
  printf 'format\trpm\n'
  # Read from a copy: some of its formats can't be opened where nothing can be written.
  cp -r "$(rpm --eval '%{_dbpath}')/." "$copy"
  rpm --dbpath "$copy" -qa --qf \
    'package\tinstalled\t%{NAME}\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\t%{ARCH}\n'
  owner() {
    if owners=$(rpm --dbpath "$copy" -qf --qf '%{NAME}\n' "$1" 2>/dev/null); then
      printf '%s\n' "$owners" | head -n 1
    fi
  }
else
  owner() { :; }
fi

tell() {
  real=$(readlink -f "$2")
  if [ -f "$real" ]; then
    sum=$(sha256sum <"$real")
    said=$(timeout 10 "$2" --version </dev/null 2>&1 | head -n 1 | head -c 400)
    name=$(owner "$real")
    printf 'tool\t%s\t%s\t%s\t%s\t%s\n' "$1" "$real" "$name" "${sum%% *}" "$said"
  fi
}
tell python "$1"
shift
for tool in "$@"; do
  if found=$(command -v "$tool"); then tell "$tool" "$found"; fi
done
exit 0
"""


def contents_key(
    image_id: Digest, interpreter: str, environment: Mapping[str, str] = BARE_ENVIRONMENT
) -> Digest:
    """Digest all that an answer depends on."""
    asked = (str(image_id), interpreter, sorted(environment.items()), TOOLS, _SCRIPT)
    return Digest.of_bytes(repr(asked).encode())


def read_contents(
    engine: Engine, image_id: Digest, interpreter: str, environment: Mapping[str, str] = BARE_ENVIRONMENT
) -> ImageContents:
    """Ask an image for what it holds, without a network.

    Args:
        engine: where the image is.
        image_id: the image.
        interpreter: the Python that builds use, a path in it.
        environment: what builds have of it, such as the path on which they find tools.

    Raises:
        EngineError: the engine failed, or the image's programs do not end within limits.
    """
    with Sandbox(engine, image_id=str(image_id), policy=_POLICY) as sandbox:
        outcome = sandbox.run(
            ("sh", "-c", _SCRIPT, "contents", interpreter, *TOOLS),
            environment={**environment, "TMPDIR": TEMPORARY_FOLDER},
            answer_limit_bytes=_ANSWER_BYTES,
            may_leave=True,
        )
    if not outcome.ok:
        how = f"stopped at its limit of {outcome.stop}" if outcome.stop else f"exit code {outcome.exit_code}"
        raise EngineError(
            f"The image does not say what packages and tools it holds ({how})",
            hint="Take another image: the shell or the package database of this one does not work.",
        )
    return parse_contents(outcome.answer)


def parse_contents(answer: bytes) -> ImageContents:
    """Read what the script printed, which a hostile image chooses: a line that breaks its form is counted."""
    said = _Said()
    unread = sum(not said.take(line) for line in answer.decode("utf-8", "replace").split("\n") if line)
    machine = _usual(machine for _, _, machine in said.packages)
    versions, others = _by_name(said.packages, machine)
    return ImageContents(
        packages=versions,
        system=LockedSystem(
            **said.system,
            package_format=said.package_format,
            architecture=machine,
            architectures=others,
            unread=unread,
        ),
        tools=dict(sorted(said.tools.items())),
    )


@dataclass(slots=True)
class _Said:
    """What the lines so far say."""

    system: dict[str, str] = field(default_factory=dict)
    package_format: PackageFormat | None = None
    packages: list[tuple[str, str, str]] = field(default_factory=list)
    tools: dict[str, LockedTool] = field(default_factory=dict)

    def take(self, line: str) -> bool:
        """Whether a line has its form."""
        match line.split("\t", 5):
            case ["os", *words] if len(words) == 3 and all(_WORD.fullmatch(word) for word in words if word):
                self.system = dict(zip(("id", "version", "codename"), words, strict=True))
            case ["format", "deb" | "rpm" | "apk" as package_format]:
                self.package_format = package_format
            case ["package", status, name, version, machine]:
                counts = status == "installed" and name != _KEYS
                if counts and not _is_package(name, version, machine):
                    return False
                if counts:
                    self.packages.append((name, version, machine))
            case ["tool", name, path, owner, sha256, version] if _is_tool(name, path, owner, sha256):
                version = printable(version.strip(), limit=200)
                self.tools[name] = LockedTool(
                    path=path, version=version, package=owner or None, sha256=sha256
                )
            case _:
                return False
        return True


def _is_package(name: str, version: str, machine: str) -> bool:
    return bool(_NAME.fullmatch(name) and _VERSION.fullmatch(version) and _WORD.fullmatch(machine))


def _is_tool(name: str, path: str, owner: str, sha256: str) -> bool:
    known = name == PYTHON or name in TOOLS
    shown = path.startswith("/") and len(path) <= 400 and path == printable(path)
    return known and shown and (not owner or bool(_NAME.fullmatch(owner))) and bool(_SHA256.fullmatch(sha256))


def _usual(machines: Iterable[str]) -> str:
    """The architecture that most packages are for, beside those that are for all."""
    counts = Counter(machine for machine in machines if machine not in _INDEPENDENT)
    return min(counts, key=lambda machine: (-counts[machine], machine), default="")


def _by_name(packages: Sequence[tuple[str, str, str]], usual: str) -> tuple[dict[str, str], dict[str, str]]:
    """Versions by name, and the architectures that are not the usual one.

    Where a name is installed more than once, the others are called ``name:architecture``, and those that
    this does not tell apart ``name:architecture:version``.
    """
    versions: dict[str, str] = {}
    others: dict[str, str] = {}
    for name, version, machine in sorted(packages, key=lambda item: (item[0], item[2] != usual, *item)):
        names = (name, f"{name}:{machine}", f"{name}:{machine}:{version}")
        key = next((key for key in names if key not in versions), names[-1])
        versions[key] = version
        if machine != usual:
            others[key] = machine
    return dict(sorted(versions.items())), dict(sorted(others.items()))
