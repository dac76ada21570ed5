"""What is said of a difference that no cause was recognised on: that it is unknown, and where it starts."""

from wheelproof.explain.causes.cause import Evidence, Family, Lone, MemberSide, Naming
from wheelproof.explain.causes.lines import first_difference, quoted

_SHOWN_BYTES = 16


def _first_bytes(published: MemberSide, rebuilt: MemberSide) -> Evidence:
    if published.data is None or rebuilt.data is None:
        sizes = f"{published.size_bytes} bytes published, {rebuilt.size_bytes} rebuilt"
        return Evidence(text=f"not read to explain it: {sizes}")
    left, right = published.data, rebuilt.data
    at = first_difference(left, right)
    one, other = (data[at : at + _SHOWN_BYTES].hex(" ") or "the end" for data in (left, right))
    return Evidence(text=f"byte {at}: {one} published, {other} rebuilt")


def _size(side: MemberSide) -> Evidence:
    place = ""
    if side.source.known:
        place = f"; {quoted(side.source.path)} of the source" if side.source.path else "; not in the source"
    return Evidence(text=f"{side.size_bytes} bytes, {side.kind}{place}")


UNKNOWN = Naming(
    id="unknown",
    family=Family.DATA,
    title="nothing known explains the difference",
    why="No cause of this list was recognised. The difference may be harmless and may be anything else.",
    tools="Any.",
    mend="Look at both sides; the report shows where they start to differ.",
    link="https://reproducible-builds.org/docs/",
    recognise=_first_bytes,
)
FILE_LIST = Lone(
    id="file-list",
    family=Family.MEMBERS,
    title="a file is in only one of the wheels",
    why="The build took other files: the sdist leaves some out, the working tree held more, the settings "
    "differ, or somebody added one.",
    tools="Wheels built in a working tree; package_data and include patterns that depend on git.",
    mend="Build every wheel from the sdist, and list its files in the backend's settings.",
    link="https://packaging.python.org/en/latest/guides/section-build-and-publish/",
    recognise=_size,
)
