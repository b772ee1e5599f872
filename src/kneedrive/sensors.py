"""What each class of sensor may say, and how it reads: one row each, with its basis."""

from __future__ import annotations

from collections.abc import Mapping

from kneedrive.record import Record


class Reference(Record, frozen=True, kw_only=True):
    """What one sensor class may say, and how far its readings stand from the population's.

    scores: the letters it may speak of. k_ref: usual VO/VO_model on this class. o: shift of its duty factor in SD.
    s_k: change of ln k_ref per m/s. sd_zDF, sd_zB, sd_K: systematic SD of a population comparison (None: not scored).
    """

    name: str
    words: str
    scores: str
    k_ref: float | None
    o: float = 0.0
    s_k: float = 0.0
    sd_zDF: float | None
    sd_zB: float | None = None
    sd_K: float | None = None
    basis: str


def _row(
    name: str, words: str, scores: str, k_ref: float | None, sd: tuple[float | None, ...], basis: str
) -> Reference:
    return Reference(
        name=name, words=words, scores=scores, k_ref=k_ref, sd_zDF=sd[0], sd_zB=sd[1], sd_K=sd[2], basis=basis
    )


_TIMING_ONLY = (1.0, None, None)
_FEW = "one or two files or runners"
_POD = "the maker's tables; 47 runs of one runner read k 1.26 instead, and the SDs carry that doubt"
_TIMING_SAID_AGAIN = "its oscillation is computed from its own timing"

REFERENCES: Mapping[str, Reference] = {
    row.name: row
    for row in (
        _row("garmin_strap", "Garmin chest strap", "DPGK", 1.28, (0.70, 0.5, 0.9), "23 files"),
        Reference(
            name="coros",
            words="COROS",
            scores="DPGK",
            k_ref=1.16,
            o=-0.5,
            s_k=-0.10,
            sd_zDF=0.90,
            sd_zB=1.0,
            sd_K=1.2,
            basis="3 runners, 466 runs: sensor and runner cannot be told apart",
        ),
        _row("garmin_pod", "Garmin running dynamics pod", "DPGK", 1.42, (0.90, 1.0, 1.2), _POD),
        _row("garmin_strap_ble", "Garmin HRM 600", "DG", None, _TIMING_ONLY, _FEW),
        _row("coros_pod", "COROS POD", "DG", None, _TIMING_ONLY, _FEW),
        _row("apple", "Apple Watch", "DG", None, _TIMING_ONLY, _FEW),
        _row("other", "a sensor kneedrive does not know", "DG", None, _TIMING_ONLY, _FEW),
        _row("stryd", "Stryd", "DG", None, _TIMING_ONLY, _TIMING_SAID_AGAIN),
        _row("model_derived", "a sensor that models oscillation", "DG", None, _TIMING_ONLY, _TIMING_SAID_AGAIN),
        _row(
            "garmin_wrist",
            "Garmin watch at the wrist",
            "",
            None,
            (None, None, None),
            "357 runs of three runners: its contact time and oscillation are computed from speed and cadence",
        ),
        _row("none", "no running dynamics", "", None, (None, None, None), "nothing recorded"),
    )
}

UNKNOWN_STRAP_SD_ZB = 1.0  # ANT+ type 30 without a product we know: strap or pod, so the oscillation is less sure
FIRST_WRIST_PRODUCT = 3905  # Garmin watches numbered lower cannot measure dynamics at the wrist
MODEL_DERIVED_K = (0.93, 1.04)  # median k of devices whose oscillation is their own timing again
MODEL_DERIVED_SD = 0.03  # and the robust SD of ln k up to which that is so
MODEL_DERIVED_RECORDS = 30  # of fewer nobody can say how much they spread
