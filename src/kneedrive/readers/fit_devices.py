"""Who recorded: the watch and what talked to it, from file_id and device_info messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kneedrive.method import FitRules
from kneedrive.model import Sensor
from kneedrive.products import GARMIN_PRODUCTS
from kneedrive.readers.fit_messages import Message
from kneedrive.readers.fit_profile import DYNASTREAM, DYNASTREAM_OEM, GARMIN, MAKERS, SOURCES

RULES = FitRules()
_CREATOR = (0, None)  # some makers do not number the watch itself


def device(file_id: Message | None, infos: Sequence[Message]) -> Sensor:
    """The watch: what file_id says, completed by the device_info of the creator."""
    creators = [info for info in infos if info.whole("device_index") in _CREATOR]
    told = [message for message in (file_id, *creators) if message is not None]
    maker_id = _first([message.whole("manufacturer") for message in told])
    product_id = _first([message.whole("product") for message in told])
    name = next((message.text("product_name") for message in told if message.text("product_name")), "")
    return Sensor(
        maker=_maker(maker_id),
        maker_id=maker_id,
        product=name or _product(maker_id, product_id),
        product_id=product_id,
        firmware=next((_firmware(creator) for creator in creators if _firmware(creator)), ""),
    )


def sensors(infos: Sequence[Message]) -> tuple[Sensor, ...]:
    """What talked to the watch, each once, in the order of the file.

    Left out: the watch itself, its own parts (source "local": GPS, barometer, optical pulse), and entries that repeat
    a sensor with less said about it.
    """
    others = [info for info in infos if info.whole("device_index") not in _CREATOR]
    told = [sensor for sensor in map(_sensor, others) if sensor.source != "local" and _says_something(sensor)]
    once = list(dict.fromkeys(told))[: RULES.max_devices]
    facts = [_facts(sensor) for sensor in once]
    repeated = [any(_repeats(mine, other) for other in facts) for mine in facts]
    return tuple(sensor for sensor, again in zip(once, repeated, strict=True) if not again)


def _sensor(info: Message) -> Sensor:
    maker_id, product_id = info.whole("manufacturer"), info.whole("product")
    told = info.whole("source_type")
    source = "" if told is None else SOURCES.get(told, "")
    return Sensor(
        maker=_maker(maker_id),
        maker_id=maker_id,
        product=info.text("product_name") or _product(maker_id, product_id),
        product_id=product_id,
        # The number counts ANT+ profiles only for ANT+ sensors; watches before 2014 do not name the source.
        ant_device_type=info.whole("device_type") if source in ("antplus", "") else None,
        source=source,
        firmware=_firmware(info),
    )


def _says_something(sensor: Sensor) -> bool:
    return sensor.maker_id is not None or sensor.product_id is not None or sensor.ant_device_type is not None


class _Facts(NamedTuple):
    """What a sensor's entry says of it; told: how many facts it tells, firmware included."""

    maker_id: int | None
    product_id: int | None
    ant_device_type: int | None
    source: str
    told: int


def _facts(sensor: Sensor) -> _Facts:
    facts = (sensor.maker_id, sensor.product_id, sensor.ant_device_type, sensor.source)
    return _Facts(*facts, sum(fact not in (None, "") for fact in (*facts, sensor.firmware)))


def _repeats(mine: _Facts, other: _Facts) -> bool:
    """Whether another entry says all that this one says, and more.

    Of two that differ in firmware alone, the one that tells it stays; both stay where both tell one.
    """
    return (
        mine.told < other.told
        and mine.maker_id in (None, other.maker_id)
        and mine.product_id in (None, other.product_id)
        and mine.ant_device_type in (None, other.ant_device_type)
        and mine.source in ("", other.source)
    )


def _maker(maker_id: int | None) -> str:
    return "" if maker_id is None else MAKERS.get(maker_id, f"maker {maker_id}")


def _product(maker_id: int | None, product_id: int | None) -> str:
    if product_id is None:
        return ""
    garmin = maker_id in (GARMIN, DYNASTREAM, DYNASTREAM_OEM)
    return GARMIN_PRODUCTS.get(product_id, f"product {product_id}") if garmin else ""


def _firmware(info: Message) -> str:
    version = info.number("software_version")
    return "" if version is None else str(version)


def _first(values: Sequence[int | None]) -> int | None:
    return next((value for value in values if value is not None), None)
