"""投诉有门: everybody can see where, and by which telephone, a unit takes complaints."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.http import Answer, Office, Person

BOARD = "/public/complaint-contacts"


def notice_of(officer: Person) -> str:
    """A notice of the officer's own unit, not published yet."""
    matter = {"procedure": "complaint-contacts", "channel": "internal", "matter": "公布投诉电话"}
    return officer.post("/v1/tickets", matter).headers["Location"]


def published(office: Office, officer: Person, notice: str, **form: str) -> Answer:
    """Published, a minute ago."""
    answer = officer.post(f"{notice}/steps/publish", {"form": form})
    office.now += timedelta(minutes=1)
    return answer


@pytest.mark.rule("CH-35")
def test_everybody_sees_the_address_and_the_telephone_of_a_unit(office: Office):
    officer = office.hire("property_officer", unit="garden-estate")

    published(office, officer, notice_of(officer), address="服务中心1楼", phone="020-8765")
    board = office.stranger().get(BOARD)

    [(unit, posted)] = board.body["units"].items()
    assert (unit, posted["address"], posted["phone"]) == (
        "garden-estate",
        "服务中心1楼",
        "020-8765",
    )


@pytest.mark.rule("CH-35")
def test_complaints_are_received_by_the_property_officer(office: Office):
    officer = office.hire("property_officer", unit="garden-estate")

    published(office, officer, notice_of(officer), address="服务中心1楼", phone="020-8765")
    board = office.stranger().get(BOARD)

    assert board.body["units"]["garden-estate"]["received_by"] == "property_officer"


@pytest.mark.rule("CH-35")
def test_a_unit_without_an_entry_fails_the_check_until_it_has_one(office: Office):
    officer = office.hire("property_officer", unit="garden-estate")
    gap = "unit garden-estate has nothing on board complaint-contacts"

    before = officer.get("/v1/policy/warnings").body["items"]
    published(office, officer, notice_of(officer), address="服务中心1楼", phone="020-8765")
    after = officer.get("/v1/policy/warnings").body["items"]

    assert gap in before
    assert gap not in after


@pytest.mark.rule("CH-35")
@pytest.mark.parametrize("missing", ["address", "phone"])
def test_an_entry_has_both_an_address_and_a_telephone(office: Office, missing: str):
    officer = office.hire("property_officer", unit="garden-estate")
    entry = {"address": "服务中心1楼", "phone": "020-8765"}
    del entry[missing]

    answer = published(office, officer, notice_of(officer), **entry)

    assert answer.refusal == (422, "form_incomplete", f"form.{missing}")


@pytest.mark.rule("CH-35")
def test_what_is_published_anew_is_what_is_shown(office: Office):
    officer = office.hire("property_officer", unit="garden-estate")
    notice = notice_of(officer)

    published(office, officer, notice, address="服务中心1楼", phone="020-8765")
    published(office, officer, notice, address="服务中心2楼", phone="020-8766")
    board = office.stranger().get(BOARD)

    assert board.body["units"]["garden-estate"]["phone"] == "020-8766"
