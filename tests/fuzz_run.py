"""``make fuzz``: coverage-guided fuzzing of one target, or of all in turn: ``fuzz_run.py SECONDS [TARGET…]``.

Begins with the seeds and the kept corpus. What leads to code that neither reached is added to the corpus; an
input that breaks a target is left below ``tests/fuzz/broken/`` and ends the run with its traceback.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import fuzz_child
from fuzz_seeds import SEEDS
from fuzz_targets import CORPUS, TARGETS

# Of one input: seconds, MiB of the process, bytes.
LIMITS = ("-timeout=20", "-rss_limit_mb=2048", "-max_len=16384")
# What is kept is small, so that the tests go through it quickly.
KEPT_BYTES = 4096
KEPT_FILES = 120


def run(target: str, seconds: int) -> None:
    """Fuzz one target, and keep what is new and small."""
    corpus = CORPUS / target
    corpus.mkdir(parents=True, exist_ok=True)
    broken = CORPUS / "broken" / target
    broken.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        begun, merged = Path(temporary, "begun"), Path(temporary, "merged")
        begun.mkdir()
        merged.mkdir()
        program = Path(temporary, f"fuzz-{target}")
        command = shlex.join([sys.executable, fuzz_child.__file__, target])
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        program.chmod(0o700)
        for place, data in enumerate([*SEEDS[target](), *(path.read_bytes() for path in corpus.iterdir())]):
            (begun / f"{place:06}").write_bytes(data)
        child(program, str(begun), *LIMITS, f"-max_total_time={seconds}", f"-artifact_prefix={broken}/")
        # Once more over all of it: the fewest and smallest inputs that reach the same code.
        child(program, str(merged), "-merge=1", *LIMITS, str(begun))
        small = sorted(merged.iterdir(), key=lambda path: (path.stat().st_size, path.name))
        for path in corpus.iterdir():
            path.unlink()
        for path in [path for path in small if path.stat().st_size <= KEPT_BYTES][:KEPT_FILES]:
            shutil.copyfile(path, corpus / path.name)
    for folder in (broken, broken.parent):
        if not any(folder.iterdir()):
            folder.rmdir()


def child(program: Path, *arguments: str) -> None:
    """One run of libFuzzer."""
    environment = {**os.environ, "FUZZ_PROGRAM": str(program)}
    done = subprocess.run([program, *arguments], check=False, env=environment)
    if done.returncode:
        sys.exit(f"{program.name} ended with {done.returncode}")


def main() -> None:
    """Share the time out between the targets."""
    names = sys.argv[2:] or list(TARGETS)
    for name in names:
        run(name, int(sys.argv[1]) // len(names))


if __name__ == "__main__":
    main()
