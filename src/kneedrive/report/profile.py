"""The two pictures of a run: its pace profile and the map of drive against bounce, with one letter per pace band."""

from __future__ import annotations

from string import ascii_lowercase

from kneedrive.findings import Analysis, PaceBand, Score
from kneedrive.method import LabelRules
from kneedrive.report import pictures, view, words
from kneedrive.report.layout import beside, columns_of, flow, heading, pad
from kneedrive.report.style import Style

_SIDE_BY_SIDE = 130  # columns from which the two pictures stand beside each other
_GAP = 4
_WIDEST_PROFILE = 80
_MAP_CELLS = (49, 13)
_MAP_EDGES = pictures.Edges(
    "more bounce for the step length: piston-like",
    "less bounce for the step length",
    "shuffle-like",
    "usual",
    "drive-like",
)


def both(analysis: Analysis, style: Style) -> list[list[str]]:
    """Pace profile and map, side by side where there is room."""
    if style.columns < _SIDE_BY_SIDE:
        return [pace_profile(analysis, style), plane(analysis, style)]
    across = _MAP_CELLS[0] + 7
    narrow = style.replace(width=min(style.columns - _GAP - across, _WIDEST_PROFILE))
    left, right = pace_profile(analysis, narrow), plane(analysis, style.replace(width=across))
    return [beside(left, right, narrow.width, _GAP)] if right else [pace_profile(analysis, style)]


def axes(analysis: Analysis) -> tuple[str, ...]:
    """What the profile shows: D, and P where a band is piston-like; step length where neither is judged."""
    bands = analysis.pace_profile
    judged = [letter for letter in "DP" if any(getattr(band.scores, letter).value is not None for band in bands)]
    bouncing = {band.label for band in bands} & _PISTON
    if "D" in judged and "P" in judged and not bouncing:
        return ("D",)
    if bouncing and bouncing == {band.label for band in bands} - {"neutral"}:
        return ("P",)
    if judged:
        return tuple(judged)
    return ("zSL",) if any("zSL" in band.scores.z for band in bands) else ()


_BOUNCING = frozenset({"piston-like", "short-bounce"})  # read from P
_PISTON = frozenset({"piston-like"})
_SILENT = frozenset({"neutral", "usual-steps"})
_WIDEST_SCALE = 61
_LONGEST_NAME = 14  # "shuffle-like?" and shorter stay whole


def pace_profile(analysis: Analysis, style: Style) -> list[str]:
    """One row per pace band, fastest first: letter, pace, time, the score with its error, its label."""
    shown = axes(analysis)
    if not shown:
        return []
    lines = [line for letter in shown for line in _scale(letter, analysis, style, apart=len(shown) > 1)]
    key = _key(style)
    if any(label.endswith("?") for label in _labels(analysis)):
        key += f" A question mark: less than {view.percent(analysis.method.labels.spoken)} likely."
    remark = "drive above, bounce below" if len(shown) > 1 else ""
    return [*heading("Pace profile", style, remark), *lines, *_faint(key, style)]


def _key(style: Style) -> str:
    glyphs = style.glyphs
    return (
        f"{glyphs.dot} you, {glyphs.bar * 2} how sure (two times in three the truth lies on the line), {glyphs.tick} "
        "one and two spreads; a spread is as far as runners at one speed usually lie apart."
    )


def _labels(analysis: Analysis) -> list[str]:
    """The word behind each band, fastest first; "" where nothing is likely to stand out, "?" where it is not sure."""
    return [band_words(band, analysis.method.labels) for band in reversed(analysis.pace_profile)]


def band_words(band: PaceBand, rules: LabelRules) -> str:
    """The word behind a band; "" where nothing is likely to stand out, with a question mark where it is not sure."""
    sure = 1.0 if band.probability is None else band.probability
    if band.label in _SILENT or sure < rules.leaning:
        return ""
    return _name(band) + ("" if sure >= rules.spoken else "?")


