"""How far a share seen in a sample can be from the share in all rows, at 95 %.

Two causes are looked at, and the wider one counts. *Rows*: with n rows drawn by chance the whole distribution
function is within √(ln(2/0.05)/2n) of the true one (Dvoretzky, Kiefer, Wolfowitz, with Massart's constant).
*Clusters*: rows were not drawn one by one but in parts, and rows of a part are alike; how much the parts differ says
how far off they can be together, with Student's t for few parts. Where one part was drawn from each of some equal
stretches, only the difference of neighbours counts (successive differences, Wolter 2007, ch. 8).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

CHANCE = 0.05
STUDENT = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13)
STUDENT_MANY = 2.1


def of_rows(seen: int, rows: int | None) -> float:
    """The error of rows that were drawn one by one; smaller where they are a good part of all."""
    left = max(1 - seen / rows, 0.0) if rows else 1.0
    return math.sqrt(math.log(2 / CHANCE) / (2 * max(seen, 1)) * left)


def of_clusters(shares: Sequence[Sequence[float]], sizes: Sequence[int], parts: int, *, stretches: bool) -> float:
    """The largest error over several shares (columns of ``shares``), each seen in clusters of these sizes, in order.

    ``stretches``: one part was drawn from each of some equal stretches, so only what changes between neighbours counts.
    """
    count, total = len(sizes), sum(sizes)
    if count < 2 or not total:
        return 1.0
    student = STUDENT[count - 2] if count - 2 < len(STUDENT) else STUDENT_MANY
    left = max(1 - count / max(parts, count), 0.0)
    widest = 0.0
    for column in zip(*shares, strict=True):
        mean = sum(share * size for share, size in zip(column, sizes, strict=True)) / total
        weighed = [(share - mean) * size * count / total for share, size in zip(column, sizes, strict=True)]
        steps = sum((after - before) ** 2 for before, after in zip(weighed, weighed[1:], strict=False)) / 2
        spread = steps if stretches else sum(one**2 for one in weighed)
        widest = max(widest, student * math.sqrt(left * spread / (count - 1) / count))
    return widest
