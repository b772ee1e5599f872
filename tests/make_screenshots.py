"""The pictures in the README, from the simulated runner: the page and the terminal.

    python -m tests.make_screenshots

Needs Chromium and the Inter font (`.ci/browser`). The picture of the terminal is its coloured text, set in a page.
"""

from __future__ import annotations

import base64
import re
import tempfile
from pathlib import Path

from kneedrive.report import screen, terminal
from kneedrive.report.blocks import Style
from kneedrive.report.html.page import render
from kneedrive.report.html.svg import Markup, el, escaped, join
from tests.browser import Browser, Page, Screen
from tests.conftest import ROOT
from tests.pages import half_a_year

IMAGES = ROOT / "docs" / "images"
PAGE, TERMINAL_PX, TERMINAL_COLUMNS = Screen(1200, height=900), 760, 84
# What the codes of a terminal are in a page.
COLOURS = {
    "1": "font-weight: 700",
    "2": "color: #93a0a8",
    "4": "text-decoration: underline",
    "32": "color: #5ccb8d",
    "35": "color: #f28bd2",
    "36": "color: #58cadd",
    "38;5;27": "color: #86b4ff",
    "38;5;208": "color: #f6a860",
}
TERMINAL_STYLE = """
body { margin: 0; background: #12171b; color: #e8edf0; }
pre { margin: 0; padding: 24px 28px; font: 14px/1.4 "DejaVu Sans Mono", monospace; }
"""


def main() -> None:
    """Make all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        shown = Path(folder) / "page.html"
        shown.write_text(render(half_a_year()), encoding="utf-8")
        page = browser.open(shown, PAGE)
        until = page.run("document.querySelector('#runs').getBoundingClientRect().top - 24")
        (IMAGES / "page.png").write_bytes(clipped(page, PAGE.width, until))
        shown.write_text(terminal_page(), encoding="utf-8")
        page = browser.open(shown, Screen(TERMINAL_PX))
        until = page.run("document.querySelector('pre').getBoundingClientRect().height")
        (IMAGES / "terminal.png").write_bytes(clipped(page, TERMINAL_PX, until))


def clipped(page: Page, width: int, height: float) -> bytes:
    """The upper part of a page as PNG."""
    clip = {"x": 0, "y": 0, "width": width, "height": round(height), "scale": 1}
    shot = page.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
    return base64.b64decode(shot["data"])


def terminal_page() -> str:
    """The first screen of the same run as a terminal shows it."""
    content, style = half_a_year(), Style(width=TERMINAL_COLUMNS, colour=True)
    printed = terminal.render(screen.first_screen(content.analysis, content.context, miles=False), style)
    body = el("body", el("pre", coloured(f"$ kneedrive report\n\n{printed}")))
    return join((Markup("<!doctype html>"), el("meta", charset="utf-8"), el("style", Markup(TERMINAL_STYLE)), body))


def coloured(text: str) -> Markup:
    """Escape codes as spans."""
    pieces = re.split(r"\x1b\[([0-9;]*)m", text)
    parts = [escaped(pieces[0])]
    for code, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        looks = [COLOURS[each] for each in re.findall(r"38;5;\d+|\d+", code) if each in COLOURS]
        parts.append(el("span", piece, style="; ".join(looks)) if looks else escaped(piece))
    return join(parts)


if __name__ == "__main__":
    main()
