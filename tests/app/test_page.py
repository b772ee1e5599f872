"""What the page adds to what it is made of."""

from __future__ import annotations

from datetime import date, timedelta

from kneedrive.app.show import _aged
from tests.pages import run_page

TODAY = date(2026, 11, 15)


def test_advice_that_rests_on_an_old_run_says_so() -> None:
    found = run_page("shuffle").advice
    assert found

    old = _aged(found, TODAY - timedelta(weeks=14), TODAY)

    assert old
    assert old.remarks[:-1] == found.remarks
    assert "14\u00a0weeks ago" in old.remarks[-1]
    assert _aged(found, TODAY - timedelta(days=3), TODAY) == found
    assert _aged(None, TODAY, TODAY) is None
