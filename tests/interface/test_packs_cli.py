"""`yice packs`, on files and on the shelf of a desk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from domain.errors import DomainError
from domain.pack import VersionExists
from domain.pack_content import PackInvalid
from infrastructure.shipped import shipped_packs
from infrastructure.wiring import Parts
from interface.cli import main
from interface.packs_cli import packs
from tests.interface.given import in_force
from tests.support.facts import INSTALLATION_PACK
from tests.support.http import DRAFTER, Office
from tests.support.processes import yice

DAY = "2020-01-01T00:00:00+08:00"
INSTALLATION: Mapping[str, Any] = {
    **INSTALLATION_PACK,
    "effective_from": DAY,
    "rules": ["FR-01"],
    "principles": ["convenient"],
}

Run = Callable[..., Result]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """A pack as a file; its path."""

    def written(content: Any, name: str = "installation.yaml") -> str:
        text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
        (tmp_path / name).write_text(text, "utf-8")
        return str(tmp_path / name)

    return written


@pytest.fixture
def run(office: Office) -> Run:
    """One command, on the desk of the office."""

    @contextmanager
    def opened() -> Iterator[Parts]:
        yield office.parts

    def ran(*words: str) -> Result:
        return CliRunner().invoke(packs, words, obj=opened)

    return ran


def shown(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refusal(result: Result) -> DomainError:
    assert isinstance(result.exception, DomainError), result.output
    return result.exception


def check(*words: str) -> Result:
    """Without any desk: none is needed."""
    return CliRunner().invoke(packs, ["check", *words])


def without(content: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: said for name, said in content.items() if name not in names}


def test_the_packs_of_this_release_are_sound() -> None:
    checked = check()

    assert checked.exit_code == 0, checked.output
    assert "fault" not in checked.output


def test_a_sound_file_has_nothing_said_about_it(write: Callable[..., str]) -> None:
    checked = check(write(INSTALLATION))

    assert (checked.exit_code, checked.output) == (0, "")


@pytest.mark.parametrize(
    ("otherwise", "fault"),
    [
        ({"rules": ["FR-99"]}, "rules.0: the catalogue has no rule FR-99"),
        ({"title": 5}, "Expected `str`, got `int` - at `$.title`"),
        ({"pack": "Installation"}, "pack: a name is small letters, digits, - and _"),
        (
            {"effective_from": "2026-11-23"},
            "effective_from: effective_from must be a time with its offset",
        ),
    ],
)
def test_a_fault_is_told_with_its_file_and_ends_with_1(
    write: Callable[..., str], otherwise: Mapping[str, Any], fault: str
) -> None:
    checked = check(write({**INSTALLATION, **otherwise}))

    assert checked.exit_code == 1
    assert checked.output == f"installation.yaml: fault: {fault}\n"


@pytest.mark.parametrize("text", ["a: [", "- a", "\x80"])
def test_a_file_that_is_no_pack_is_a_fault_beside_the_others(
    write: Callable[..., str], text: str
) -> None:
    checked = check(write(text, "odd.yaml"), write(without(INSTALLATION, "principles")))

    assert checked.exit_code == 1
    assert "odd.yaml: fault: odd.yaml: " in checked.output
    assert "installation.yaml: warning: principles: none is named" in checked.output


def test_a_warning_alone_does_not_fail(write: Callable[..., str]) -> None:
    checked = check(write(without(INSTALLATION, "principles")))

    assert checked.exit_code == 0
    assert checked.output == "installation.yaml: warning: principles: none is named (GV-07)\n"


def test_files_that_say_the_same_for_the_same_tickets_are_told(write: Callable[..., str]) -> None:
    house = {
        "pack": "house",
        "version": 1,
        "title": "总则",
        "principles": ["open"],
        "activities": {"visit": {"title": "回访"}},
    }
    files = [write(house | {"pack": name}, f"{name}.yaml") for name in ("house", "store")]

    checked = check(*files)
    as_json = check("--json", *files)

    assert checked.exit_code == as_json.exit_code == 1
    assert checked.output == "conflict: house and store: both have activities.visit\n"
    assert json.loads(as_json.output) == {
        "files": [{"file": file, "faults": [], "warnings": []} for file in files],
        "conflicts": ["house and store: both have activities.visit"],
    }


def test_every_version_is_listed_with_how_far_it_has_come(run: Run, office: Office) -> None:
    content = {**INSTALLATION_PACK, "rules": ["FR-01"]}
    for version, day in ((1, "2020-01-01"), (2, "2021-01-01"), (3, "2999-01-01")):
        in_force(office, {**content, "version": version}, f"{day}T00:00:00+08:00")
    office.person(DRAFTER).post(
        "/v1/packs/installation/versions", {"content": {**content, "version": 4}}
    )

    rows = shown(run("list", "--json"))

    listed = [row for row in rows if row["name"] == "installation"]
    assert [row["version"] for row in listed] == [1, 2, 3, 4]
    assert [row["state"] for row in listed] == ["replaced", "in force", "published", "drafted"]
    assert listed[3] == {
        "name": "installation",
        "version": 4,
        "state": "drafted",
        "effective_from": None,
        "title": "安装",
        "rules": 1,
    }
    assert {row["name"] for row in rows} >= {"consultation", "installation"}
    assert "consultation" in run("list").output


def test_a_version_is_shown_as_it_was_drafted(run: Run, office: Office) -> None:
    in_force(office, INSTALLATION_PACK)
    in_force(office, {**INSTALLATION_PACK, "version": 2, "title": "装机"}, "2999-01-01T00:00:00Z")

    assert yaml.safe_load(run("show", "installation@1").stdout) == INSTALLATION_PACK
    assert shown(run("show", "installation@1", "--json")) == INSTALLATION_PACK
    assert shown(run("show", "installation@2", "--json"))["title"] == "装机"


@pytest.mark.parametrize(
    ("pack", "code"),
    [("funeral", "not_found"), ("consultation@99", "invalid"), ("consultation@x", "invalid")],
)
def test_a_version_that_there_is_not_is_refused(run: Run, pack: str, code: str) -> None:
    assert refusal(run("show", pack)).code == code


def test_two_versions_or_files_are_compared(
    run: Run, office: Office, write: Callable[..., str]
) -> None:
    in_force(office, INSTALLATION_PACK)
    newer = {**INSTALLATION_PACK, "version": 2, "rules": ["FR-01"]}
    in_force(office, newer)
    said = 'version: 1 -> 2\nrules: - -> ["FR-01"]\n'

    assert run("diff", "installation@1", "installation@2").output == said
    assert run("diff", "installation@1", write(newer)).output == said
    assert run("diff", write(newer), "installation@2").output == ""
    assert shown(run("diff", "installation@1", "installation@2", "--json"))[0] == {
        "path": "version",
        "before": 1,
        "after": 2,
    }


def test_two_files_are_compared_without_a_desk(write: Callable[..., str]) -> None:
    files = write(INSTALLATION, "a.yaml"), write({**INSTALLATION, "title": "装机"}, "b.yaml")

    compared = CliRunner().invoke(packs, ["diff", *files])

    assert compared.output == "title: 安装 -> 装机\n"


def test_a_file_is_published_and_in_force(run: Run, write: Callable[..., str]) -> None:
    file = write(INSTALLATION)

    published = run("publish", file)
    again = run("publish", file)

    assert published.exit_code == 0, published.output
    assert published.stdout == f"installation@1 is in force from {DAY}\n"
    assert again.stdout == published.stdout
    assert shown(run("show", "installation", "--json")) == without(INSTALLATION, "effective_from")


def test_the_day_said_at_the_command_line_is_that_which_counts(
    run: Run, write: Callable[..., str]
) -> None:
    day = "2999-01-01T00:00:00+08:00"

    run("publish", write(without(INSTALLATION, "principles")), "--effective-from", day)

    [row] = [row for row in shown(run("list", "--json")) if row["name"] == "installation"]
    assert (row["state"], row["effective_from"]) == ("published", day)


def test_what_should_be_thought_about_is_told_when_it_is_published(
    run: Run, write: Callable[..., str]
) -> None:
    file = write(without(INSTALLATION, "principles"))

    assert run("publish", file).stderr == "warning: principles: none is named (GV-07)\n"
    assert shown(run("publish", file, "--json"))["warnings"] == [
        "principles: none is named (GV-07)"
    ]


@pytest.mark.parametrize(
    ("otherwise", "kind"),
    [
        ({"rules": ["FR-99"]}, PackInvalid),
        ({"title": 5}, PackInvalid),
        ({"effective_from": "soon"}, DomainError),
    ],
)
def test_a_file_with_faults_is_not_published(
    run: Run, write: Callable[..., str], otherwise: Mapping[str, Any], kind: type[DomainError]
) -> None:
    assert isinstance(refusal(run("publish", write({**INSTALLATION, **otherwise}))), kind)
    assert refusal(run("show", "installation")).code == "not_found"


def test_what_clashes_with_a_pack_in_force_is_not_published(
    run: Run, write: Callable[..., str]
) -> None:
    house = {
        "pack": "house",
        "version": 1,
        "title": "总则",
        "effective_from": DAY,
        "activities": {"visit": {"title": "回访"}},
    }
    run("publish", write(house))

    refused = refusal(run("publish", write(house | {"pack": "store"})))

    assert refused.facts["faults"] == ["store and house: both have activities.visit"]


def test_a_version_that_is_there_is_not_published_with_another_content(
    run: Run, write: Callable[..., str]
) -> None:
    run("publish", write(INSTALLATION))

    refused = refusal(run("publish", write({**INSTALLATION, "title": "装机"})))

    assert isinstance(refused, VersionExists)


def test_the_command_ends_as_all_commands_do(
    tmp_path: Path, write: Callable[..., str], register_url: str, keys_url: str
) -> None:
    desk = {"YICE_DATABASE_URL": register_url, "YICE_KEYS_URL": keys_url}
    faulty = write({**INSTALLATION, "rules": ["FR-99"]})

    assert yice(tmp_path, "packs", "check", faulty).returncode == 1
    refused = yice(tmp_path, "packs", "publish", faulty, **desk)
    listed = yice(tmp_path, "packs", "list", "--json", **desk)

    assert refused.returncode == 1
    assert "pack_invalid: rules.0: the catalogue has no rule FR-99" in refused.stderr
    assert {row["name"] for row in json.loads(listed.stdout)} == {
        content["pack"] for content in shipped_packs()
    }
    assert packs in main.commands.values()
