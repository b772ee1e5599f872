"""What use cases take from the configuration."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from kneedrive.model import Activity, Runner

if TYPE_CHECKING:
    from kneedrive.config import Config
    from kneedrive.history import Setting


def runner_of(settings: Config, activity: Activity) -> Runner:
    """The configured runner, with the age on the year of the activity."""
    return runner_in(settings, activity.started_at.year)


def runner_in(settings: Config, year: int) -> Runner:
    """The configured runner, with the age of a year."""
    born = settings["runner.birth_year"]
    return Runner(
        name=settings["runner.name"],
        height_m=settings["runner.height_m"],
        mass_kg=settings["runner.mass_kg"],
        age=year - int(born) if born else None,
    )


def zone_of(settings: Config) -> Callable[[datetime], int]:
    """Seconds that local time is ahead of UTC at a moment: the configured zone's, else this machine's."""
    name = settings["display.zone"]

    def offset_s(moment: datetime) -> int:
        if name:
            from zoneinfo import ZoneInfo

            local = moment.astimezone(ZoneInfo(name))
        else:
            local = moment.astimezone()
        offset = local.utcoffset()
        return int(offset.total_seconds()) if offset else 0

    return offset_s


def local_day(moment: datetime, utc_offset_s: int | None, zone: Callable[[datetime], int]) -> date:
    """The day it was where the runner ran; zone: for a run that does not say."""
    return (moment + timedelta(seconds=zone(moment) if utc_offset_s is None else utc_offset_s)).date()


def setting_of(settings: Config, year: int) -> Setting:
    """What every question about a history needs besides the runs."""
    from kneedrive.history import Setting

    return Setting(runner=runner_in(settings, year), zone=zone_of(settings))
