"""The cases of fixtures/tracks that end in one sentence: routes, broken XML and hostile XML."""

from tests.track_cases import Case
from tests.track_writer import XML, gpx, lap, points, spots, tcx, tcx_document, trk


def refused_cases() -> list[Case]:
    """Files that end in one sentence: routes, broken XML and hostile XML."""
    good = gpx(trk(points(spots(30))))
    nested = '<!ENTITY a0 "yyyyyyyyyy">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    deep = "<d>" * 100 + "</d>" * 100
    rows: list[tuple[str, str, str, str]] = [
        ("route.gpx", "a planned route", gpx('<rte><rtept lat="0" lon="-30"/></rte>'), "no_activity"),
        ("untimed.gpx", "a track without times", gpx(trk(points(spots(30), time=None))), "no_activity"),
        ("metadata-only.gpx", "no track at all", gpx("<metadata/>"), "no_activity"),
        ("cut.gpx", "cut in the middle", good[: len(good) // 2], "malformed"),
        (
            "bad-latitude.gpx",
            "a latitude that is no number",
            good.replace('lat="0.000000"', 'lat="north"', 1),
            "malformed",
        ),
        ("bomb.gpx", "entities that unfold to gigabytes", _with_entities(good, nested, "&a9;"), "malformed"),
        ("external-entity.gpx", "an entity that quotes a file", _with_entities(good, _EXTERNAL, "&x;"), "malformed"),
        ("deep.gpx", "elements nested a hundred deep", gpx(deep), "malformed"),
        ("root.gpx", "another document that mentions <gpx", "<note>how to read <gpx></gpx></note>", "malformed"),
        (
            "course.tcx",
            "a course",
            tcx_document("").replace("Activities>", "Courses>").replace("<Courses></Courses>", _COURSE),
            "no_activity",
        ),
        ("cut.tcx", "cut in the middle", tcx(lap(spots(60)))[:900], "malformed"),
        (
            "bomb.tcx",
            "entities that unfold to gigabytes",
            _with_entities(tcx(lap(spots(30))), nested, "&a9;"),
            "malformed",
        ),
        ("no-times.tcx", "points without a time", tcx("<Lap><Track><Trackpoint/></Track></Lap>"), "no_activity"),
    ]
    return [Case(name, about, text.encode(), code) for name, about, text, code in rows]


_EXTERNAL = '<!ENTITY x SYSTEM "file:///etc/hostname">'
_COURSE = "<Courses><Course><Name>Invented</Name><Track><Trackpoint/></Track></Course></Courses>"


def _with_entities(text: str, entities: str, use: str) -> str:
    root = "gpx" if "<gpx" in text else "TrainingCenterDatabase"
    return text.replace(XML, f"{XML}<!DOCTYPE {root} [{entities}]>").replace("Invented", use, 1)
