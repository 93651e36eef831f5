"""What follows from an entry is opened once, whoever does it, and after whatever crash."""

from __future__ import annotations

from typing import Any

import pytest

from application.client_files import RecordOnFile
from application.desk import Actor
from domain.client import Client
from domain.ticket import Ticket
from tests.interface.given import in_force
from tests.support.facts import C1, LI_NA, WANG_FANG
from tests.support.files import FIRST, entered
from tests.support.http import Office, Person
from tests.support.http import li_na as li_na
from tests.support.http import office as office
from tests.support.http import tokens as tokens

OPENS = {"talk": {"procedure": "consultation", "title": "了解情况", "channel": "phone"}}


def rules(**otherwise: Any) -> dict[str, Any]:
    kind = {"title": "来信", "form": {"to": {"title": "收信人"}}, "opens": OPENS} | otherwise
    return {"pack": "letters", "version": 1, "title": "来信", "records": {"letter": kind}}


def killed_behind_the_entry(office: Office) -> None:
    """All that was carried out before the process was gone."""
    parts, by = office.parts, Actor(f"staff:{LI_NA}", frozenset({"cs_officer"}), LI_NA)
    command = RecordOnFile(
        by=by, command_id="letter-1", received_at=office.now, client_id=C1, entry="letter"
    )
    said, today = parts.file_book.kind("letter", office.now), office.now.date()
    parts.desk.change(
        Client,
        C1,
        command,
        lambda client, act: client.record("letter", {}, said, today=today, act=act),
    )


def openings(office: Office) -> list[Ticket.Opened]:
    return [e for e in office.events_after(0) if isinstance(e, Ticket.Opened)]


def test_what_was_not_opened_is_opened_by_the_worker(office: Office) -> None:
    in_force(office, rules())
    killed_behind_the_entry(office)
    assert openings(office) == []

    office.catch_up()
    for _ in range(2):
        office.parts.client_matters.tick(office.now)

    [opened] = openings(office)
    assert (opened.client_id, opened.first_contact_id, opened.by) == (C1, LI_NA, "system:files")


def test_what_was_opened_at_once_is_not_opened_again(office: Office, li_na: Person) -> None:
    in_force(office, rules())
    recorded = entered(li_na, FIRST, "letter")

    office.catch_up()
    seen = office.parts.client_matters.tick(office.now)

    assert seen == 1
    assert [e.originator_id for e in openings(office)] == [recorded.events[1].originator_id]


def test_what_cannot_be_opened_yet_is_said_once_and_opened_later(
    office: Office, li_na: Person, caplog: pytest.LogCaptureFixture
) -> None:
    opens = {"talk": OPENS["talk"] | {"procedure": "later"}}
    in_force(office, rules(opens=opens))
    entered(li_na, FIRST, "letter")
    office.catch_up()
    for _ in range(3):
        office.parts.client_matters.tick(office.now)
    assert (len(caplog.messages), openings(office)) == (1, [])

    later = {
        "pack": "later",
        "version": 1,
        "title": "后来",
        "procedure": {
            "register": "later",
            "initial": "open",
            "final": ["done"],
            "steps": {"finish": {"title": "结束", "to": "done"}},
        },
    }
    in_force(office, later)
    office.parts.client_matters.tick(office.now)

    assert [opened.procedure for opened in openings(office)] == ["later"]


def test_it_goes_to_whom_the_entry_names_while_they_serve(office: Office, li_na: Person) -> None:
    in_force(office, rules(opens={"talk": OPENS["talk"] | {"owner": "form.to"}}))

    for to in (str(WANG_FANG), str(C1), "谁都行"):
        entered(li_na, FIRST, "letter", to=to)

    assert [e.first_contact_id for e in openings(office)] == [WANG_FANG, LI_NA, LI_NA]


def test_it_goes_to_who_has_the_role_if_anybody_has(office: Office, li_na: Person) -> None:
    opens = {"talk": OPENS["talk"] | {"owner_role": "escort"}}
    in_force(office, rules(opens=opens))

    entered(li_na, FIRST, "letter")
    escort = office.hire("escort")
    office.catch_up()
    entered(li_na, FIRST, "letter")

    assert [e.first_contact_id for e in openings(office)] == [LI_NA, escort.id]
