"""HTML that cannot be broken out of: whatever is not Markup already is escaped, in the one place that does it."""

from __future__ import annotations

from collections.abc import Iterable

_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", ord("'"): "&#39;"}
# Control characters have no meaning in HTML, and some parsers stumble over them.
_ESCAPES |= dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), "")
_ALONE = frozenset({"meta", "link", "br", "hr"})


class Markup(str):
    """Text that is HTML already. Only `el`, `join` and the page's own style and script make it."""

    __slots__ = ()


def escaped(text: str) -> Markup:
    """The text as HTML; Markup stays as it is."""
    return text if isinstance(text, Markup) else Markup(text.translate(_ESCAPES))


def join(parts: str | Iterable[str], between: str = "") -> Markup:
    """Parts one after the other, each escaped where it is not Markup."""
    if isinstance(parts, str):
        return escaped(parts)
    return Markup(escaped(between).join(escaped(part) for part in parts))


def el(name: str, /, *children: str | Iterable[str], **attributes: str | float | bool | None) -> Markup:
    """An element. `class_` is class, `stroke_width` is stroke-width; None and False leave an attribute out."""
    written = "".join(_attribute(key, value) for key, value in attributes.items() if value is not None)
    inside = "".join(join(child) for child in children)
    return Markup(f"<{name}{written}>" if name in _ALONE else f"<{name}{written}>{inside}</{name}>")


def _attribute(key: str, value: str | float | bool) -> str:
    name = key.rstrip("_").replace("_", "-")
    if isinstance(value, bool):
        return f" {name}" if value else ""
    return f' {name}="{escaped(value if isinstance(value, str) else coordinate(value))}"'


def coordinate(place: float) -> str:
    """A place in a drawing, to a hundredth: geometry, not a number to read."""
    return f"{place:.2f}".rstrip("0").rstrip(".") if place % 1 else f"{place:.0f}"


def at(percent: float) -> str:
    """A place as a share of the drawing's width or height, so that drawings stretch and their letters do not."""
    return f"{coordinate(percent)}%"
