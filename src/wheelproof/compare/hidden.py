"""What a published wheel could hide in compressed data, where members differ and a replay can't tell."""

from wheelproof.compare.encoders import EncoderChoice, NoEncodingError
from wheelproof.compare.pairing import PairState
from wheelproof.compare.wheels import Comparison
from wheelproof.core.untrusted import printable


def find_hidden_bytes(comparison: Comparison) -> str | None:
    """A member whose data is not accounted for by its content, as a sentence without a full stop, or None.

    Members that are the same come out of the rebuilt wheel, as in a replay; the others must be what a known
    encoder makes of their own content.

    Raises:
        MalformedError: a content can't be read.
        OSError: a file can't be read.
    """
    published, rebuilt = comparison.published.archive, comparison.rebuilt.archive
    same = {pair.name for pair in comparison.in_state(PairState.SAME)}
    choice = EncoderChoice(published, rebuilt)
    for member in published.members:
        try:
            other = rebuilt.find(member.name) if member.name in same else None
            if other:
                choice.encode(member, other)
            else:
                choice.check_alone(member)
        except NoEncodingError as error:
            return f"member {printable(member.name)}: {error}"
    return None
