"""How a client stands, fact by fact; and what figures, audiences and broadcasts may ask of it."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from application.client_figures import ClientFigures, figures_of
from application.views.client_history import ClientHistoryView, changes, entry
from application.views.client_standing import ClientStandingView, StandingRow
from domain.client import Client
from tests.application.client_file_story import FILE_STORY, LATER, TODAY, record
from tests.support.facts import C1, C2, KEY_COMMITMENT, NOON, act, because, registered_client, said
from tests.support.views import folded, recorded


def told(chapters: int) -> Client:
    client = registered_client()
    for _, command, _ in FILE_STORY[:chapters]:
        command(client)
    return client


def standing(client: Client) -> StandingRow:
    [row] = folded(ClientStandingView(), recorded(client)).values()
    return row


def shown(row: StandingRow) -> dict[str, Any]:
    return {f.name: getattr(row, f.name) for f in fields(row) if f.name != "position"}


def figures(client: Client, after: timedelta = timedelta(days=2)) -> ClientFigures:
    rows = [row for row in folded(ClientHistoryView(), recorded(client)).values() if row.kind]
    entries = [entry(row) for row in rows if row.topic == "client.recorded"]
    now = NOON + after
    [found] = figures_of([standing(client)], entries, now, now.date())
    return found


@pytest.mark.parametrize("number", range(len(FILE_STORY)))
def test_a_fact_changes_in_how_they_stand_what_it_speaks_of(number: int) -> None:
    before, after = shown(standing(told(number))), shown(standing(told(number + 1)))

    changed = {name: value for name, value in after.items() if value != before[name]}

    assert changed == FILE_STORY[number][2]


def test_a_file_that_follows_another_is_counted_no_more_until_it_is_parted() -> None:
    client = registered_client()
    client.merge_into(registered_client(C2), act=because("同一人"))
    merged = standing(client).is_counted
    client.unmerge(act=because("不是"))

    assert (merged, standing(client).is_counted) == (False, True)


def test_what_was_entered_late_is_not_the_last() -> None:
    client = told(4)
    record(client, "机顶盒")
    earlier = act(at=NOON - timedelta(days=9))
    client.add_contact_point("phone", "021-1", act=earlier)

    row = standing(client)

    assert row.counts == {"liking": 2}
    assert (row.last_at["liking"], row.profile_at) == (LATER.isoformat(), LATER)
    assert row.forms == {"liking": {"product": "机顶盒"}}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("count.liking", 1),
        ("ever.liking", 1),
        ("ever.other", 0),
        ("sum.liking.amount", Decimal()),
        ("hours_since.liking", Decimal(24)),
        ("hours_since.registered", Decimal(48)),
        ("hours_since.liking.registered", Decimal(24)),
        ("hours_since.other", None),
        ("last.liking.profile", LATER.isoformat()),
        ("last.other", None),
        ("liking.product", "宽带"),
        ("liking.remark", None),
        ("other.product", None),
        ("grade.size", "large"),
        ("client.kind", "person"),
        ("client.region", None),
        ("client.id", str(C1)),
        ("today", (TODAY + timedelta(days=2)).isoformat()),
    ],
)
def test_a_path_asks_how_they_stand(path: str, value: Any) -> None:
    assert figures(told(len(FILE_STORY))).look(path) == value


def test_changes_are_told_with_what_was_there_before() -> None:
    client = Client.register(
        C1, name="王某", kind="person", key_commitment=KEY_COMMITMENT, act=act()
    )
    client.change_details({"place": "河东"}, act=act())
    client.change_details({"place": "河西"}, act=act())
    client.add_contact_point("phone", "021-1", act=act())
    client.remove_contact_point("phone-4", act=act())
    client.set_trait("region", "north", act=act())

    found = changes(list(folded(ClientHistoryView(), recorded(client)).values()))

    assert [(one.field, one.before, one.after, one.is_new) for one in found] == [
        ("name", None, said(C1, "王某"), True),
        ("kind", None, "person", True),
        ("place", None, said(C1, "河东"), True),
        ("place", said(C1, "河东"), said(C1, "河西"), False),
        ("phone-4", None, said(C1, "021-1"), True),
        ("phone-4", said(C1, "021-1"), None, False),
        ("region", None, "north", True),
    ]
