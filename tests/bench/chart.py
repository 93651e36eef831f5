"""Bars as SVG: drawn by hand, because nothing else here needs a library that draws."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from msgspec import Struct

WIDTH, HEIGHT = 880, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 64, 58
COLOURS = ("#2f6f9f", "#d98b2b", "#8a8f98")
LINES = 4
"""Of the grid, above the base."""

WORD = 13
"""Height of a line of words."""


class Chart(Struct, frozen=True, kw_only=True):
    """A group of bars for each of `groups`, in each one bar a series.

    `mark` is a height that something was promised of. None: there is no such bar.
    """

    title: str
    unit: str
    groups: Sequence[str]
    series: Sequence[tuple[str, Sequence[float | None]]]
    mark: tuple[str, float] | None = None

    def svg(self) -> str:
        parts = [self._title(), self._grid(), self._bars(), self._groups(), self._marked()]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
            f' font-family="sans-serif" font-size="{WORD}" fill="#24292f" role="img"'
            f' aria-label="{escape(self.title)}">\n'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff" rx="6"/>\n'
            + "\n".join(part for part in parts if part)
            + "\n</svg>\n"
        )

    @property
    def _top(self) -> float:
        """A round number above the highest bar."""
        values = [v for _, bars in self.series for v in bars if v is not None]
        highest = max([*values, self.mark[1] if self.mark else 0.0, 1e-9])
        step = 10.0 ** (len(f"{highest / LINES:.0f}") - 1) if highest >= LINES else 0.05
        return LINES * step * -(-highest // (LINES * step))

    def _y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self._top

    def _title(self) -> str:
        words = [_text(LEFT, 22, self.title, weight="bold"), _text(LEFT, 42, self.unit)]
        x = WIDTH - RIGHT
        for (name, _), colour in reversed(list(zip(self.series, COLOURS, strict=False))):
            x -= 8 * len(name) + 26
            words.append(f'<rect x="{x}" y="32" width="12" height="12" fill="{colour}"/>')
            words.append(_text(x + 17, 42, name))
        return "\n".join(words)

    def _grid(self) -> str:
        said = []
        for line in range(LINES + 1):
            value = self._top * line / LINES
            said.append(_line(self._y(value), "#d0d7de"))
            said.append(_text(LEFT - 6, self._y(value) + 4, f"{value:,.10g}", anchor="end"))
        return "\n".join(said)

    def _bars(self) -> str:
        room = (WIDTH - LEFT - RIGHT) / len(self.groups)
        width = room * 0.76 / len(self.series)
        said = []
        for n, ((_, bars), colour) in enumerate(zip(self.series, COLOURS, strict=False)):
            for group, value in enumerate(bars):
                if value is None:
                    continue
                x, y = LEFT + room * (group + 0.12) + width * n, self._y(value)
                said.append(
                    f'<rect x="{x:.1f}" y="{y:.1f}" width="{width - 2:.1f}"'
                    f' height="{HEIGHT - BOTTOM - y:.1f}" fill="{colour}"/>'
                )
                said.append(
                    _text(x + width / 2 - 1, y - 4, _short(value), size=10, anchor="middle")
                )
        return "\n".join(said)

    def _groups(self) -> str:
        """Their names, each over as many lines as it has."""
        room = (WIDTH - LEFT - RIGHT) / len(self.groups)
        return "\n".join(
            _text(LEFT + room * (n + 0.5), HEIGHT - BOTTOM + 18 + 16 * i, line, anchor="middle")
            for n, name in enumerate(self.groups)
            for i, line in enumerate(name.split("\n"))
        )

    def _marked(self) -> str:
        if self.mark is None:
            return ""
        name, value = self.mark
        y = self._y(value)
        return _line(y, "#b3261e", dashes="6 4") + _text(
            WIDTH - RIGHT, y - 5, name, anchor="end", colour="#b3261e"
        )


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"


def _line(y: float, colour: str, dashes: str = "none") -> str:
    return (
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}"'
        f' stroke-dasharray="{dashes}"/>'
    )


def _text(
    x: float,
    y: float,
    said: str,
    *,
    size: int = WORD,
    anchor: str = "start",
    weight: str = "normal",
    colour: str = "#24292f",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"'
        f' font-weight="{weight}" fill="{colour}">{escape(said)}</text>'
    )
