"""A reliability diagram as SVG: what relevance says against the share that came true."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.quality.metrics import Bin

_SIZE, _EDGE, _TOP = 320, 48, 28
_END = _SIZE + _EDGE


def diagram(bins: Sequence[Bin]) -> str:
    """One dot per bin, its area by the hits it holds; on the diagonal a forecast is honest."""
    largest = max(b.size for b in bins)
    ticks = "".join(_tick(number / 4) for number in range(5))
    path = " ".join(f"{_x(b.mean):.1f},{_y(b.share):.1f}" for b in bins)
    dots = "".join(
        f'<circle cx="{_x(b.mean):.1f}" cy="{_y(b.share):.1f}" '
        f'r="{2 + 4 * (b.size / largest) ** 0.5:.1f}">'
        f"<title>{b.size} hits: {b.mean:.3f} said, {b.share:.3f} came true</title></circle>"
        for b in bins
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_END + 16} {_END + 32}"
  width="{_END + 16}" height="{_END + 32}" font-family="sans-serif" font-size="12" role="img"
  aria-label="Reliability diagram: relevance against the share of hits that rest on gold evidence">
<rect width="100%" height="100%" fill="#fff"/>
<g stroke="#ddd" fill="#555" text-anchor="middle">{ticks}</g>
<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="#999" stroke-dasharray="4 4"/>
<polyline points="{path}" fill="none" stroke="#1f6feb" stroke-width="1.5"/>
<g fill="#1f6feb">{dots}</g>
<g fill="#222" text-anchor="middle">
<text x="{_x(0.5)}" y="{_END + 24}">relevance</text>
<text transform="translate(12 {_y(0.5)}) rotate(-90)">share that rests on gold evidence</text>
</g>
</svg>
"""


def _tick(at: float) -> str:
    x, y = _x(at), _y(at)
    return (
        f'<line x1="{x}" y1="{_y(0)}" x2="{x}" y2="{_y(1)}"/>'
        f'<line x1="{_x(0)}" y1="{y}" x2="{_x(1)}" y2="{y}"/>'
        f'<text stroke="none" x="{x}" y="{_y(0) + 16}">{at:g}</text>'
        f'<text stroke="none" x="{_EDGE - 16}" y="{y + 4}">{at:g}</text>'
    )


def _x(share: float) -> float:
    return _EDGE + share * _SIZE


def _y(share: float) -> float:
    return _TOP + (1 - share) * _SIZE
