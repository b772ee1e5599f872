"""Who recorded: the watch and what talked to it, from file_id and device_info messages."""

from __future__ import annotations

from collections.abc import Sequence

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
    return tuple(sensor for sensor in once if not any(_repeats(sensor, other) for other in once))


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


def _repeats(sensor: Sensor, other: Sensor) -> bool:
    if sensor == other:
        return False
    pairs = (
        (sensor.maker_id, other.maker_id),
        (sensor.product_id, other.product_id),
        (sensor.ant_device_type, other.ant_device_type),
    )
    same = all(mine in (None, theirs) for mine, theirs in pairs) and sensor.source in ("", other.source)
    # Of two that differ in firmware alone, the one that tells it stays, else the first.
    return same and _told(sensor) < _told(other)


def _told(sensor: Sensor) -> int:
    """How many facts a sensor's entry tells."""
    facts = (sensor.maker_id, sensor.product_id, sensor.ant_device_type, sensor.source, sensor.firmware)
    return sum(fact not in (None, "") for fact in facts)


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
