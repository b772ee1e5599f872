"""What to work on, as text."""

import re
from datetime import date, timedelta

import pytest

from kneedrive import advice
from kneedrive.report import focus
from kneedrive.report.text import Style, columns_of, finish
from tests.conftest import Golden

FINDINGS = tuple(advice.plans())
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def render(label: str, style: Style = Style(), **more: bool) -> str:  # noqa: B008 - frozen
    return focus.render(advice.advise(advice.Situation(label=label, **more)), style)  # type: ignore[arg-type]


@pytest.mark.parametrize("label", FINDINGS)
def test_advice_for_each_finding(label: str, golden: Golden) -> None:
    golden.check(f"advice-{label}.txt", render(label))


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("label", FINDINGS)
def test_no_line_is_wider_than_the_width(label: str, width: int) -> None:
    text = render(label, Style(width=width, ascii=True), asymmetric=True, exaggerating=True)

    assert text.isascii()
    assert max(map(columns_of, text.splitlines())) <= width


@pytest.mark.parametrize("label", FINDINGS)
def test_colour_only_adds_colour(label: str) -> None:
    assert COLOURS.sub("", render(label, Style(colour=True))) == render(label)


@pytest.mark.parametrize("label", FINDINGS)
def test_every_number_to_watch_has_words(label: str) -> None:
    assert set(advice.plans()[label].watch) <= focus.WATCHED.keys()


@pytest.mark.parametrize("label", FINDINGS)
def test_strength_comes_before_speed_and_speed_before_drills(label: str) -> None:
    titles = [title.upper() for title in focus.KINDS.values() if title.upper() in render(label)]
    places = [render(label).index(title) for title in titles]

    assert places == sorted(places)


@pytest.mark.parametrize("label", FINDINGS)
def test_nobody_is_told_more_than_a_watch_sees(label: str) -> None:
    assert "a watch does not see your hips" in " ".join(render(label).split())


def test_a_report_ends_with_the_focus_in_a_few_lines() -> None:
    chosen = advice.advise(advice.Situation(label="shuffle-like"))
    lines = focus.closing(chosen, Style())

    assert lines[0].startswith("TO WORK ON")
    assert len(lines) <= 8
    assert "Begin with" in " ".join(lines)


def test_leaving_it_alone_does_not_begin_with_anything() -> None:
    chosen = advice.advise(advice.Situation(label="neutral"))

    assert "Begin with" not in " ".join(focus.closing(chosen, Style()))
    assert "IF YOU LIKE" in render("neutral")
    assert "gradually" not in render("neutral").lower()


@pytest.mark.parametrize(("days", "said"), [(21, ""), (22, "3 weeks ago"), (98, "14 weeks ago")])
def test_advice_from_an_old_run_says_how_old(days: int, said: str) -> None:
    today = date(2026, 11, 20)
    text = " ".join(focus.aged(today - timedelta(days=days), today, Style())).replace("\u00a0", " ")

    assert said in text
    assert bool(text) == bool(said)


def test_nothing_to_take_up_is_said() -> None:
    assert "Nothing was tagged" in " ".join(focus.not_taken(Style()))


def test_how_to_take_it_up_and_that_it_was_taken() -> None:
    assert "kneedrive advise --take" in finish([focus.to_take(Style())], Style())
    assert "Taken up on Sun 29 Mar 2026." in finish([focus.taken(date(2026, 3, 29), Style())], Style())


def test_what_follows_stands_at_the_end() -> None:
    chosen = advice.advise(advice.Situation(label="neutral"))

    assert focus.render(chosen, Style(), [["the end"]]).endswith("\n\nthe end\n")


@pytest.mark.parametrize("name", list(advice.catalogue()))
def test_every_entry_is_shown_whole(name: str) -> None:
    entry = advice.catalogue()[name]
    text = " ".join(focus.one(entry, advice.plans_with(entry), advice.sources(), Style(ascii=False)).split())

    for part in (entry.name, entry.purpose, entry.how, entry.mistake):
        assert " ".join(part.split()) in text


def test_the_catalogue_lists_every_entry_once() -> None:
    entries = tuple(advice.catalogue().values())
    lines = focus.listing(entries, Style(width=120)).splitlines()

    assert sorted(line.split()[0] for line in lines if line.startswith("  ")) == sorted(entry.id for entry in entries)
