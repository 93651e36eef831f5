"""Commands on dossiers, through the rules and the store."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from application.desk import Actor, Command
from application.dossiers import AttachEvidence, Dossiers
from application.evidence import EvidenceStore
from application.people import NameDeputy, TakePost
from application.register import Unavailable
from application.tickets import OpenTicket
from domain.aggregate import Act, staff_ref
from domain.ticket import Ticket
from infrastructure.wiring import Parts
from tests.support import http
from tests.support.facts import C1, LI_NA, M1, M2, NOON, T1

tokens = http.tokens
office = http.office


@pytest.fixture
def parts(office: http.Office) -> Parts:
    """The shipped packs in force, the cast at work, C1 on file."""
    return office.parts


def told(staff_id: UUID = LI_NA, **otherwise: Any) -> dict[str, Any]:
    by = Actor(staff_ref(staff_id), frozenset({"cs_officer"}), staff_id)
    return {"by": by, "command_id": "c-1", "received_at": NOON} | otherwise


class Watched(EvidenceStore):
    """Notes how far the register is when something is put; can be out of reach."""

    def __init__(self, parts: Parts, *, lost: bool = False) -> None:
        self._parts, self._lost = parts, lost
        self.heads: list[int] = []

    def put(self, subject: UUID, digest: str, content: bytes) -> None:
        if self._lost:
            raise Unavailable("gone")
        self.heads.append(self._parts.register.head())

    def get(self, subject: UUID, digest: str) -> bytes | None:
        return None


@pytest.fixture
def ticket(parts: Parts) -> UUID:
    words = {"client_id": C1, "channel": "phone", "matter": "安装", "procedure": "consultation"}
    command = OpenTicket(**told(command_id="open"), ticket_id=T1, **words)
    return parts.tickets.open(command).stream_id


def paper(ticket: UUID) -> AttachEvidence:
    words = {"kind": "receipt", "name": "a.txt", "media_type": "text/plain", "content": b"a"}
    return AttachEvidence(**told(), ticket_id=ticket, **words)


def test_the_content_is_kept_before_the_event_is(parts: Parts, ticket: UUID) -> None:
    store, before = Watched(parts), parts.register.head()

    receipt = Dossiers(parts.desk, parts.packs, store).attach(paper(ticket))

    assert (store.heads, receipt.position) == ([before], before + 1)


def test_what_could_not_be_kept_is_not_spoken_of(parts: Parts, ticket: UUID) -> None:
    lost = Dossiers(parts.desk, parts.packs, Watched(parts, lost=True))

    with pytest.raises(Unavailable):
        lost.attach(paper(ticket))

    assert [type(fact.event) for fact in parts.register.stream(ticket)] == [Ticket.Opened]


class NoteIt(Command):
    PERMISSION = "ticket.handle"


def act_of(parts: Parts, **more: Any) -> Act:
    return parts.desk.authorised(NoteIt(**told(M2, **more)))


def test_an_act_knows_all_roles_of_who_acts(parts: Parts) -> None:
    both = Actor(staff_ref(M2), frozenset({"cs_officer", "qc"}), M2)

    assert act_of(parts, by=both).roles == {"cs_officer", "qc"}


def test_and_those_of_whom_they_act_for(parts: Parts) -> None:
    setup = {"by": Actor.system("setup"), "received_at": NOON}
    post = TakePost(**setup, command_id="p", staff_id=M1, post="总监", roles=("director",))
    parts.people.take_post(post)
    period = {"start": NOON, "end": NOON + timedelta(hours=1)}
    deputy = NameDeputy(**setup, command_id="d", staff_id=M1, deputy_id=M2, **period)
    parts.people.name_deputy(deputy)

    assert act_of(parts, acting_for=M1).roles == {"cs_officer", "director"}
    assert act_of(parts).roles == {"cs_officer"}
