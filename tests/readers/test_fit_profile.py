"""The table of fields against another decoder's profile, generated from the published one."""

import pytest
from fitdecode.profile import FIELD_TYPES, MESSAGE_TYPES
from fitdecode.types import BASE_TYPES

from kneedrive.model import Samples, frozen
from kneedrive.readers import fit_profile as profile
from kneedrive.readers import fit_types
from kneedrive.value import as_dict

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
    assert field.channel in {"", *as_dict(Samples(time_s=frozen([])))}


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


@pytest.mark.parametrize("number", [1743, 1752, 2327, 2593, 3300, 4130, 4446, 4606])
def test_a_strap_or_pod_has_the_published_number(number: int) -> None:
    published = FIELD_TYPES["garmin_product"].enum[number].replace("_", "")

    assert profile.GARMIN_PRODUCTS[number].lower().replace(" ", "").replace("-", "") == published


@pytest.mark.parametrize("number", sorted(BASE_TYPES))
def test_a_base_type_is_as_wide_and_read_as_published(number: int) -> None:
    ours, theirs = fit_types.BASE_TYPES[number], BASE_TYPES[number]

    assert (ours.letter, ours.size) == (theirs.fmt, theirs.size)
    if ours.invalid is not None and number != fit_types.BYTE:
        assert theirs.parse(ours.invalid) is None
        assert theirs.parse(1) == 1


def test_every_base_type_of_the_protocol_is_known() -> None:
    assert fit_types.BASE_TYPES.keys() == BASE_TYPES.keys()


@pytest.mark.parametrize(
    ("number", "size", "letter", "count"),
    [(0x84, 2, "H", 1), (0x84, 6, "H", 3), (0x84, 3, "B", 3), (0x86, 1, "B", 1), (0x55, 4, "B", 4)],
    ids=["one", "array", "size not divided", "size too small", "unknown type"],
)
def test_what_does_not_fit_its_type_is_read_as_bytes(number: int, size: int, letter: str, count: int) -> None:
    kind, values = fit_types.base_type(number, size)

    assert (kind.letter, values) == (letter, count)
