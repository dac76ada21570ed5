"""How native causes look at a member: image by image, and the first that shows the sign is the evidence."""

from collections.abc import Callable, Iterable

from wheelproof.compare.native import ImageDifference, NamesDifference
from wheelproof.core.untrusted import printable
from wheelproof.explain.causes.cause import Evidence, Kind, MemberSide
from wheelproof.explain.causes.lines import listed
from wheelproof.explain.native import compare_sides
from wheelproof.wheel.native.facts import Format

# Programs that wheels install lie among the scripts, and some libraries have no telling name.
NATIVE_KINDS = frozenset({Kind.NATIVE, Kind.SCRIPT, Kind.OTHER})

Sign = Callable[[ImageDifference], str | None]


def recognise_by(
    sign: Sign, formats: Iterable[Format] = tuple(Format)
) -> Callable[[MemberSide, MemberSide], Evidence | None]:
    """Recognise a cause by a sign that the images of a file can show.

    Args:
        sign: what was seen on one image, safe to print, or None.
        formats: in which it means something.
    """
    accepted = frozenset(formats)

    def recognise(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
        difference = compare_sides(published, rebuilt)
        if difference is None or difference.format not in accepted:
            return None
        for image in difference.images:
            if (text := sign(image)) is not None:
                which = f"{printable(image.published.architecture)}: " if len(difference.images) > 1 else ""
                return Evidence(text=which + text)
        return None

    return recognise


def say_names(names: NamesDifference) -> str:
    """The names on one side only, both sides in a sentence."""
    sides = (("published", names.only_published), ("rebuilt", names.only_rebuilt))
    return "; ".join(f"only {side}: {listed(found)}" for side, found in sides if found)


def say_both(published: str, rebuilt: str) -> str:
    """Two values of unknown origin."""
    return f"{printable(published) or 'none'} published, {printable(rebuilt) or 'none'} rebuilt"
