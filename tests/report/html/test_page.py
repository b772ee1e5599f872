"""The page as text: its order, its policy, its title, what it escapes, and that nothing is loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import date
from html.parser import HTMLParser

import pytest

from kneedrive.analysis import analyze
from kneedrive.app.page import content_of, last_run
from kneedrive.histories.result import Break, BreakKind, WeeklyView
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.recording import Runner
from kneedrive.report import blocks, words
from kneedrive.report.html import page
from kneedrive.report.html.page import Content, render
from kneedrive.report.machine import analysis_record
from kneedrive.simulate.gait import PATTERNS as GAITS
from tests.conftest import Golden
from tests.pages import demo_page, half_a_year, run_page
from tests.report.histories import Tag
from tests.report.runs import RUNS

HALF_YEAR_BYTES = 300_000
HOSTILE = '"><img src=x onerror="document.title=1"><script>document.title=2</script>'
PARTS = ["run", "own", "paces", "weeks", "runs", "work", "more"]
ALONE = {"meta", "link", "br", "hr"}


class Outline(HTMLParser):
    """Elements of a page; complains about tags that do not match and about handlers and styles in attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sections: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [value or "" for key, value in attrs if key in ("src", "href", "action", "xlink:href")]
        self.sections += [given["id"] or ""] if tag == "section" else []
        assert not [key for key in given if key.startswith("on") or key == "style"]
        if tag not in ALONE:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def text_of(content: Content) -> str:
    return render(content).replace("\u00a0", " ")


def seen(text: str) -> str:
    """The words of a piece of HTML."""
    text = re.sub(r"</?(b|strong|small|code)\b[^>]*>|<span class=\"whole\">(.*?)</span>", r"\2", text)
    return " ".join(re.sub(r"(?s)<(style|script|title)\b.*?</\1>|<[^>]*>", " ", text).split())


def test_the_parts_stand_in_order_and_every_tag_is_closed() -> None:
    assert Outline(render(half_a_year())).sections == PARTS


def test_the_navigation_leads_to_the_parts_that_are_there() -> None:
    whole, single = Outline(render(half_a_year())), Outline(render(run_page("drive")))

    assert whole.links == ["#run", "#run", "#weeks", "#runs", "#work", "#more"]
    assert single.links == ["#run", "#run", "#work", "#more"]
    for outline in (whole, single):
        assert {link[1:] for link in outline.links} <= set(outline.ids)
        assert len(outline.ids) == len(set(outline.ids))


def test_no_address_of_any_network_is_in_the_page() -> None:
    assert not re.search(r"(https?:)?//[a-z]", render(half_a_year()).replace("// ", ""))


def test_the_policy_lets_this_style_and_this_script_act_and_nothing_else() -> None:
    text = render(demo_page())
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)

    assert policy.startswith("default-src &#x27;none&#x27;; ")
    for name in ("style", "script"):
        (own,) = re.findall(rf"(?s)<{name}>(.*?)</{name}>", text)
        digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
        assert f"{name}-src &#x27;sha256-{digest}&#x27;" in policy
    assert "unsafe" not in policy


def test_half_a_year_is_small_enough_for_a_mail_and_the_same_every_time() -> None:
    text = render(half_a_year())

    assert len(text.encode()) < HALF_YEAR_BYTES
    assert text == render(half_a_year())


def test_the_first_large_picture_comes_within_ninety_words() -> None:
    body = render(half_a_year()).split("<body", 1)[1]
    large = next(found.start() for found in re.finditer(r"<svg[^>]*>", body) if "aria-hidden" not in found[0])

    assert len(seen("<p" + body[:large]).split()) <= 90


def test_the_title_names_the_runner_and_what_was_found() -> None:
    content = demo_page()
    named = content.replace(analysis=content.analysis.replace(runner=Runner(name="Anna")))
    title = re.findall("<title>(.*?)</title>", text_of(named))[0]

    assert title == f"Anna – {words.headline(content.analysis)} – kneedrive"
    assert "<b>Anna</b>" in render(named)


@pytest.mark.parametrize("miles", [False, True])
def test_miles_are_everywhere_or_nowhere(miles: bool) -> None:
    text = text_of(run_page("drive", miles=miles))

    assert ("/mile" in text) is miles
    assert ("/km" in text or " km<" in text) is not miles


def test_what_a_wrist_works_out_is_faint_and_called_its_estimate() -> None:
    text = text_of(half_a_year("neutral", 0.0, 13))
    cards = re.findall(r'(?s)<figure class="card( claimed)?">.*?class="what">([^<]*)<.*?<small>([^<]*)<', text)

    assert {name: (claim, beside.startswith("usual")) for claim, name, beside in cards} == {
        "Step length": ("", True),
        "Cadence": ("", True),
        "Ground contact time": (" claimed", False),
        "Vertical oscillation": (" claimed", False),
    }
    assert text.count("your watch’s estimate") == 4  # two cards, and two of the charts over time


def test_what_is_inferred_from_steps_is_hollow_and_what_is_measured_is_not() -> None:
    def heroes(content: Content) -> str:
        return re.findall(r'(?s)<figure class="hero">.*?</figure>', render(content))[0]

    assert 'class="disc hollow' in heroes(half_a_year("neutral", 0.0, 13))
    assert "hollow" not in heroes(half_a_year())


