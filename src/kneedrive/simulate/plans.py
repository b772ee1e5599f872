"""Plans of runs: which paces, slopes and interruptions, in seconds and m/s."""

from __future__ import annotations

from kneedrive.simulate.course import Segment


def _bursts(count: int, rest_mps: float) -> tuple[Segment, ...]:
    """Accelerations of 18 s, each after 80 s of easy running."""
    return (Segment(80, rest_mps), Segment(18, 5.4, kind="burst")) * count


# A town run with everything: 6:20 to 5:30 /km, a traffic light, a tempo part at 4:50, a walk, strides, a hill, and slow
# running at 7:00 near both ends.
DEMO_PLAN = (
    Segment(300, 2.62),
    Segment(480, 2.38),
    Segment(480, 2.78),
    Segment(420, 3.03),
    Segment(75, kind="pause"),
    Segment(420, 3.45),
    Segment(100, 1.5, kind="walk"),
    *_bursts(3, 2.78),
    Segment(150, 2.62, 0.04),
    Segment(60, 2.40, 0.085),
    Segment(150, 2.95, -0.04),
    Segment(480, 2.78),
    Segment(540, 2.38),
    Segment(120, 2.62),
)

PLANS = {
    "easy": (Segment(480, 2.75), Segment(420, 2.6), Segment(420, 2.9), Segment(480, 2.75)),
    "short": (Segment(300, 2.7),),
    "steady": (Segment(1200, 2.7),),
    "fast": (Segment(300, 3.2), Segment(900, 3.5), Segment(300, 3.2)),
    "long": (Segment(900, 2.75), Segment(900, 2.65), Segment(900, 2.75), Segment(900, 2.65)),
    "progressive": (Segment(420, 2.4), Segment(420, 2.7), Segment(420, 3.0), Segment(420, 3.35)),
    "hilly": (*(Segment(150, 2.6, 0.045), Segment(150, 2.8, -0.045), Segment(240, 2.7)) * 2, Segment(90, 2.4, 0.08)),
    "varied": (
        Segment(300, 2.65),
        Segment(120, 2.6, 0.04),
        Segment(120, 2.75, -0.04),
        Segment(60, kind="pause"),
        Segment(300, 2.7),
        Segment(90, 1.5, kind="walk"),
        *_bursts(2, 2.7),
        Segment(300, 2.55),
    ),
    "walk": (Segment(1200, 1.5, kind="walk"),),
    # From here on each plan is made for one gate.
    "sauntering": (Segment(120, 2.7), *(Segment(150, 1.5, kind="walk"), Segment(150, 2.5)) * 4),
    "crawl": (Segment(420, 2.6), Segment(480, 1.8), Segment(420, 2.6)),
    "sprints": (Segment(600, 2.7), *_bursts(6, 2.7), Segment(120, 2.7)),
    "surges": (Segment(400, 2.7), *(Segment(24, 2.2), Segment(24, 3.8)) * 10, Segment(300, 2.7)),
    "track": (Segment(420, 2.7), Segment(240, 6.4), Segment(480, 2.7)),
    "interrupted": (*(Segment(240, 2.7), Segment(45, kind="pause")) * 4, Segment(240, 2.7)),
    "demo": DEMO_PLAN,
}