def _name(band: PaceBand) -> str:
    return words.LABELS[band.label].name if band.label in words.LABELS else band.label


def _scale(letter: str, analysis: Analysis, style: Style, *, apart: bool) -> list[str]:
    """One score by pace: a line of words over the scale, then a row per band.

    apart: the other score has a scale of its own, so that a label stands on the scale that it is read from.
    """
    bands = tuple(reversed(analysis.pace_profile))
    names = [_brief(name) for name in _labels(analysis)]
    if apart:
        here = [(band.label in _BOUNCING) == (letter == "P") for band in bands]
        names = [name if shown else "" for name, shown in zip(names, here, strict=True)]
    heads = [_row_head(mark, band, style) for mark, band in zip(ascii_lowercase, bands, strict=False)]
    left, right = max(map(columns_of, heads)), max(map(len, names))
    cells = min(style.measure - left - right - (4 if right else 2), _WIDEST_SCALE)
    cells -= 1 - cells % 2
    low, high = words.SCORE_ENDS[letter]
    lines = [" " * (left + 2) + pictures.scale_words(low, "usual", high, cells)]
    for head, name, band in zip(heads, names, bands, strict=False):
        score, role = band_score(band, letter, analysis), band_role(band)
        row = pictures.interval_row(score.value, score.se, cells, style, role)
        lines.append(f"{pad(head, left)}  {row}  {style.paint.apply(role, name)}")
    return lines


def band_score(band: PaceBand, letter: str, analysis: Analysis) -> Score:
    """A band's score on the axis; step length alone has no score, only the error that its reference has."""
    if letter != "zSL":
        found: Score = getattr(band.scores, letter)
        return found
    rules = analysis.method.labels
    se = rules.systematic_zSL if analysis.runner.height_m is not None else rules.systematic_zSL_no_height
    return Score(value=band.scores.z.get("zSL"), se=se)


def band_role(band: PaceBand) -> str:
    """The colour of a band."""
    return words.LABELS[band.label].role if band.label in words.LABELS else ""


def _faint(text: str, style: Style) -> list[str]:
    return [style.paint.apply("faint", line) for line in flow(text, style)]


def _brief(name: str) -> str:
    """A long label without its steps, so that the scale keeps its room: "short, quick, light"."""
    return name.replace(" steps", "", 1) if len(name) > _LONGEST_NAME else name


def _row_head(mark: str, band: PaceBand, style: Style) -> str:
    paced = view.pace(band.speed_mps, miles=style.miles)
    return f"  {mark} {pad(paced, 9 if not style.miles else 11, right=True)} {view.clock(band.seconds):>7}"


def plane(analysis: Analysis, style: Style) -> list[str]:
    """The map of D against P; none where one of them is not judged."""
    points = [
        pictures.Point(band.scores.D.value, band.scores.P.value, mark, band_role(band) or "strong")
        for mark, band in zip(ascii_lowercase, reversed(analysis.pace_profile), strict=False)
        if band.scores.D.value is not None and band.scores.P.value is not None
    ]
    if not points:
        return []
    drawn = pictures.plane(points, _MAP_EDGES, _MAP_CELLS, style)
    key = (
        "Letters are the pace bands of the profile; the dotted box is one spread around usual. Upwards counts bounce "
        "beyond the length of the step: short steps lie high even with little oscillation."
    )
    if hidden := _hidden(points):
        key += f" At one place: {hidden}."
    return [
        *heading("Map", style, "drive to the right, bounce for the length of the step upwards"),
        *drawn,
        *_faint(key, style),
    ]


def _hidden(points: list[pictures.Point]) -> str:
    """Which letters fall together on the map, where only the first is drawn: "b with c, d with e and f"."""
    together = [group for group in pictures.together(points, _MAP_CELLS) if len(group) > 1]
    return ", ".join(f"{first} with {' and '.join(rest)}" for first, *rest in together)