@pytest.mark.parametrize("pattern", Pattern)
def test_every_pattern_has_its_colour_in_light_and_dark_and_its_letter(pattern: Pattern) -> None:
    row, style = PATTERNS[pattern], str(page._own_asset("page.css"))
    inside = render(demo_page().replace(runs=(named(pattern),)))

    assert f".c-{row.colour} {{ --c: var(--{row.colour}); }}" in style
    assert len(re.findall(rf"--{row.colour}: #[0-9a-f]{{3,6}};", style)) == 3  # light, dark, print
    assert f'class="finding c-{row.colour}"' in inside
    assert (f'class="letter c-{row.colour}">{row.mark}</text>' in inside) is (pattern is not Pattern.NEUTRAL)


def named(pattern: Pattern) -> page.LastRun:
    return page.LastRun(day="8 May", facts=("5 km",), pattern=pattern, hollow=False, finding="x", report=())


def test_each_of_the_last_runs_opens_its_own_report() -> None:
    content = half_a_year()
    rows = re.findall(r'(?s)<details class="run">.*?</details>', text_of(content))

    assert len(rows) == len(content.runs) == 5
    for row, run in zip(rows, content.runs, strict=True):
        assert run.day.replace("\u00a0", " ") in row
        assert run.finding in row
        assert 'class="plot paces slim"' in row
        assert "(any runner: " in row


def test_a_run_in_the_list_is_told_as_its_own_page_tells_it() -> None:
    analysis = demo_page().analysis
    told = last_run(analysis.activity, analysis_record(analysis), date(2027, 1, 1), miles=False)
    (picture,) = [each for each in told.report if isinstance(each, blocks.Picture)]

    assert told.day.endswith(f"\u00a0{analysis.activity.started_at.year}")
    assert told.finding == words.headline(analysis)
    assert told.pattern is Pattern.SHUFFLE
    assert [row.before[0] for row in picture.rows] == ["4:45", "4:48", "5:24", "5:57", "6:14", "7:02"]
    assert picture.rows[-1].tone is Pattern.SHUFFLE
    assert blocks.plain(picture.rows[-1].behind) == "shuffle-like"
    believed = analysis.pace_profile[0].posterior
    assert believed
    assert picture.rows[-1].mean == pytest.approx(believed.scores["D"].mean, rel=1e-4)


def test_weeks_without_any_run_are_not_shown() -> None:
    found = half_a_year().weekly
    assert isinstance(found, WeeklyView)
    empty = found.replace(weeks=tuple(week.replace(runs=0, values={}) for week in found.weeks))

    assert "weeks" not in Outline(render(demo_page().replace(weekly=empty))).sections


@pytest.mark.parametrize("name", RUNS)
def test_every_kind_of_analysis_has_a_page_with_its_verdict(name: str) -> None:
    analysis = RUNS[name]()
    text = text_of(content_of(analysis))

    assert Outline(text).sections[0] == "run"
    assert words.headline(analysis) in seen(re.findall("(?s)<h1.*?</h1>", text)[0])
    assert ("Do next" in text) is (analysis.status == "assessed")
    assert ('<figure class="hero">' in text) is bool(analysis.findings)
    assert ("<details open>" in text) is (not analysis.findings)


@pytest.mark.parametrize("name", ["no-cadence", "averages", "treadmill"])
def test_without_pace_bands_the_numbers_of_the_run_can_be_opened(name: str) -> None:
    assert re.search(
        r'<th scope="row">(cadence|ground contact time|heart rate)</th><td>', text_of(content_of(RUNS[name]()))
    )


def test_an_option_is_named_with_its_command_since_a_reader_of_a_page_typed_none() -> None:
    text = text_of(content_of(RUNS["drive-coros"]()))

    assert "<code>kneedrive report --html --height METRES</code> may change this." in text
    assert not re.search(r"[^-\w] --height|[.:>] ?--height", text)


def test_whom_to_name_is_named() -> None:
    assert "Powered by Strava" in text_of(half_a_year().replace(credit="Powered by Strava"))
    assert "Powered by Strava" not in text_of(half_a_year())


def test_names_from_files_tags_and_settings_put_no_tag_into_the_page() -> None:
    content = half_a_year()
    activity = content.analysis.activity
    hostile = activity.replace(device=activity.device.replace(maker=HOSTILE, product=HOSTILE), name=HOSTILE)
    assert content.weekly
    assert content.periods
    text = render(
        content.replace(
            analysis=analyze(hostile, runner=Runner(name=HOSTILE)),
            tags=(Tag("2026-08-31", HOSTILE),),
            weekly=content.weekly.replace(
                breaks=(Break(date=date(2026, 8, 31), kind=BreakKind.FIRMWARE, before=HOSTILE, after=HOSTILE),)
            ),
            periods=content.periods.replace(name=HOSTILE),
        )
    )

    assert Outline(text).sections == PARTS
    assert text.count("<script") == 1
    assert "<img" not in text
    assert "&lt;img src=x" in text


def without_own(text: str) -> str:
    """The page without our style and script, and long lines of charts by their ends."""
    text = re.sub(r"(?s)<(style|script)>.*?</\1>", r"<\1></\1>", text)
    text = re.sub(r"sha256-[^&]*&#x27;", "sha256-&#x27;", text)
    return re.sub(r'(?<= )d="(.{40})[^"]*(.{20})"', r'd="\1 … \2"', text)


@pytest.mark.parametrize("name", ["shuffle-when-slow", "piston", "short-airy"])
def test_golden_page_of_a_run(name: str, golden: Golden) -> None:
    assert name in GAITS
    golden.check(f"{name}.html", without_own(render(run_page(name))).replace("><", ">\n<"))


def test_golden_page_of_weeks(golden: Golden) -> None:
    (weeks,) = re.findall(r'(?s)<section id="weeks".*?</section>', text_of(half_a_year()))

    golden.check("weeks.html", without_own(weeks).replace("><", ">\n<"))
