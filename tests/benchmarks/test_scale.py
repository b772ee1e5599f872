"""The benchmark of cohorts measures all that docs/scale.md says, and multiplies rightly."""

import pytest

from tests.benchmarks import scale
from tests.benchmarks.scale import Cost, Written, computed


def test_large_cohorts_are_multiplied_from_one_recording() -> None:
    one = Cost(cpu_s=0.02, epochs=100.0, file=200_000.0, rows=20_000.0, analysis=4e5)
    parts = Written(1_000, 100_000, 5_000_000, 0.5, 10**8, 0.25, 0.1, 200_000)

    row = computed(1_800_000, one, parts, 0.0005)

    # 36,000 core-seconds on 8 and on 256 cores, 360 GB in, 9 GB out, half an hour of feeding, 450 s of asking
    assert row == ("1,800,000", "1.2", "0.039", "360", "9.0", "0.5", "450")


@pytest.mark.slow
@pytest.mark.extra
def test_a_quick_run_measures_everything() -> None:
    pytest.importorskip("duckdb", reason="kneedrive[lab] is not installed")
    tables = scale.scale(quick=True)

    assert list(tables) == ["A recording", "A job handed over", "Parts", "What that makes of large cohorts"]
    assert float(tables["A recording"].rows[0][2]) > 1
    assert [row[0] for row in tables["What that makes of large cohorts"].rows] == ["50,000", "10,000,000"]
