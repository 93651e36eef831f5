"""Boards (公开上墙): what each unit has published last, for everybody."""

from __future__ import annotations

from typing import Any

from tests.interface.given import in_force
from tests.support.http import Office, Person

BOARD: dict[str, Any] = {
    "pack": "prices",
    "version": 1,
    "title": "价目",
    "procedure": {
        "register": "prices",
        "initial": "draft",
        "final": ["posted"],
        "client": "none",
        "public": "prices",
        "steps": {
            "publish": {
                "title": "公示",
                "to": "posted",
                "form": {
                    "text": {"title": "内容", "required": True},
                    "contact": {"title": "联系人", "sealed": True},
                },
            }
        },
    },
}


def publish(person: Person, text: str) -> None:
    words = {"channel": "internal", "matter": "价目", "procedure": "prices"}
    ticket = person.post("/v1/tickets", words).headers["Location"]
    form = {"text": text, "contact": "王某 138"}
    assert person.post(f"{ticket}/steps/publish", {"form": form}).status == 200


def test_everybody_reads_what_each_unit_has_published_last(office: Office):
    in_force(office, BOARD)
    east, west = office.hire("cs_officer", unit="east"), office.hire("cs_officer", unit="west")
    for person, text in ((east, "一元"), (west, "两元"), (east, "三元")):
        publish(person, text)

    units = office.stranger().get("/public/prices").body["units"]

    assert {unit: (said["text"], said["version"]) for unit, said in units.items()} == {
        "east": ("三元", 2),
        "west": ("两元", 1),
    }
    assert all("contact" not in said for said in units.values())


def test_a_unit_that_has_published_nothing_is_told_of(office: Office):
    in_force(office, BOARD)
    east = office.hire("cs_officer", unit="east")
    missing = "unit east has nothing on board prices"

    before = east.get("/v1/policy/warnings").body["items"]
    publish(east, "一元")
    after = east.get("/v1/policy/warnings").body["items"]

    assert (missing in before, missing in after) == (True, False)


def test_there_is_no_board_that_no_pack_has(office: Office):
    answer = office.stranger().get("/public/nothing")

    assert answer.refusal == (404, "not_found", "board")
