"""A cohort in words: one page that is read before it is taken, and the same for programs."""

from __future__ import annotations

import json

import numpy as np
import pytest

from kneedrive.app.cohort import population_of
from kneedrive.report.blocks import Style
from kneedrive.report.cohort import (
    Became,
    Examined,
    Population,
    examined,
    examined_record,
    population,
    population_record,
)
from kneedrive.report.terminal import render
from tests.analysis.test_population import cohort
from tests.conftest import Golden


@pytest.fixture(scope="module")
def found() -> Population:
    """400 made runners on two sensors, women and men, some of whose height is not known."""
    means = cohort(1)
    count = len(means["sensor"])
    place = np.arange(count)
    means |= {
        "runner": np.array([f"runner {n}" for n in place]),
        "runs": np.full(count, 4),
        "sex": np.where(place % 3 == 0, "f", np.where(place % 3 == 1, "m", "")),
        "height_m": np.where(place % 5 == 0, np.nan, 1.55 + 0.3 * place / count),
    }
    odds = {
        "shuffle_like": 0.2,
        "drive_like": 0.3,
        "piston_like": 0.1,
        "long_grounded": 0.1,
        "short_airy": 0.05,
        "neutral": 0.4,
    }
    means |= {f"odds_{name}": share + 0.1 * np.sin(place) for name, share in odds.items()}
    counted = {
        "sensor": np.array(["coros", "garmin_strap", "none", "", ""]),
        "status": np.array(["assessed", "assessed", "walk", "refused", "refused"]),
        "reason": np.array(["", "", "", "is empty", "ends in the middle of a message"]),
        "recordings": np.array([820, 800, 12, 2, 1]),
        "runs": np.array([820, 800, 12, 2, 1]),
        "nameless": np.array([20, 0, 3, 0, 0]),
        "runners": np.array([200, 200, 9, 1, 1]),
        "epochs": np.array([61_000.0, 59_000.0, 0.0, 0.0, 0.0]),
    }
    paced = {
        "sensor": np.repeat(["coros", "garmin_strap"], 40),
        "low_mps": np.tile(np.repeat([2.0, 2.5, 3.0, 3.5], 10), 2),
        **{name: means[name][:80] for name in ("zSL", "zDF", "zk")},
    }
    return population_of(counted, means, paced)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_report_reads_as_it_should(found: Population, golden: Golden, width: int) -> None:
    text = render(population(found), Style(width=width)).rstrip("\n")

    golden.check(f"cohort-{width}.txt", text + "\n")
    assert max(map(len, text.splitlines())) <= width


def test_of_few_runners_nothing_is_said_between_them(found: Population) -> None:
    text = " ".join(render(population(found.replace(runners=7)), Style()).split())

    assert "take 8 runners; here are 7." in text
    assert "JOINT" not in text
    assert "PATTERNS" not in text


def test_ascii_is_ascii(found: Population) -> None:
    assert render(population(found), Style(ascii=True)).isascii()


def test_programs_get_every_number(found: Population) -> None:
    told = json.loads(json.dumps(population_record(found), allow_nan=False))

    assert told["schema_version"] == 1
    assert told["refused"] == {"is empty": 2, "ends in the middle of a message": 1}
    assert told["joint"]["correlations"]["zSL zDF"]["value"] == found.joint.correlations["zSL zDF"].value  # type: ignore[union-attr]
    assert {share["pattern"]: round(share["here"]["mean"]["value"], 2) for share in told["shares"]}["drive-like"] == 0.3
    assert {group["by"] for group in told["groups"]} == {"sensor", "speed", "sex", "height"}


def test_what_an_examination_did_is_a_sentence() -> None:
    done = Examined(counts={Became.ASSESSED: 1200, Became.REFUSED: 1}, changed=2, folder="out")

    text = render(examined(done), Style())
    assert text.startswith("1,200 assessed, 1 refused, in out.")
    assert "2 recordings came again with another runner, sex or height; their rows stay." in text
    assert examined_record(done)["held"] == 0
