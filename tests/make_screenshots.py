"""The pictures in the README, from the simulated runner: the page and the terminal.

    python -m tests.make_screenshots

Needs Chromium and the Inter font (`.ci/browser`). The picture of the terminal is its coloured text, set in a page.
"""

from __future__ import annotations

import base64
import re
import tempfile
from pathlib import Path

from kneedrive.app.advise import closing
from kneedrive.report import run
from kneedrive.report.html.page import render
from kneedrive.report.html.svg import Markup, el, escaped, join
from kneedrive.report.text import Style
from tests.browser import Browser, Page, Screen
from tests.conftest import ROOT
from tests.pages import demo_page, half_a_year

IMAGES = ROOT / "docs" / "images"
PAGE_PX, TERMINAL_PX = 1120, 760
TERMINAL_COLUMNS, TERMINAL_PARTS = 84, 4
COLOURS = {"1": "strong", "2": "faint", "3": "note", "1;36": "drive", "1;35": "piston", "1;33": "shuffle"}
TERMINAL_STYLE = """
body { margin: 0; background: #14181b; color: #dfe5e8; }
pre { margin: 0; padding: 24px 28px; font: 14px/1.4 "DejaVu Sans Mono", monospace; }
.strong { font-weight: 700; } .faint { color: #93a0a8; } .note { font-style: italic; }
.drive { color: #4cc9dc; font-weight: 700; } .piston { color: #f27cc3; font-weight: 700; }
.shuffle { color: #f0b445; font-weight: 700; }
"""


def main() -> None:
    """Make all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        shown = Path(folder) / "page.html"
        shown.write_text(render(half_a_year()), encoding="utf-8")
        page = browser.open(shown, Screen(PAGE_PX))
        until = page.run("document.querySelector('#time').getBoundingClientRect().top - 24")
        (IMAGES / "page.png").write_bytes(clipped(page, PAGE_PX, until))
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
    """The first parts of the demo's report as a terminal shows them, whole."""
    analysis = demo_page().analysis
    assert analysis
    style = Style(width=TERMINAL_COLUMNS, colour=True)
    parts = run.render(analysis, style, closing(analysis, style)).split("\n\n")[:TERMINAL_PARTS]
    prompt = "$ kneedrive demo"
    body = el("body", el("pre", coloured("\n\n".join((prompt, *parts)))))
    return join((Markup("<!doctype html>"), el("meta", charset="utf-8"), el("style", Markup(TERMINAL_STYLE)), body))


def coloured(text: str) -> Markup:
    """Escape codes as spans."""
    pieces = re.split(r"\x1b\[([0-9;]*)m", text)
    parts = [escaped(pieces[0])]
    for code, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        parts.append(el("span", piece, class_=COLOURS[code]) if code in COLOURS else escaped(piece))
    return join(parts)


if __name__ == "__main__":
    main()
