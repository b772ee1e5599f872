"""What to work on, as text."""

import re
from datetime import date, timedelta

import pytest
from rich.cells import cell_len

from kneedrive import advice
from kneedrive.analysis.posterior import Certainty
from kneedrive.patterns import AXES
from kneedrive.quantities import QUANTITIES
from kneedrive.report import sections, terminal
from kneedrive.report.blocks import Style
from tests.conftest import Golden

FINDINGS = tuple(advice.plans())
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def told(finding: str, **more: bool) -> advice.Advice:
    return advice.advise(advice.Ground(finding=finding, certainty=Certainty.SPOKEN, **more))  # type: ignore[arg-type]


def render(finding: str, style: Style = Style(), **more: bool) -> str:  # noqa: B008 - frozen
    return terminal.render(sections.plan(told(finding, **more)), style)


@pytest.mark.parametrize("finding", FINDINGS)
def test_advice_for_each_finding(finding: str, golden: Golden) -> None:
    golden.check(f"advice-{finding}.txt", render(finding))


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("finding", FINDINGS)
def test_no_line_is_wider_than_the_width(finding: str, width: int) -> None:
    text = render(finding, Style(width=width, ascii=True), asymmetric=True, exaggerating=True)

    assert text.isascii()
    assert max(map(cell_len, text.splitlines())) <= width


@pytest.mark.parametrize("finding", FINDINGS)
def test_colour_only_adds_colour(finding: str) -> None:
    assert COLOURS.sub("", render(finding, Style(colour=True))) == render(finding)


@pytest.mark.parametrize("finding", FINDINGS)
def test_every_number_to_watch_has_words(finding: str) -> None:
    assert set(advice.plans()[finding].watch) <= {key for key, axis in AXES.items() if axis.watched} | QUANTITIES.keys()


@pytest.mark.parametrize("finding", FINDINGS)
def test_strength_comes_before_speed_and_speed_before_drills(finding: str) -> None:
    titles = [title.upper() for title in sections.TITLES.values() if title.upper() in render(finding)]
    places = [render(finding).index(title) for title in titles]

    assert places == sorted(places)


@pytest.mark.parametrize("finding", FINDINGS)
def test_nobody_is_told_more_than_a_watch_sees(finding: str) -> None:
    assert "a watch does not see your hips" in " ".join(render(finding).split())


def test_what_to_do_next_is_a_cue_an_exercise_and_a_command() -> None:
    lines = terminal.render([sections.do_next(told("shuffle-like"))], Style()).splitlines()

    assert lines[0].startswith("DO NEXT")
    assert len(lines) <= 4
    assert "lighter feet" in " ".join(lines)
    assert "kneedrive advise tells more." in " ".join(" ".join(lines).split())


def test_a_plan_that_changes_nothing_is_an_offer() -> None:
    assert "IF YOU LIKE" in render("neutral")
    assert "gradually" not in render("neutral").lower()


@pytest.mark.parametrize(("days", "said"), [(21, ""), (22, "3 weeks old"), (98, "14 weeks old")])
def test_advice_from_an_old_run_says_how_old(days: int, said: str) -> None:
    today = date(2026, 11, 20)
    text = sections.aged(today - timedelta(days=days), today).replace("\u00a0", " ")

    assert said in text
    assert bool(text) == bool(said)


def test_what_follows_stands_at_the_end() -> None:
    text = terminal.render(sections.plan(told("neutral"), [sections.taken_up(date(2026, 3, 29))]), Style(width=100))

    assert "\n\nTaken up on Sun 29 Mar 2026." in text


@pytest.mark.parametrize("name", list(advice.catalogue()))
def test_every_entry_is_shown_whole(name: str) -> None:
    entry = advice.catalogue()[name]
    report = sections.entry_of_catalogue(entry, advice.plans_with(entry), advice.sources())
    text = " ".join(terminal.render(report, Style()).split())

    assert entry.name.upper() in text
    for part in (entry.purpose, entry.how, entry.mistake):
        assert " ".join(part.split()) in text


def test_the_catalogue_lists_every_entry_once() -> None:
    entries = tuple(advice.catalogue().values())
    lines = terminal.render(sections.catalogue(entries), Style(width=120)).splitlines()

    assert sorted(line.split()[0] for line in lines if line.startswith("  ")) == sorted(entry.id for entry in entries)
