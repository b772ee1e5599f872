"""The thresholds of reading and merging files: part of Method, apart from it because it is no biomechanics."""

from __future__ import annotations

from typing import Annotated

from kneedrive.value import Value

DESIGN = "design"
MEASURED = "measured on public files"


class TrackRules(Value):
    """GPX and TCX files, which say less than they could: what a reader takes for granted."""

    pause_gap_s: Annotated[float, "s between two points, beyond which the recorder did not run", DESIGN] = 15.0
    pause_gap_steps: Annotated[float, "median steps, likewise", DESIGN] = 3.0
    pause_speed_mps: Annotated[float, "m/s across such a gap: slower is a pause", DESIGN] = 0.5
    part_gap_steps: Annotated[float, "median steps between two parts of a file that are a pause", DESIGN] = 2.0
    split_gap_s: Annotated[float, "s between two points, beyond which they are not one activity", DESIGN] = 43_200.0
    join_gap_s: Annotated[float, "s between two tracks of one sport that are one activity", DESIGN] = 1_800.0
    position_window_s: Annotated[float, "s, mean of positions before distance is taken", DESIGN] = 5.0
    speed_window_s: Annotated[float, "s, over which speed is taken", DESIGN] = 5.0
    agreement: Annotated[float, "factor between recorded and computed speed or distance", DESIGN] = 1.25
    credible_mps: Annotated[float, "m/s on average; faster positions are wrong ones", DESIGN] = 30.0
    restart_m: Annotated[float, "m by which a distance falls that is worth a note", DESIGN] = 1.0
    max_timer_s: Annotated[float, "s, longest activity from totals alone", DESIGN] = 604_800.0
    min_coverage: Annotated[float, "share of points for a recorded channel to be used", DESIGN] = 0.5
    one_leg_max_rpm: Annotated[float, "90th percentile; above, the file counts both feet", DESIGN] = 112.0
    walk_spm: Annotated[float, "median; from here the file counts both feet where the speed is a walk", DESIGN] = 90.0
    walk_mps: Annotated[float, "m/s, median speed of walking", DESIGN] = 1.9
    run_min_mps: Annotated[float, "m/s, median moving speed that may be running", DESIGN] = 1.8
    run_max_mps: Annotated[float, "m/s, as above, where cadence agrees", DESIGN] = 6.0
    run_max_blind_mps: Annotated[float, "m/s, as above, without cadence (cycling begins here)", DESIGN] = 4.5
    run_min_spm: Annotated[float, "steps/min, median cadence that may be running", DESIGN] = 140.0
    run_never_mps: Annotated[float, "m/s, median moving speed; faster is no run, whatever the file says", DESIGN] = 6.5
    moving_mps: Annotated[float, "m/s, slower is standing", DESIGN] = 0.5


class FitRules(Value):
    """FIT files whose clock or summary cannot be taken as they stand, and how much one may hold."""

    clock_jump_s: Annotated[float, "s between two records that the session's elapsed time may deny", DESIGN] = 3_600.0
    clock_agree_s: Annotated[float, "s by which gap and denial may differ", DESIGN] = 60.0
    stray_gap_s: Annotated[float, "s between two records, beyond which they are not one activity", DESIGN] = 43_200.0
    offset_max_s: Annotated[int, "s, local time minus UTC, either way", "time zones of the Earth"] = 50_400
    offset_step_s: Annotated[int, "s, to which that difference is rounded", "time zones of the Earth"] = 900
    max_parts: Annotated[int, "files chained into one that are read", DESIGN] = 100
    max_layouts: Annotated[int, "kinds of messages that differ; real files have up to 53", DESIGN] = 1_000
    max_messages: Annotated[int, "messages that are walked over", DESIGN] = 4_000_000
    max_records: Annotated[int, "records that are read: a week at one a second", DESIGN] = 604_800
    max_told: Annotated[int, "messages of any other kind that are read", DESIGN] = 50_000
    max_sessions: Annotated[int, "sessions in one file", DESIGN] = 200
    max_devices: Annotated[int, "sensors that differ, of which the first are kept", DESIGN] = 100


class MergeRules(Value):
    """When two recordings are of one run, and what one may lend the other."""

    start_s: Annotated[float, "s between the starts", DESIGN] = 120.0
    duration_s: Annotated[float, "s, timer or elapsed time, whichever agree best", DESIGN] = 120.0
    duration_share: Annotated[float, "relative, for runs long enough", DESIGN] = 0.05
    distance_m: Annotated[float, "m", DESIGN] = 100.0
    distance_share: Annotated[float, "relative, for runs long enough", DESIGN] = 0.05
    most_share: Annotated[float, "relative, of duration or distance, however short the run", DESIGN] = 0.20
    heart_rate_bpm: Annotated[float, "1/min between the medians", DESIGN] = 6.0
    twin_s: Annotated[float, "s; start and duration of one recording written twice", DESIGN] = 2.0
    twin_share: Annotated[float, "relative; distance of one recording written twice", DESIGN] = 0.002
    overlap_s: Annotated[float, "s in common, from which two runs need an explanation", DESIGN] = 60.0
    min_coverage: Annotated[float, "share of records; below, a channel is looked for elsewhere", DESIGN] = 0.5
    gap_s: Annotated[float, "s between records that a lent channel may bridge", DESIGN] = 15.0
