"""What is put on a client's file, fact by fact, and what that changes in how they stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from domain.client import Client
from domain.file_rules import Said
from domain.pack_content import PackContent
from tests.support.facts import C1, LI_NA, M1, NOON, act, because, said

TODAY = NOON.date()
LATER = NOON + timedelta(days=1)

CONTENT = PackContent.read(
    {
        "pack": "files",
        "version": 1,
        "title": "档案",
        "records": {
            "liking": {
                "title": "喜好",
                "form": {"product": {"title": "产品"}, "remark": {"title": "说明", "sealed": True}},
            }
        },
        "gradings": {
            "size": {
                "title": "规模",
                "measure": "form.orders",
                "form": {"orders": {"title": "订单", "type": "integer"}},
                "levels": ["city"],
                "classes": {"large": {"title": "大", "at_least": 0, "approve": "city"}},
            }
        },
    }
)


def ruled(rule: Any) -> Said[Any]:
    return Said("files", 1, rule, {}, {})


SIZE = ruled(CONTENT.gradings["size"])


LIKING = ruled(CONTENT.records["liking"])


def record(client: Client, product: str = "宽带") -> None:
    form = {"product": product, "remark": "要快"}
    client.record("liking", form, LIKING, today=TODAY, act=act(at=LATER))


def propose(client: Client) -> None:
    client.grade_by(
        "size", {"orders": 3}, SIZE, named=None, since=None, today=TODAY, act=act(LI_NA)
    )


Changes = Mapping[str, Any]
FILE_STORY: list[tuple[type[Any], Callable[[Client], None], Changes]] = [
    (
        Client.ContactPersonAdded,
        lambda c: c.add_person({"name": "吴经理"}, act=act(at=LATER)),
        {"persons": {"person-2": {"name": said(C1, "吴经理")}}, "profile_at": LATER},
    ),
    (
        Client.ContactPersonChanged,
        lambda c: c.change_person(*c.persons, {"post": "经理"}, act=act()),
        {"persons": {"person-2": {"name": said(C1, "吴经理"), "post": said(C1, "经理")}}},
    ),
    (
        Client.ContactPersonRemoved,
        lambda c: c.remove_person(*c.persons, act=act()),
        {"persons": {}},
    ),
    (
        Client.Recorded,
        record,
        {
            "counts": {"liking": 1},
            "last_at": {"liking": LATER.isoformat()},
            "forms": {"liking": {"product": "宽带"}},
        },
    ),
    (Client.GradeProposed, propose, {}),
    (Client.GradeRefused, lambda c: c.refuse_grade("size", act=because(by=M1)), {}),
    (Client.GradeProposed, propose, {}),
    (
        Client.Graded,
        lambda c: c.approve_grade("size", SIZE, {"level": "city"}, act=act(M1)),
        {"grades": {"size": [{"grade": "large", "since": TODAY.isoformat(), "until": None}]}},
    ),
    (
        Client.ViolationFlagged,
        lambda c: c.flag_violation("client_card", "CL-12", act=act()),
        {},
    ),
]
"""On a client who was just registered."""
