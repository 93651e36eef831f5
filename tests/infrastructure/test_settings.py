from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from application.door import OpenIdTerms
from infrastructure.settings import Settings, SettingsError

DAY = timedelta(days=1)


def test_an_empty_environment_is_enough() -> None:
    settings = Settings.read({})

    assert (settings.database_url, settings.keys_url) == ("", "")
    assert settings.zone.key == "Asia/Shanghai"
    assert (settings.pool_size, settings.prepare) == (10, True)
    assert settings.home.is_absolute()


def test_the_environment_is_read() -> None:
    settings = Settings.read(
        {
            "YICE_HOME": "some/where",
            "YICE_DATABASE_URL": "postgresql://desk",
            "YICE_KEYS_URL": "postgresql://keys",
            "YICE_ZONE": "Europe/Rome",
            "YICE_POOL_SIZE": "3",
            "YICE_PREPARE": "no",
        }
    )

    assert settings.home == Path.cwd() / "some" / "where"
    assert (settings.database_url, settings.keys_url) == ("postgresql://desk", "postgresql://keys")
    assert (settings.zone.key, settings.pool_size) == ("Europe/Rome", 3)
    assert settings.prepare is False


def test_home_may_be_said_from_the_users_own() -> None:
    assert Settings.read({"YICE_HOME": "~/desk"}).home == Path.home() / "desk"


@pytest.mark.parametrize("prefix", ["", "YICE_", "desk_"])
@pytest.mark.parametrize("value", ["y", "yes", "t", "true", "TRUE", "on", "1"])
def test_the_mode_that_loses_events_is_refused(prefix: str, value: str) -> None:
    name = f"{prefix}POSTGRES_ENABLE_DB_FUNCTIONS"

    with pytest.raises(SettingsError, match=f"^{name} "):
        Settings.read({name: value})


@pytest.mark.parametrize("value", ["n", "no", "false", "off", "0", ""])
def test_the_mode_that_loses_events_may_be_said_to_be_off(value: str) -> None:
    assert Settings.read({"POSTGRES_ENABLE_DB_FUNCTIONS": value}).pool_size == 10


@pytest.mark.parametrize("zone", ["Asia/Atlantis", "Asia", "../Shanghai", "a" * 300, ""])
def test_a_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(SettingsError, match="YICE_ZONE"):
        Settings.read({"YICE_ZONE": zone})


@pytest.mark.parametrize("size", ["0", "-1", "2.5", "ten", "", "²"])
def test_a_pool_without_a_size_is_refused(size: str) -> None:
    with pytest.raises(SettingsError, match="YICE_POOL_SIZE"):
        Settings.read({"YICE_POOL_SIZE": size})


def test_the_processes_own_environment_is_read_unless_another_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(os.environ, "YICE_POOL_SIZE", "7")

    assert Settings.read().pool_size == 7


def test_whether_to_prepare_is_said_with_yes_or_no() -> None:
    with pytest.raises(SettingsError, match="YICE_PREPARE must be yes or no, not off"):
        Settings.read({"YICE_PREPARE": "off"})


def test_a_house_that_says_nothing_has_a_door_of_some_strength() -> None:
    settings = Settings.read({})

    assert (settings.tokens.usual, settings.tokens.longest) == (90 * DAY, 366 * DAY)
    assert settings.door.requests_a_minute == 3_000
    assert (settings.door.origins, settings.door.proxies) == (frozenset(), 0)
    assert settings.door.behind_tls is False
    assert settings.openid is None


def test_a_house_says_how_its_door_is() -> None:
    settings = Settings.read(
        {
            "YICE_TOKEN_DAYS": "7",
            "YICE_TOKEN_DAYS_MAX": "30",
            "YICE_REQUESTS_A_MINUTE": "0",
            "YICE_ORIGINS": "https://console.example http://localhost:5173",
            "YICE_PROXIES": "2",
            "YICE_TLS": "yes",
            "YICE_OPENID_ISSUER": "https://login.example/realms/house",
            "YICE_OPENID_AUDIENCE": "yice",
            "YICE_OPENID_CLAIM": "employee",
            "YICE_OPENID_LEEWAY_SECONDS": "5",
        }
    )

    assert (settings.tokens.usual, settings.tokens.longest) == (7 * DAY, 30 * DAY)
    assert settings.door.requests_a_minute == 0
    assert settings.door.origins == {"https://console.example", "http://localhost:5173"}
    assert (settings.door.proxies, settings.door.behind_tls) == (2, True)
    assert settings.openid == OpenIdTerms(
        issuer="https://login.example/realms/house",
        audience="yice",
        claim="employee",
        leeway=timedelta(seconds=5),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("YICE_TOKEN_DAYS", value) for value in ("0", "-1", "ever", "")),
        *(("YICE_TOKEN_DAYS_MAX", value) for value in ("0", "89", "36501")),
        *(("YICE_REQUESTS_A_MINUTE", value) for value in ("-1", "many", "", "1e3", "９")),
        *(("YICE_PROXIES", value) for value in ("-1", "two")),
        *(("YICE_TLS", value) for value in ("1", "true", "")),
        *(("YICE_ORIGINS", value) for value in ("*", "console.example", "https://c.example/")),
        *(("YICE_ORIGINS", value) for value in ("null", "https://*.example", "file://c")),
    ],
)
def test_a_door_that_cannot_be_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.read({name: value})


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"YICE_OPENID_ISSUER": "https://login.example"}, "YICE_OPENID_AUDIENCE"),
        ({"YICE_OPENID_AUDIENCE": "yice", "YICE_OPENID_ISSUER": "http://login.example"}, "ISSUER"),
        ({"YICE_OPENID_AUDIENCE": "yice", "YICE_OPENID_ISSUER": "login.example"}, "ISSUER"),
    ],
)
def test_an_issuer_that_anybody_could_be_is_refused(said: dict[str, str], fault: str) -> None:
    with pytest.raises(SettingsError, match=fault):
        Settings.read(said)
