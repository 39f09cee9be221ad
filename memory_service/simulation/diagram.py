"""Line charts as SVG; pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

Points = Sequence[tuple[float, float]]

_WIDTH, _HEIGHT = 720, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 170, 40, 48
#: Told apart by people who see colours differently, too (Okabe and Ito, 2008).
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_STEPS = 4


def chart(title: str, unit: str, series: Mapping[str, Points]) -> str:
    """A chart over days with one line per series; the vertical axis begins at zero."""
    drawn = {name: points for name, points in series.items() if points}
    last = max((x for points in drawn.values() for x, _ in points), default=1.0) or 1.0
    most = max((y for points in drawn.values() for _, y in points), default=1.0) or 1.0
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="22" font-size="15">{escape(title)}</text>',
        *_grid(last, most, unit),
    ]
    for number, (name, points) in enumerate(drawn.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(f"{_x(x, last):.1f},{_y(y, most):.1f}" for x, y in points)
        top = _TOP + 12 + 18 * number
        lines += [
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
            f'<text x="{_WIDTH - _RIGHT + 12}" y="{top}" fill="{colour}">{escape(name)}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])


def _grid(last: float, most: float, unit: str) -> list[str]:
    lines = []
    for step in range(_STEPS + 1):
        share = step / _STEPS
        y, x = _y(share * most, most), _x(share * last, last)
        lines += [
            f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}"'
            ' stroke="#dddddd"/>',
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{share * most:.4g}</text>',
            f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">'
            f"{share * last:.0f}</text>",
        ]
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    return [
        *lines,
        f'<text x="{middle}" y="{_HEIGHT - 10}" text-anchor="middle">days</text>',
        f'<text x="{_LEFT}" y="{_TOP - 4}" fill="#555555">{escape(unit)}</text>',
    ]


def _x(value: float, last: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * value / last


def _y(value: float, most: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / most
