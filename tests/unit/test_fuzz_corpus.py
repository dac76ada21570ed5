"""What fuzzing once found to lead somewhere new, gone through again without a fuzzer."""

import pytest

from fuzz_seeds import SEEDS
from fuzz_targets import CORPUS, TARGETS, kept


@pytest.mark.parametrize("target", TARGETS)
def test_the_kept_corpus(target: str) -> None:
    inputs = kept(target)
    assert inputs
    for path in inputs:
        TARGETS[target](path.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_the_seeds(target: str) -> None:
    for data in SEEDS[target]():
        TARGETS[target](data)


def test_nothing_is_left_that_breaks_a_target() -> None:
    assert not (CORPUS / "broken").exists()
