"""``make bench``: time and memory in which two wheels are compared, beside diffoscope on the same pair.

Prints one run of each as whole processes; nothing is asserted, as machines differ. Arguments: wheels of this
machine, each compared with itself under other entry times.
"""

import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench_speed import BIN, ENVIRONMENT
from running import STARTER
from wheelproof.fetch.cache import Cache
from wheelproof.fetch.default_index import default_index
from wheelproof.fetch.download import download
from wheelproof.fetch.http import Http
from wheelproof.fetch.index import SimpleIndex

_MANYLINUX = "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
NUMPY = f"numpy-1.26.4-{_MANYLINUX}"
PAIRS = (
    (f"numpy-1.26.3-{_MANYLINUX}", NUMPY),
    (f"scikit_learn-1.4.0-1-{_MANYLINUX}", f"scikit_learn-1.4.2-{_MANYLINUX}"),
)
RETIMED = (NUMPY, "plotly-5.24.1-py3-none-any.whl")


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a process took."""

    seconds: float
    memory_mb: float


def measure(argv: list[str | Path]) -> Cost:
    """Run a process to its end; it has to find that two wheels are the same, or that they differ."""
    starter = [sys.executable, "-I", "-S", "-c", STARTER]
    done = subprocess.run([*starter, *argv], capture_output=True, text=True, check=True, env=ENVIRONMENT)
    status, seconds, memory_mb = done.stdout.split()
    if status not in {"0", "1"}:
        sys.exit(f"{argv[0]} ended with {status}")
    return Cost(seconds=float(seconds), memory_mb=float(memory_mb))


def fetch(filenames: set[str], folder: Path) -> None:
    """Wheels of the index, by their file names."""
    cache = Cache()
    with Http() as http:
        index = SimpleIndex(http, default_index())
        for filename in sorted(filenames):
            files = index.project(filename.split("-")[0]).files
            (file,) = (file for file in files if file.filename == filename)
            # No link: diffoscope would compare what links say.
            shutil.copyfile(download(file, http=http, cache=cache).path, folder / filename)


def retime(wheel: Path, folder: Path) -> Path:
    """The same wheel but for each entry's time, in both of its headers."""
    data = bytearray(wheel.read_bytes())
    moment = struct.pack("<2H", 12 << 11, 41 << 9 | 5 << 5 | 17)
    with zipfile.ZipFile(wheel) as archive:
        at = archive.start_dir
        for info in archive.infolist():
            data[info.header_offset + 10 : info.header_offset + 14] = moment
            data[at + 12 : at + 16] = moment
            at += 46 + sum(struct.unpack_from("<3H", data, at + 28))
    folder.mkdir(exist_ok=True)
    path = folder / wheel.name
    path.write_bytes(data)
    return path


def pairs(folder: Path) -> Iterator[tuple[str, Path, Path]]:
    """What is compared, with a name for it."""
    fetch({name for pair in PAIRS for name in pair} | set(RETIMED), folder)
    for published, rebuilt in PAIRS:
        versions = [name.split("-")[1] for name in (published, rebuilt)]
        yield f"{published.split('-')[0]} {versions[0]}/{versions[1]}", folder / published, folder / rebuilt
    for wheel in [*(folder / name for name in RETIMED), *map(Path, sys.argv[1:])]:
        yield f"{wheel.name.split('-')[0]}, entry times", wheel, retime(wheel, folder / "retimed")


def main() -> None:
    """Measure pair by pair, and print a table."""
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; seconds and MiB\n")
    print(f"{'':<28}{'wheelproof':>11}{'memory':>8}{'diffoscope':>12}{'memory':>8}{'times':>7}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, published, rebuilt in pairs(folder):
            ours = measure([BIN / "wheelproof", "compare", published, rebuilt])
            theirs = measure([BIN / "diffoscope", "--json", folder / "report", published, rebuilt])
            times = theirs.seconds / ours.seconds
            print(
                f"{name:<28}{ours.seconds:>11.2f}{ours.memory_mb:>8.0f}"
                f"{theirs.seconds:>12.1f}{theirs.memory_mb:>8.0f}{times:>7.0f}"
            )


if __name__ == "__main__":
    main()
