"""What a result says where a wheel's files were compiled by other tools than the publisher's."""

from wheelproof.container.pinned import PinnedImage
from wheelproof.explain.explanation import Explanation
from wheelproof.infer.evidence import Evidence
from wheelproof.recipe.lock import Lock, LockedPublisher
from wheelproof.report.document import ToolchainFacts

_COMPILERS = frozenset({"native-compiler", "native-rustc"})
_SHOWN = 4


def other_publisher(evidence: Evidence, image: PinnedImage) -> LockedPublisher | None:
    """The image that most likely built a wheel, where a rebuild has another; None where nothing tells."""
    platform, publisher = evidence.platform, evidence.publisher
    if platform is None or not platform.files or publisher is None or not publisher.evidence:
        return None
    if image.name.partition("+")[0] in {publisher.image, *publisher.own.values()}:
        return None
    repository = (publisher.image or "").partition("@")[0].rpartition(":")[0]
    if repository and image.name.startswith(f"{repository}@"):
        return None  # which image the tag named is what nobody can tell any more
    return LockedPublisher(image=publisher.image, evidence=publisher.evidence)


def toolchain_of(lock: Lock | None, explanation: Explanation | None, *, built: bool) -> ToolchainFacts | None:
    """What was not the publisher's; None where nothing tells that it was not.

    Args:
        lock: what was built, and where.
        explanation: of the members that are not the same; None where nothing was compared, or all are.
        built: there is a rebuilt wheel.
    """
    found = [item for member in explanation.members for item in member.recognised] if explanation else []
    compilers = tuple(dict.fromkeys(item.evidence.text for item in found if item.cause.id in _COMPILERS))
    publisher = lock.image.publisher if lock else None
    differs = not built or any(item.cause.id.startswith("native-") for item in found)
    if lock is None or not (compilers or (publisher and differs)):
        return None
    return ToolchainFacts(
        image=publisher.image if publisher else None,
        evidence=publisher.evidence if publisher else "",
        compilers=compilers[:_SHOWN],
    )


def with_toolchain(reason: str, toolchain: ToolchainFacts | None) -> str:
    """A verdict's reason, which says where the toolchain was not the publisher's."""
    if toolchain is None:
        return reason
    said = f"{reason}; the toolchain was not the publisher's"
    if toolchain.compilers:
        more = len(toolchain.compilers) - 1
        return f"{said}: {toolchain.compilers[0]}{f', and {more} more' if more else ''}"
    return f"{said}, most likely that of {toolchain.image}" if toolchain.image else said
