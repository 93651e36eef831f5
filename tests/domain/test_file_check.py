"""What the check of a pack finds in what it says of clients' files."""

from __future__ import annotations

from typing import Any

import pytest

from domain.pack_check import conflicts, faults, warnings
from domain.pack_content import PackContent, PackInvalid
from tests.support.facts import shipped_pack


def content(**sections: Any) -> PackContent:
    said = {"pack": "files", "version": 1, "title": "档案", "principles": ["honest"]}
    return PackContent.read(said | sections)


def record(**otherwise: Any) -> dict[str, Any]:
    return {"liking": {"title": "喜好", "form": {"product": {"title": "产品"}}} | otherwise}


@pytest.mark.parametrize(
    "path",
    ["form.price", "count.hate", "grade.size", "policy.x", "hours_since.liking.hate", "liking.x"],
)
def test_a_path_that_leads_nowhere_is_warned_about(path: str) -> None:
    found = warnings(content(records=record(when={"value": path, "filled": True})))

    assert found == [f"records.liking.when: {path} leads nowhere"]


@pytest.mark.parametrize(
    "path",
    ["form.product", "count.liking", "client.kind", "actor.id", "unit.level", "liking.product"],
)
def test_a_path_that_leads_somewhere_is_not(path: str) -> None:
    assert warnings(content(records=record(when={"value": path, "filled": True}))) == []


def test_what_an_entry_opens_has_to_fit_the_procedure() -> None:
    opens = {"one": {"procedure": "callback", "title": "回访", "channel": "mail", "form": {"x": 1}}}
    beside = [PackContent.read(shipped_pack("callback"))]

    found = faults(content(records=record(opens=opens)), beside=beside)

    assert found == [
        "records.liking.opens.one.channel: mail is no channel of callback",
        "records.liking.opens.one.form.x: the opening form has no such field",
    ]


def test_two_packs_with_one_kind_are_in_conflict() -> None:
    one, other = content(records=record()), content(pack="more", records=record())

    assert conflicts([one, other]) == ["files and more: both have records.liking"]


@pytest.mark.parametrize(
    ("sections", "place"),
    [
        ({"records": {"count": {"title": "数"}}}, "records.count"),
        ({"records": {"two words": {"title": "数"}}}, "records.two words"),
        ({"broadcasts": {"all": {"title": "群发", "records": "liking"}}}, "broadcasts.all.records"),
        ({"records": record(form={"x": {"title": "x", "type": "choice"}})}, "records.liking.form"),
    ],
)
def test_what_makes_no_sense_is_no_pack(sections: dict[str, Any], place: str) -> None:
    with pytest.raises(PackInvalid, match=place):
        content(**sections)


def test_a_pack_that_speaks_of_files_only_is_pinned_on_no_ticket() -> None:
    activity = {"greet": {"title": "问候"}}

    assert not content(records=record()).holds_for_ticket("consultation", "main")
    assert content(records=record(), activities=activity).holds_for_ticket("consultation", "main")
    assert content(lists={"x": ["y"]}).holds_for_ticket("consultation", "main")
