"""diffoscope's word on members that stay open, for those who ask: in a report, and no part of a verdict."""

import time
from dataclasses import replace

from wheelproof.compare.pairing import PairState
from wheelproof.explain.contents import Contents
from wheelproof.explain.diffoscope import INSTALLING, Diffoscope, Limits, find_diffoscope
from wheelproof.pipeline.judge import Judged
from wheelproof.report.document import ComparisonFacts, MemberDetails, MemberFacts

# All runs together; what is left of it is what the next one gets.
TOTAL_S = 120.0


def with_details(judged: Judged, facts: ComparisonFacts) -> tuple[ComparisonFacts, str]:
    """Run diffoscope on the listed members that differ and stay open, until its time is up.

    Args:
        judged: what was found.
        facts: the same as the report has it.

    Returns:
        The facts with what it said, and a note on what it was run on.
    """
    wanted = [member for member in facts.members if member.kind == "changed" and not member.explained]
    if not wanted:
        return facts, "diffoscope was not run: no member that is in both wheels is left open"
    found = find_diffoscope()
    if isinstance(found, str):
        return facts, f"diffoscope was not run: {found}. {INSTALLING}"
    told = _tell(judged, found, wanted)
    members = tuple(told.get(member.name, member) for member in facts.members)
    left = "" if len(told) == len(wanted) else f", before its {TOTAL_S:g} s were up"
    note = (
        f"{found.version} was run on {len(told)} of {len(wanted)} members{left}; "
        "the forms json and html show what it says"
    )
    return facts.model_copy(update={"members": members}), note


def _tell(judged: Judged, diffoscope: Diffoscope, wanted: list[MemberFacts]) -> dict[str, MemberFacts]:
    comparison = judged.comparison
    contents = Contents(comparison.published, comparison.rebuilt)
    pairs = {pair.name: pair for pair in comparison.in_state(PairState.CHANGED)}
    until = time.monotonic() + TOTAL_S
    told: dict[str, MemberFacts] = {}
    for member in wanted:
        left_s = until - time.monotonic()
        if left_s <= 1:
            break
        pair = pairs[member.name]
        published, rebuilt = contents.published(pair), contents.rebuilt(pair)
        if published is None or rebuilt is None:
            continue
        limits = Limits()
        limits = replace(limits, timeout_s=min(limits.timeout_s, left_s))
        said = diffoscope.compare(published, rebuilt, limits)
        details = MemberDetails(lines=said.lines, lines_left_out=said.lines_left_out, cut=said.cut)
        told[member.name] = member.model_copy(update={"details": details})
    return told
