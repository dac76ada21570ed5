"""Every cause is proved on a pair of wheels that differ by it: verdict, causes and evidence."""

from pathlib import Path

import pytest

from golden_pairs import golden_ids, load_pair
from wheelproof.core.verdict import Verdict
from wheelproof.explain.causes.registry import CAUSES, find_cause
from wheelproof.pipeline.compare import compare_files


def found_in(published: Path, rebuilt: Path, sdist: Path | None) -> dict[str, object]:
    """What a golden pair's ``expected.json`` holds, as it is found."""
    (result,) = compare_files(published, rebuilt, required=Verdict.EXPLAINED, sdist=sdist).results
    assert result.comparison is not None
    return {
        "verdict": result.verdict.value,
        "members": {
            member.name: {
                "explained": member.explained,
                "causes": {use.id: use.evidence for use in member.causes},
            }
            for member in result.comparison.members
        },
    }


@pytest.mark.parametrize("identity", golden_ids())
def test_golden_pair(identity: str, tmp_path: Path) -> None:
    pair = load_pair(identity)
    found = found_in(*pair.put(tmp_path), pair.put_source(tmp_path))
    assert found == pair.expected
    members = found["members"]
    assert isinstance(members, dict)
    assert any(identity in member["causes"] for member in members.values())


@pytest.mark.parametrize("identity", golden_ids())
def test_a_closing_cause_alone_gives_explained_and_a_naming_one_never(identity: str) -> None:
    cause = find_cause(identity)
    assert cause is not None
    assert load_pair(identity).expected["verdict"] == ("explained" if cause.closes else "different")


def test_every_cause_has_a_pair() -> None:
    assert golden_ids() == sorted(cause.id for cause in CAUSES)
