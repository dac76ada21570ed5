"""``make bench``: how long a warm check takes, beside pip building the same releases from source.

Prints medians of whole processes in one run; nothing is asserted, as machines differ.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 5
RELEASES = ("six==1.17.0", "attrs==26.1.0")
BIN = Path(sys.executable).parent
# Every program here keeps its bytecode, as installed programs do.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def timed(argv: list[str]) -> tuple[float, str]:
    """Seconds of wall time of a whole process, and what it printed; it has to end with 0."""
    begun = time.monotonic()
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    seconds = time.monotonic() - begun
    if done.returncode:
        sys.exit(f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return seconds, done.stdout


def check(release: str) -> tuple[float, float]:
    """A check's seconds, and those of the backend in it."""
    seconds, printed = timed([str(BIN / "wheelproof"), "check", "--quiet", "--format", "json", release])
    (result,) = json.loads(printed)["results"]
    return seconds, result["durations_s"]["backend"]


def fresh_pip(folder: Path, *, newest: bool) -> list[str]:
    """A pip in an environment of its own: the one that comes with Python, or the newest."""
    timed([sys.executable, "-m", "venv", "--clear", str(folder)])
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    if newest:
        timed([*pip, "install", "--quiet", "--upgrade", "pip"])
    return pip


def pip_wheel(pip: list[str], release: str) -> float:
    """Seconds that pip takes to build the release from source."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--quiet", "--no-cache-dir", "--no-deps", "--no-binary", ":all:"]
        return timed([*pip, "wheel", *options, "--wheel-dir", folder, release])[0]


def main() -> None:
    """Measure side by side, turn by turn, and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        for newest in (False, True):
            measure(fresh_pip(Path(folder, f"newest-{newest}"), newest=newest))
    helps = [timed([str(BIN / "wheelproof"), "--help"])[0] for _ in range(RUNS)]
    print(f"wheelproof --help {statistics.median(helps):.2f}")


def measure(pip: list[str]) -> None:
    """The table, against one pip."""
    _, version = timed([*pip, "--version"])
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, {' '.join(version.split()[:2])}")
    print(f"medians of {RUNS} runs, seconds\n")
    print(f"{'':<18}{'warm check':>12}{'backend':>10}{'beyond it':>11}{'pip wheel':>11}{'ratio':>8}")
    for release in RELEASES:
        check(release)
        checks, wheels = [], []
        for _ in range(RUNS):
            checks.append(check(release))
            wheels.append(pip_wheel(pip, release))
        whole = statistics.median(seconds for seconds, _ in checks)
        backend = statistics.median(seconds for _, seconds in checks)
        beyond = statistics.median(seconds - inner for seconds, inner in checks)
        other = statistics.median(wheels)
        print(
            f"{release:<18}{whole:>12.2f}{backend:>10.2f}{beyond:>11.2f}{other:>11.2f}{whole / other:>8.2f}"
        )
    print()


if __name__ == "__main__":
    main()
