"""Forms of packs, their differences, and what is doubtful about them, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.interface.given import in_force
from tests.support.facts import INSTALLATION_PACK, LI_NA
from tests.support.http import APPROVER, DRAFTER, Office, Person

INSTALLATION = "/v1/packs/installation"
PROCEDURE: dict[str, Any] = INSTALLATION_PACK["procedure"]
TODAY = "2026-11-23T00:00:00+08:00"


@pytest.fixture(scope="module")
def li_na(shared_office: Office) -> Person:
    """In an office with two versions of a pack with forms."""
    opening = {
        "form": {"kind": {"title": "类别", "type": "choice", "choices_of": "kinds"}},
        "must": [{"must": {"value": "form.kind", "filled": True}, "says": "要有类别"}],
    }
    newer = {
        **INSTALLATION_PACK,
        "version": 2,
        "title": "装机",
        "procedure": {**PROCEDURE, "opening": opening},
        "lists": {"kinds": ["new", "moved"]},
    }
    in_force(shared_office, INSTALLATION_PACK)
    in_force(shared_office, newer)
    return shared_office.person(LI_NA)


def test_the_form_of_a_step_is_a_schema_that_says_what_the_step_asks(li_na: Person):
    form = li_na.get(f"{INSTALLATION}/1/forms/survey").body

    schema = Draft202012Validator(form)
    assert schema.is_valid({"address": "三号楼", "sockets": 2, "line": "cable"})
    assert not schema.is_valid({"sockets": 2})
    assert not schema.is_valid({"address": "三号楼", "line": "copper"})
    assert form["properties"]["address"]["title"] == "地址"


def test_a_step_without_a_form_asks_for_nothing(li_na: Person):
    form = li_na.get(f"{INSTALLATION}/1/forms/connect").body

    assert (form["properties"], form["required"]) == ({}, [])


def test_the_form_for_opening_knows_the_lists_of_its_pack(li_na: Person):
    form = li_na.get(f"{INSTALLATION}/2/forms/opening").body

    assert form["properties"]["kind"]["enum"] == ["new", "moved"]
    assert form["x-rules"] == [{"says": "要有类别", "field": None, "rule": None}]
    assert li_na.get(f"{INSTALLATION}/1/forms/opening").body["properties"] == {}


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        (f"{INSTALLATION}/1/forms/dance", (404, "not_found", "form")),
        (f"{INSTALLATION}/3/forms/survey", (422, "invalid", "version")),
        ("/v1/packs/funeral/1/forms/survey", (404, "not_found", "procedure")),
        (f"{INSTALLATION}/diff?from=one", (422, "invalid", "from")),
        (f"{INSTALLATION}/diff?from=0&to=1", (422, "invalid", "version")),
        (f"{INSTALLATION}/diff?from=1&to=3", (422, "invalid", "version")),
        ("/v1/packs/funeral/diff?from=1&to=2", (404, "not_found", "procedure")),
    ],
)
def test_what_is_not_there_is_not_shown(li_na: Person, path: str, refusal: Any):
    assert li_na.get(path).refusal == refusal


def test_two_versions_are_compared_place_by_place(li_na: Person):
    there = li_na.get(f"{INSTALLATION}/diff?from=1&to=2").body["items"]
    back = li_na.get(f"{INSTALLATION}/diff?from=2&to=1").body["items"]

    assert there[0] == {"path": "version", "before": 1, "after": 2}
    assert {"path": "title", "before": "安装", "after": "装机"} in there
    assert there[-1]["path"] == "lists"
    assert {d["path"]: d["before"] for d in there} == {d["path"]: d["after"] for d in back}
    assert li_na.get(f"{INSTALLATION}/diff?from=1&to=1").body["items"] == []


def test_the_newest_version_is_compared_with_the_one_before_it(li_na: Person):
    said = li_na.get(f"{INSTALLATION}/diff?from=1&to=2").body

    assert li_na.get(f"{INSTALLATION}/diff").body == said
    assert li_na.get(f"{INSTALLATION}/diff?to=2").body == said
    assert li_na.get(f"{INSTALLATION}/diff?from=1").body == said
    assert li_na.get(f"{INSTALLATION}/diff?to=1").body["items"] == []


def test_what_is_doubtful_about_a_version_is_told_with_its_receipts(office: Office):
    content = {**INSTALLATION_PACK, "rules": ["FR-01", "FR-99"], "principles": ["honest"]}
    doubts = ["rules.1: the catalogue has no rule FR-99"]
    approver = office.person(APPROVER)

    drafted = office.person(DRAFTER).post(f"{INSTALLATION}/versions", {"content": content})
    approver.post(f"{INSTALLATION}/approval", {"version": 1})
    published = approver.post(
        f"{INSTALLATION}/publication", {"version": 1, "effective_from": TODAY}
    )

    assert drafted.body["warnings"] == doubts
    assert published.body["warnings"] == doubts


def test_a_policy_published_without_a_principle_is_warned_about(office: Office):
    in_force(office, INSTALLATION_PACK)
    approver = office.person(APPROVER)

    again = approver.post(f"{INSTALLATION}/publication", {"version": 1, "effective_from": TODAY})

    assert again.body["warnings"] == ["principles: none is named (GV-07)"]
