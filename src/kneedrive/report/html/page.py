"""One self-contained HTML page about a run and the weeks around it. Pure: the same content gives the same text."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from kneedrive.report import trend_words, verdict
from kneedrive.report.html import parts, past, plot, work
from kneedrive.report.html.content import Content
from kneedrive.report.html.markup import Markup, el, join
from kneedrive.report.view import TIE

SECTIONS = (
    parts.judgement,
    parts.profile,
    parts.measured,
    parts.drive_map,
    parts.over_time,
    parts.up_and_down,
    past.against_own,
    past.over_weeks,
    past.before_after,
    work.to_work_on,
    parts.left_out,
    parts.limits,
)


def render(content: Content) -> str:
    """The whole page. It asks nothing of any network, and whatever came from a file is escaped."""
    # Both are the same in every page, so their hashes can be named and nothing else needs to be allowed.
    style, script = _own("page.css"), _own("page.js")
    title = f"kneedrive: {_title(content)}"
    body = el(
        "body",
        el("a", "To the report", href="#main", class_="skip"),
        plot.shapes(),
        el("header", el("p", "kneedrive", class_="brand"), parts.head(content)),
        el("main", *(part(content) for part in SECTIONS), id="main"),
        parts.footer(content),
        el("div", id="tip", aria_hidden="true", hidden=True),
        el("script", script),
    )
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="generator", content="kneedrive"),
        el("meta", http_equiv="Content-Security-Policy", content=policy(style, script)),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", title.replace(TIE, " ")),
        el("style", style),
    )
    return join((Markup("<!doctype html>\n"), el("html", head, body, lang="en"), "\n"))


def policy(style: str, script: str) -> str:
    """Nothing may be loaded, and nothing but this style and this script may act."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _own(name: str) -> Markup:
    """A file of ours, put into the page as it is."""
    return Markup(files("kneedrive.report.html").joinpath(name).read_text(encoding="utf-8"))


def _title(content: Content) -> str:
    if content.analysis is not None:
        return verdict.line(content.analysis)
    return trend_words.headline(content.weekly) if content.weekly is not None else "no runs"
