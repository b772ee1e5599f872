"""What to work on: the focus, its reasons, and each exercise in the order coaches give."""

from __future__ import annotations

from kneedrive.focus import Advice, Entry
from kneedrive.report.focus import DISCLAIMER, IF_YOU_LIKE, KINDS
from kneedrive.report.html.blocks import paragraphs, section
from kneedrive.report.html.content import Content
from kneedrive.report.html.markup import Markup, el, join


def to_work_on(content: Content) -> Markup:
    """The plan; nothing where there is no advice."""
    advice = content.advice
    if advice is None:
        return Markup("")
    return section(
        "work",
        "What to work on",
        advice.plan.focus,
        paragraphs([advice.plan.why, *advice.remarks]),
        [_kind(kind, title, advice) for kind, title in KINDS.items()],
        el("p", DISCLAIMER, class_="note"),
    )


def _kind(kind: str, title: str, advice: Advice) -> Markup:
    chosen = [entry for entry in advice.entries if entry.kind == kind]
    if not chosen:
        return Markup("")
    named = title if advice.calls_for_work else IF_YOU_LIKE
    return join((el("h3", named), *(_entry(entry) for entry in chosen)))


def _entry(entry: Entry) -> Markup:
    rows = (
        ("What for", entry.purpose),
        ("How", entry.how),
        ("How often", entry.often),
        ("Common mistake", entry.mistake),
        ("Care", entry.avoid),
    )
    listed = [join((el("dt", head), el("dd", text))) for head, text in rows if text]
    return el("details", el("summary", entry.name), el("dl", *listed))
