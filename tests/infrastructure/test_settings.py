from __future__ import annotations

import os
from pathlib import Path

import pytest

from infrastructure.settings import Settings, SettingsError


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
