"""Part (b): histories of run values with nothing or a change planted in them: false alarms and power."""

from __future__ import annotations

from typing import NamedTuple

from tests.analysis.simulated_histories import Plan, Rates, rate
from tests.validation.page import Section, paragraph, percent, several, table, wilson
from tests.validation.sizes import Crew, Size

STEPS = ("no drift", Plan()), ("drift of weeks, SD 0.15, rho 0.5", Plan(drift_sd=0.15, rho=0.5))
NULLS = (
    *STEPS,
    ("drift of weeks, SD 0.15, rho 0.8", Plan(drift_sd=0.15, rho=0.8)),
    ("drift of weeks, SD 0.30, rho 0.8", Plan(drift_sd=0.30, rho=0.8)),
    ("a fifth of the weeks missing", Plan(missing_weeks=0.2)),
)
WEEKS = (8, 12, 16, 26)
RUNS = (1, 2, 3)
CHANGES = (0.5, 0.75, 1.0, 1.5, 2.0)
PROMISED = {"no drift": (0.05, 0.80), "drift of weeks, SD 0.15, rho 0.5": (0.075, 0.75)}
USUAL = (16, 3)  # weeks and runs a week that the promises are made for


class Asked(NamedTuple):
    """One kind of history and how many of them."""

    plan: Plan
    histories: int
    seed: int


def part(size: Size, crew: Crew) -> Section:
    """The section."""
    return Section(
        "b",
        "Histories: false alarms and power",
        (
            "Run values of D and P over weeks, run-to-run SD between 0.3 and 0.6 (drawn for each history); for 16 "
            f"weeks of three runs {several(size.nulls, 'history')} without and {several(size.histories, 'history')} "
            "with a planted change, a third of that for other lengths. A false alarm is any called trend, of D or P, "
            "where nothing was planted; power is the share of histories in which the planted change of D is called in "
            "its direction.",
            *false_alarms(size, crew),
            *power(size, crew),
        ),
    )


def rates(plans: list[Plan], count: int, crew: Crew, first_seed: int) -> list[Rates]:
    """The rates of each plan, each with a seed of its own."""
    asked = [Asked(plan, how_many(plan, count), first_seed + place) for place, plan in enumerate(plans)]
    return crew.over(_rate, asked)


def how_many(plan: Plan, count: int) -> int:
    """So many of the kind that promises are made for, a third of the others."""
    return count if (plan.weeks, plan.runs_a_week) == USUAL else max(count // 3, 1)


def _rate(asked: Asked) -> Rates:
    return rate(asked.plan, asked.histories, asked.seed)


def false_alarms(size: Size, crew: Crew) -> tuple[str, ...]:
    """By weeks, runs a week, and what the weeks do by themselves."""
    shapes = [(weeks, 3) for weeks in WEEKS] + [(16, runs) for runs in RUNS[:-1]]
    plans = [plan._replace(weeks=weeks, runs_a_week=runs) for _, plan in NULLS for weeks, runs in shapes]
    found = rates(plans, size.nulls, crew, 1000)
    rows, broken = [], []
    for place, (name, _) in enumerate(NULLS):
        mine = found[place * len(shapes) : (place + 1) * len(shapes)]
        rows.append((name, *(percent(each.called) for each in mine)))
        usual = mine[shapes.index(USUAL)].called
        if name in PROMISED and wilson(usual * size.nulls, size.nulls)[0] > PROMISED[name][0]:
            broken.append(name)
    head = ("nothing planted", *(f"{weeks} weeks, {runs} a week" for weeks, runs in shapes))
    worst = max(each.called for each in found)
    text = paragraph(
        "**False alarms.** Promised for 16 weeks of three runs: at most 5 % without drift, 7.5 % with drift of rho "
        "0.5;",
        "both hold." if not broken else f"broken for: {', '.join(broken)}.",
        f"Drift that outlasts the window cannot be told from a trend: up to {percent(worst)} here. That is why a "
        "called trend is said to be possibly season, shoes or fatigue.",
    )
    return text, table(head, rows)


def power(size: Size, crew: Crew) -> tuple[str, ...]:
    """By change, weeks and runs a week."""
    shapes = [(weeks, 3) for weeks in WEEKS] + [(16, runs) for runs in RUNS[:-1]]
    kinds = [(name, plan._replace(change=change)) for name, plan in STEPS for change in CHANGES]
    plans = [plan._replace(weeks=weeks, runs_a_week=runs) for _, plan in kinds for weeks, runs in shapes]
    found = rates(plans, size.histories, crew, 2000)
    rows, broken = [], []
    for place, (name, plan) in enumerate(kinds):
        mine = found[place * len(shapes) : (place + 1) * len(shapes)]
        rows.append((name, f"{plan.change:.2f}", *(percent(each.found) for each in mine)))
        usual = mine[shapes.index(USUAL)].found
        if plan.change == 1.5 and wilson(usual * size.histories, size.histories)[1] < PROMISED[name][1]:
            broken.append(name)
    head = ("weeks", "change of D", *(f"{weeks} weeks, {runs} a week" for weeks, runs in shapes))
    text = paragraph(
        "**Power.** Promised for a change of 1.5 over 16 weeks of three runs: 80 % without drift, 75 % with it;",
        "both hold." if not broken else f"broken for: {', '.join(broken)}.",
        "A change of 0.5, half of the spread between runners over the whole span, is mostly missed: "
        '"steady" never means that nothing changed, and the report names the change that would have been seen.',
    )
    return text, table(head, rows)
