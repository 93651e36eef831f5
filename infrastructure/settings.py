"""The environment, read once, checked, frozen."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs


class SettingsError(Exception):
    """The environment says something that yice cannot run with; the message names the variable."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`database_url` and `keys_url` empty: an embedded PostgreSQL under `home`.

    `zone` is the desk's: which day and year something falls on. `prepare`: no for a pooler that
    hands connections round between transactions.
    """

    home: Path
    database_url: str
    keys_url: str
    zone: ZoneInfo
    pool_size: int
    prepare: bool = True

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Raises SettingsError."""
        _refuse_database_functions(environ)
        return cls(
            home=Path(environ.get("YICE_HOME") or _default_home()).expanduser().absolute(),
            database_url=environ.get("YICE_DATABASE_URL", ""),
            keys_url=environ.get("YICE_KEYS_URL", ""),
            zone=_zone(environ.get("YICE_ZONE", "Asia/Shanghai")),
            pool_size=_positive("YICE_POOL_SIZE", environ.get("YICE_POOL_SIZE", "10")),
            prepare=_yes("YICE_PREPARE", environ.get("YICE_PREPARE", "yes")),
        )


def _default_home() -> str:
    """The user's data directory; for root one that the database's own user can reach."""
    return "/var/lib/yice" if os.geteuid() == 0 else platformdirs.user_data_dir("yice")


def _refuse_database_functions(environ: Mapping[str, str]) -> None:
    """The library's own function mode loses events for tailing readers; nobody may hope for it."""
    for name, value in environ.items():
        if name.endswith("POSTGRES_ENABLE_DB_FUNCTIONS") and value.lower() in _TRUE:
            raise SettingsError(f"{name} is refused: that mode loses events; take it out")


_TRUE = frozenset({"1", "true", "yes", "y", "on", "t"})


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: `Asia` is a directory
        raise SettingsError(f"YICE_ZONE: no time zone {name}") from None


def _positive(name: str, value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise SettingsError(f"{name} must be a whole number from 1 on, not {value}")
    return int(value)


def _yes(name: str, value: str) -> bool:
    if value not in ("yes", "no"):
        raise SettingsError(f"{name} must be yes or no, not {value}")
    return value == "yes"
