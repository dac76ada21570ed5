"""One run of libFuzzer in a process of its own, which it ends: ``fuzz_child.py TARGET ARGUMENT…``.

The variable ``FUZZ_PROGRAM`` names a program that is this one with the target: libFuzzer starts itself again.
"""

import os
import sys


def main(target: str, arguments: list[str]) -> None:
    """Fuzz a target; what it runs is imported here, so that its coverage is seen."""
    import atheris  # noqa: PLC0415 - make fuzz installs it

    with atheris.instrument_imports(include=["wheelproof"]):
        from fuzz_targets import TARGETS  # noqa: PLC0415

    atheris.Setup([os.environ["FUZZ_PROGRAM"], *arguments], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
