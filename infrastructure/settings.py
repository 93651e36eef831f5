"""The environment, read once, checked, frozen."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
import psycopg.conninfo

from application.door import DoorTerms, OpenIdTerms, TokenTerms


class SettingsError(Exception):
    """The environment says something that yice cannot run with; the message names the variable."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`database_url` and `keys_url` empty: an embedded PostgreSQL under `home`.

    `zone` is the desk's: which day and year something falls on. `prepare`: no for a pooler that
    hands connections round between transactions. `scan_hours`: how often the sealer reads the whole
    register again; 0 for never.
    """

    home: Path
    database_url: str
    keys_url: str
    zone: ZoneInfo
    pool_size: int
    scan_hours: int = 24
    prepare: bool = True
    sealer_url: str = ""
    tokens: TokenTerms = field(default_factory=TokenTerms)
    door: DoorTerms = field(default_factory=DoorTerms)
    openid: OpenIdTerms | None = None

    @property
    def sealer_home(self) -> Path:
        """Where the sealer of this home has its log."""
        return self.home / "sealer"

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Raises SettingsError."""
        _refuse_database_functions(environ)
        return cls(
            home=Path(environ.get("YICE_HOME") or _default_home()).expanduser().absolute(),
            database_url=_address(environ, "YICE_DATABASE_URL"),
            keys_url=_address(environ, "YICE_KEYS_URL"),
            sealer_url=_address(environ, "YICE_SEALER_URL"),
            zone=_zone(environ.get("YICE_ZONE", "Asia/Shanghai")),
            pool_size=_positive("YICE_POOL_SIZE", environ.get("YICE_POOL_SIZE", "10")),
            scan_hours=_natural("YICE_SCAN_HOURS", environ.get("YICE_SCAN_HOURS", "24")),
            prepare=_yes("YICE_PREPARE", environ.get("YICE_PREPARE", "yes")),
            tokens=_tokens(environ),
            door=_door(environ),
            openid=_openid(environ),
        )


def _address(environ: Mapping[str, str], name: str) -> str:
    """Of a database, in either of libpq's ways to write it; checked, and never said again."""
    try:
        psycopg.conninfo.conninfo_to_dict(environ.get(name, ""))
    except psycopg.ProgrammingError:
        said = "cannot be read as the address of a database (not shown: it may hold a password)"
        raise SettingsError(f"{name} {said}") from None
    return environ.get(name, "")


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


def _tokens(environ: Mapping[str, str]) -> TokenTerms:
    usual = _positive("YICE_TOKEN_DAYS", environ.get("YICE_TOKEN_DAYS", "90"))
    longest = _positive("YICE_TOKEN_DAYS_MAX", environ.get("YICE_TOKEN_DAYS_MAX", "366"))
    if not usual <= longest <= _CENTURY_DAYS:
        raise SettingsError(f"YICE_TOKEN_DAYS_MAX must be {usual} to {_CENTURY_DAYS}")
    return TokenTerms(usual=timedelta(days=usual), longest=timedelta(days=longest))


def _door(environ: Mapping[str, str]) -> DoorTerms:
    rate = environ.get("YICE_REQUESTS_A_MINUTE", "3000")
    proxies = environ.get("YICE_PROXIES", "0")
    return DoorTerms(
        requests_a_minute=_natural("YICE_REQUESTS_A_MINUTE", rate),
        origins=frozenset(_origin(one) for one in environ.get("YICE_ORIGINS", "").split()),
        proxies=_natural("YICE_PROXIES", proxies),
        behind_tls=_yes("YICE_TLS", environ.get("YICE_TLS", "no")),
    )


def _openid(environ: Mapping[str, str]) -> OpenIdTerms | None:
    issuer = environ.get("YICE_OPENID_ISSUER", "")
    if not issuer:
        return None
    audience = environ.get("YICE_OPENID_AUDIENCE", "")
    if not audience:
        raise SettingsError("YICE_OPENID_AUDIENCE: say which tokens of the issuer are meant for us")
    parts = urlsplit(issuer)
    if parts.scheme != "https" and parts.hostname not in _THIS_MACHINE:
        raise SettingsError("YICE_OPENID_ISSUER must be an https address")
    leeway = environ.get("YICE_OPENID_LEEWAY_SECONDS", "60")
    return OpenIdTerms(
        issuer=issuer,
        audience=audience,
        claim=environ.get("YICE_OPENID_CLAIM", "yice_staff"),
        leeway=timedelta(seconds=_natural("YICE_OPENID_LEEWAY_SECONDS", leeway)),
    )


_CENTURY_DAYS = 36_500
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def _origin(value: str) -> str:
    """As browsers say it. No pattern, and not everybody: each is named."""
    if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", value):
        raise SettingsError(f"YICE_ORIGINS: an origin is like https://console.example, not {value}")
    return value


def _natural(name: str, value: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", value):
        raise SettingsError(f"{name} must be a whole number from 0 on, not {value}")
    return int(value)
