"""The table of fields against another decoder's profile, generated from the published one."""

import re

import pytest
from fitdecode.profile import FIELD_TYPES, MESSAGE_TYPES
from fitdecode.types import BASE_TYPES
from msgspec.structs import asdict

from kneedrive.products import GARMIN_PRODUCTS
from kneedrive.readers.fit import profile, wire
from kneedrive.recording import Samples, frozen

OURS_ALONE = {(profile.RECORD, 146), (profile.SESSION, 222)}  # step speed loss, in no public profile
ROWS = [(message, field) for message, fields in profile.MESSAGE_FIELDS.items() for field in fields]
PUBLISHED = [(message, field) for message, field in ROWS if (message, field.number) not in OURS_ALONE]


def named(value: object) -> str:
    return value.name if isinstance(value, profile.Field) else str(value)


@pytest.mark.parametrize(("message", "field"), PUBLISHED, ids=named)
def test_a_field_is_what_the_published_profile_says(message: int, field: profile.Field) -> None:
    theirs = MESSAGE_TYPES[message].fields[field.number]

    assert (field.name, field.scale, field.offset) == (theirs.name, theirs.scale, theirs.offset)
    assert field.unit in (None, theirs.units)


@pytest.mark.parametrize(("message", "number"), sorted(OURS_ALONE))
def test_a_field_said_to_be_unpublished_is(message: int, number: int) -> None:
    assert number not in MESSAGE_TYPES[message].fields


@pytest.mark.parametrize(("message", "field"), ROWS, ids=named)
def test_a_channel_is_one_of_the_model(message: int, field: profile.Field) -> None:
    assert field.channel in {"", *asdict(Samples(time_s=frozen([])))}


@pytest.mark.parametrize(
    ("words", "kind"),
    [(profile.SPORTS, "sport"), (profile.SUB_SPORTS, "sub_sport"), (profile.FILE_TYPES, "file")],
    ids=["sports", "sub_sports", "file_types"],
)
def test_words_are_those_of_the_published_profile(words: dict[int, str], kind: str) -> None:
    assert words == {number: FIELD_TYPES[kind].enum[number] for number in words}


@pytest.mark.parametrize("number", sorted(profile.MAKERS))
def test_a_maker_has_the_published_number(number: int) -> None:
    published = FIELD_TYPES["manufacturer"].enum[number].replace("_", "")

    assert profile.MAKERS[number].lower().replace(" ", "") == published


PRODUCTS = FIELD_TYPES["garmin_product"].enum
NEWER = {4565: "Forerunner 970", 4607: "HRM 600"}  # on sale, not yet in the profile of this decoder
WORN = re.compile(
    "fr[0-9]|fenix|epix|enduro|marq|tactix|instinct|descent(?!_t)|d2|venu|vivo_?(active|sport)|legacy"
    "|hrm_|hrm4|running_dynamics|sdm4"
)
REGION = "asia|apac|china|chn|japan|jpn|taiwan|twn|korea|kor|sea|russia|thai|hebrew|nfc"
SPELLED = (  # the profile's words, and ours
    (f"(_({REGION}))+$|_single_byte_product_id$|_daimler(_asia)?$", ""),
    ("^sdm4", "foot_pod"),
    ("^fr", "forerunner"),
    ("_4t$", ""),
    ("vivo_", "vivo"),
    ("([0-9])m(_[wl])?$", r"\1_music"),
    ("235l$", "235"),
    ("vivoactive3t", "vivoactive3"),
    ("_gen2|q2", lambda found: "2" if found[0] == "_gen2" else "q_2"),
    ("4_(large|oled)", "4"),
    ("([0-9])_small", r"\1s"),
    ("_large|_v2$", ""),
    ("fenix8s", "fenix8"),
    ("fenix3_chronos", "fenix_chronos"),
    ("d2airvenu", "d2_air"),
    ("epix2_pro_(..)", r"epix2_pro_\1mm"),
    ("(instinct.*)_[45].mm", r"\1"),
    ("[_ -]", ""),
)


def spelled(published: str) -> str:
    """A product of the profile as our table spells it, without blanks and capitals."""
    name = published.lower()
    for theirs, ours in SPELLED:
        name = re.sub(theirs, ours, name)
    return name


@pytest.mark.parametrize("number", sorted({*GARMIN_PRODUCTS} - {*NEWER}))
def test_a_product_of_garmin_has_the_published_number(number: int) -> None:
    assert re.sub("[ -]", "", GARMIN_PRODUCTS[number].lower()) == spelled(PRODUCTS[number])


def test_every_published_watch_and_sensor_that_runs_are_recorded_with_has_its_name() -> None:
    worn = {number for number, name in PRODUCTS.items() if WORN.match(name.lower())}

    assert worn | NEWER.keys() == GARMIN_PRODUCTS.keys()
    assert not NEWER.keys() & PRODUCTS.keys()
    assert {number: GARMIN_PRODUCTS[number] for number in NEWER} == NEWER


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (3145, "Forerunner 245"),
        (3638, "Enduro"),
        (3990, "Forerunner 255 Music"),
        (4105, "MARQ 2"),
        (4257, "Forerunner 265"),
    ],
)
def test_watches_that_runs_came_from_have_the_names_they_are_sold_by(number: int, name: str) -> None:
    assert GARMIN_PRODUCTS[number] == name


@pytest.mark.parametrize("number", sorted(BASE_TYPES))
def test_a_base_type_is_as_wide_and_read_as_published(number: int) -> None:
    ours, theirs = wire.BASE_TYPES[number], BASE_TYPES[number]

    assert (ours.letter, ours.size) == (theirs.fmt, theirs.size)
    if ours.invalid is not None and number != wire.BYTE:
        assert theirs.parse(ours.invalid) is None
        assert theirs.parse(1) == 1


def test_every_base_type_of_the_protocol_is_known() -> None:
    assert wire.BASE_TYPES.keys() == BASE_TYPES.keys()


@pytest.mark.parametrize(
    ("number", "size", "letter", "count"),
    [(0x84, 2, "H", 1), (0x84, 6, "H", 3), (0x84, 3, "B", 3), (0x86, 1, "B", 1), (0x55, 4, "B", 4)],
    ids=["one", "array", "size not divided", "size too small", "unknown type"],
)
def test_what_does_not_fit_its_type_is_read_as_bytes(number: int, size: int, letter: str, count: int) -> None:
    kind, values = wire.base_type(number, size)

    assert (kind.letter, values) == (letter, count)
