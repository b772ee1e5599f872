"""Developer fields: what an app on the watch added to the records, described in the file itself.

A field means what the description before its definition said; a later description of the same number starts a new
layout (fit_walk). Apps are told by their id, or by the names of their fields where old versions wrote no id.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import NamedTuple

from kneedrive.model import Note
from kneedrive.readers.fit_columns import Wanted
from kneedrive.readers.fit_layouts import Layout
from kneedrive.readers.fit_messages import Message, messages
from kneedrive.readers.fit_profile import DEVELOPER_DATA_ID, FIELD_DESCRIPTION, RECORD
from kneedrive.readers.fit_types import BYTE
from kneedrive.readers.fit_walk import Part
from kneedrive.value import Value

_NO_OFFSET = 0x7F
_NO_SCALE = (0, 0xFF)


class Described(Value):
    """One developer field of an app: its maker where known ("" otherwise), its name, and how to read it."""

    maker: str
    name: str
    units: str
    base: int
    scale: float | None
    offset: float | None


class AppField(NamedTuple):
    """What a known app's field means: `divisor` turns its unit into the SI unit of `channel`."""

    channel: str
    divisor: float = 1.0


_MAKERS_BY_APP = {
    "18fb2cf01a4b430dad66988c847421f4": "stryd",
    "660a581e5301460c8f2f034c8b6dc90f": "stryd",
    "c1f5c80a5a054e8a97b3fda34e957035": "runscribe",
    "502092b3b0dd45ad89b3472ab2060ab6": "runscribe",
}
_MAKERS_BY_NAME = {
    "Ground Time": "stryd",
    "Leg Spring Stiffness": "stryd",
    "FlightRatio": "runscribe",
    "RS_ContactTime_L": "runscribe",
}

# By maker and field name. Sides are averaged; where both are there, the left one's share is the balance.
APP_FIELDS = {
    ("stryd", "Power"): AppField("power_w"),
    ("stryd", "Cadence"): AppField("cadence_spm", 0.5),
    ("stryd", "Cadence SPM"): AppField("cadence_spm"),
    ("stryd", "Ground Time"): AppField("stance_time_s", 1000),
    ("stryd", "Vertical Oscillation"): AppField("vertical_oscillation_m", 100),
    ("runscribe", "Power"): AppField("power_w"),
    ("runscribe", "RS_Power_AVG"): AppField("power_w"),
    ("runscribe", "ContactTime"): AppField("stance_time_s", 1000),
    ("runscribe", "RS_ContactTime_L"): AppField("stance_time_s left", 1000),
    ("runscribe", "RS_ContactTime_R"): AppField("stance_time_s right", 1000),
}


class Descriptions:
    """The field descriptions of one file, to be asked by developer index, field number and place."""

    def __init__(self, part: Part) -> None:
        self._found: dict[tuple[int | None, int | None], tuple[list[int], list[Described]]] = {}
        described = messages(part, FIELD_DESCRIPTION)
        makers = _makers(messages(part, DEVELOPER_DATA_ID), described)
        for message in described:
            key = (message.whole("developer_data_index"), message.whole("field_definition_number"))
            starts, fields = self._found.setdefault(key, ([], []))
            starts.append(message.start)
            fields.append(_described(message, makers.get(key[0], "")))

    def of(self, app: int | None, number: int, before: int) -> Described | None:
        """The last description of a field that stands before an offset, None where there is none."""
        starts, fields = self._found.get((app, number), ([], []))
        index = bisect_left(starts, before)
        return fields[index - 1] if index else None


def developer(descriptions: Descriptions) -> Callable[[Layout], list[Wanted]]:
    """The developer fields of a layout that belong to a known app, named "maker:field name"."""

    def wanted(layout: Layout) -> list[Wanted]:
        found = []
        for slot in layout.developer():
            field = descriptions.of(slot.developer, slot.number, layout.offset)
            if field is not None and (field.maker, field.name) in APP_FIELDS:
                name = f"{field.maker}:{field.name}"
                found.append(Wanted(name, slot._replace(base=field.base), field.scale, field.offset))
        return found

    return wanted


def undescribed(part: Part, descriptions: Descriptions) -> tuple[Note, ...]:
    """A note where records hold developer fields that nothing before them describes."""
    missing = {
        (slot.developer, slot.number, layout.offset)
        for layout in part.of(RECORD)
        for slot in layout.developer()
        if descriptions.of(slot.developer, slot.number, layout.offset) is None
    }
    if not missing:
        return ()
    first = min(offset for _, _, offset in missing)
    text = "an app's fields are not described in the file and were left out"
    return (Note(code="undescribed_field", text=text, offset=first),)


def _makers(apps: Sequence[Message], described: Sequence[Message]) -> dict[int | None, str]:
    """The maker of each app of the file, by its developer index; the id goes before the names of the fields."""
    makers = {}
    for message in described:
        if message.text("field_name") in _MAKERS_BY_NAME:
            makers[message.whole("developer_data_index")] = _MAKERS_BY_NAME[message.text("field_name")]
    for message in apps:
        maker = _MAKERS_BY_APP.get(_hex(message))
        if maker:
            makers[message.whole("developer_data_index")] = maker
    return makers


def _hex(app: Message) -> str:
    octets = app.values.get("application_id")
    return bytes(int(octet or 0) & 0xFF for octet in octets).hex() if isinstance(octets, tuple) else ""


def _described(message: Message, maker: str) -> Described:
    base = message.whole("fit_base_type_id")
    scale, offset = message.number("scale"), message.number("offset")
    units = message.text("units")
    # Stryd's first app counted both feet and said so in its unit alone.
    both_feet = " SPM" if units.upper() == "SPM" else ""
    return Described(
        maker=maker,
        name=message.text("field_name") + both_feet,
        units=units,
        base=BYTE if base is None else base,
        # Writers fill in 0, 1 or the invalid value where they mean "as it stands".
        scale=None if scale in (None, 1, *_NO_SCALE) else scale,
        offset=None if offset in (None, 0, _NO_OFFSET) else offset,
    )
