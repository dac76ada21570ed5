"""A wheel at a glance: its files as blocks, sized by bytes, as a squarified treemap.

The layout is Bruls, Huizing and van Wijk, "Squarified Treemaps" (2000).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from wheelproof.report.document import ComparisonFacts, MemberFacts

WIDTH, HEIGHT = 1000.0, 200.0
# What differs is what a reader looks for: however small it is, it can be seen and clicked.
_LEAST_SHARE = 0.008
_LEAST_SHARES_TOGETHER = 0.4
_LARGEST_BYTES = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """What a block stands for: ``weight`` is relative, ``anchor`` the id it leads to, or empty."""

    state: str
    label: str
    weight: float
    anchor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A tile with its place in a picture that is ``WIDTH`` by ``HEIGHT``."""

    tile: Tile
    x: float
    y: float
    width: float
    height: float


def state_of(member: MemberFacts) -> str:
    """The class of a member in the picture, the legend and the filters."""
    if member.explained:
        return "explained"
    if member.left_out:
        return "left-out"
    return "different" if member.kind == "changed" else member.kind


def lay_out(comparison: ComparisonFacts, shown: Sequence[tuple[str, MemberFacts]]) -> tuple[Block, ...]:
    """The picture of a wheel: one block for all that is the same, one for each member shown.

    Args:
        comparison: of the two wheels.
        shown: the members that the page lists, each with its anchor.
    """
    by_bytes = comparison.same_size_bytes is not None
    tiles = [
        Tile(
            state=state_of(member),
            label=member.name,
            weight=float(_size_of(member)) if by_bytes else 1.0,
            anchor=anchor,
        )
        for anchor, member in shown
    ]
    left_out = _bounded(comparison.members_differing) - len(tiles)
    if left_out > 0:
        each = sum(tile.weight for tile in tiles) / len(tiles) if tiles else 1.0
        tiles.append(Tile(state="unlisted", label=f"{left_out:,} more that differ", weight=each * left_out))
    same = _bounded(comparison.members_same)
    if same:
        weight = float(_bounded(comparison.same_size_bytes)) if by_bytes else float(same)
        tiles.append(Tile(state="same", label=f"{same:,} the same", weight=weight))
    return _squarify(_with_least(tiles))


def _size_of(member: MemberFacts) -> int:
    return max(_bounded(member.published_size_bytes), _bounded(member.rebuilt_size_bytes))


def _bounded(size: int | None) -> int:
    return min(max(size or 0, 0), _LARGEST_BYTES)


def _with_least(tiles: list[Tile]) -> list[tuple[Tile, float]]:
    """Each tile with its area, the largest first."""
    total = sum(tile.weight for tile in tiles) or 1.0
    least = total * min(_LEAST_SHARE, _LEAST_SHARES_TOGETHER / max(1, len(tiles)))
    raised = sorted(((tile, max(tile.weight, least)) for tile in tiles), key=lambda item: -item[1])
    scale = WIDTH * HEIGHT / (sum(weight for _, weight in raised) or 1.0)
    return [(tile, weight * scale) for tile, weight in raised]


def _squarify(tiles: list[tuple[Tile, float]]) -> tuple[Block, ...]:
    x, y, width, height = 0.0, 0.0, WIDTH, HEIGHT
    blocks: list[Block] = []
    start = 0
    while start < len(tiles):
        side = min(width, height)
        end = start + 1
        while end < len(tiles) and _worst(tiles[start : end + 1], side) <= _worst(tiles[start:end], side):
            end += 1
        row = tiles[start:end]
        thickness = sum(area for _, area in row) / side if side > 0 else 0.0
        along = 0.0
        for tile, area in row:
            length = area / thickness if thickness > 0 else 0.0
            across = (
                (x, y + along, thickness, length) if width >= height else (x + along, y, length, thickness)
            )
            blocks.append(Block(tile=tile, x=across[0], y=across[1], width=across[2], height=across[3]))
            along += length
        if width >= height:
            x, width = x + thickness, max(0.0, width - thickness)
        else:
            y, height = y + thickness, max(0.0, height - thickness)
        start = end
    return tuple(blocks)


def _worst(row: list[tuple[Tile, float]], side: float) -> float:
    """How far the row's least square block is from a square; 1 is one."""
    areas = [area for _, area in row]
    together = sum(areas)
    if side <= 0 or together <= 0 or min(areas) <= 0:
        return 0.0
    return max(side**2 * max(areas) / together**2, together**2 / (side**2 * min(areas)))
