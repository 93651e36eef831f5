"""What a release brings along: its packs and its calendars."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from domain.calendar import Calendar, Calendars
from domain.holidays import chinese_holidays
from infrastructure.yaml_text import read_yaml


def shipped_packs() -> list[dict[str, Any]]:
    """The packs of this release, as their files say."""
    shipped = sorted((files("domain") / "packs").iterdir(), key=lambda file: file.name)
    return [read_yaml(file.read_bytes()) for file in shipped]


@cache
def shipped_calendars() -> Calendars:
    """The calendars of this release, holidays and make-up days filled in.

    They go on provisionally for two years more: a desk does not stand still on New Year's Day.
    """
    folder = files("domain") / "calendars"
    contents = [read_yaml(file.read_bytes()) for file in folder.iterdir()]
    return Calendars(Calendar.read(c).resolved(chinese_holidays()).foreseeing(2) for c in contents)
