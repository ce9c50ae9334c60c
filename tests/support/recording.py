"""A recording of a terminal (asciicast v2) as a picture that plays by itself, without a script.

`python -m tests.support.recording RECORDING PICTURE`
"""

import json
import re
import sys
from html import escape
from pathlib import Path
from typing import NamedTuple

LINE, GLYPH, MARGIN, BAR = 20, 8.43, 16, 30
HOLD = 6.0  # seconds at the end
COLOURS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "1": "#ffffff"}
PLAIN = "#c9d1d9"
TITLE = "hookline listen receives a signed event"
CODE = re.compile(r"\x1b\[([\d;]*)m")


class Shown(NamedTuple):
    """A line of the terminal, and when it was there."""

    at: float
    text: str


def lines_of(cast: str) -> tuple[int, list[Shown]]:
    """The width, and each line at the time of its end."""
    head, *events = cast.splitlines()
    found: list[Shown] = []
    line = ""
    for event in events:
        at, kind, text = json.loads(event)
        if kind != "o":
            continue
        *whole, line = (line + text).replace("\r\n", "\n").split("\n")
        found += [Shown(at, one.rpartition("\r")[2]) for one in whole]
    if line.strip():
        found.append(Shown(at, line))
    return json.loads(head)["width"], found


def svg_of(cast: str, title: str) -> str:
    """Each line appears when it did; at the end all stay for a while, then it begins again."""
    width, lines = lines_of(cast)
    total = lines[-1].at + HOLD
    right, bottom = round(width * GLYPH + 2 * MARGIN), BAR + len(lines) * LINE + 2 * MARGIN
    rules = "".join(
        f".l{n}{{animation:l{n} {total:.1f}s infinite}}"
        f"@keyframes l{n}{{0%,{start:.2f}%{{opacity:0}}{start + 0.01:.2f}%,100%{{opacity:1}}}}"
        for n, one in enumerate(lines)
        if (start := max(0.01, one.at / total * 100))
    )
    rows = "".join(
        f'<text class="l{n}" x="{MARGIN}" y="{BAR + MARGIN + (n + 1) * LINE - 6}">'
        f"{_spans(one.text)}</text>"
        for n, one in enumerate(lines)
    )
    dots = "".join(
        f'<circle cx="{18 + 20 * n}" cy="15" r="6" fill="{colour}"/>'
        for n, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right} {bottom}" role="img" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title><style>text{{font:14px '
        f"ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:{PLAIN};white-space:pre}}"
        f"@media (prefers-reduced-motion:reduce){{text{{animation:none!important}}}}{rules}"
        f'</style><rect width="{right}" height="{bottom}" rx="8" fill="#0d1117"/>'
        f"{dots}{rows}</svg>\n"
    )


def _spans(text: str) -> str:
    """With the colours of the terminal."""
    first, *parts = CODE.split(text)
    shown = [_escaped(first)]
    for code, part in zip(parts[::2], parts[1::2], strict=True):
        colour = COLOURS.get(code.rpartition(";")[2])
        shown.append(
            f'<tspan fill="{colour}">{_escaped(part)}</tspan>' if colour else _escaped(part)
        )
    return "".join(shown)


def _escaped(text: str) -> str:
    return escape(text, quote=False)


if __name__ == "__main__":
    recording, picture = map(Path, sys.argv[1:3])
    picture.write_text(svg_of(recording.read_text(), TITLE))
