"""What is signed, ticked and attached on a ticket."""

from __future__ import annotations

from typing import Any

import pytest

from domain.checklist import OutOfOrder, SamePersonTicks
from domain.dossier import NoChecklist, NoSignoff
from domain.errors import Forbidden, Invalid
from domain.evidence import MEDIA_TYPES, SIZE_LIMIT, EvidenceTooLarge
from domain.handover import TicketClosed
from domain.pack_content import PackContent, PackInvalid
from domain.pack_rules import GuardRefused
from domain.signoff import NotYourTurn, SamePersonSigns, Signature, SignoffNotAsked
from domain.ticket import Ticket, Visibility
from tests.support.dossiers import ALL_SIGN, REVIEW, REVIEW_PACK, act, reviewed, signed
from tests.support.facts import (
    C1,
    LI_NA,
    M1,
    M2,
    NOON,
    WANG_FANG,
    ZHAO_LEI,
    new_fact,
    new_facts,
    said,
)

DIGEST = "d1" * 32
PAPER = {
    "digest": DIGEST,
    "kind": "receipt",
    "media_type": "application/pdf",
    "size_bytes": 48_213,
    "name": "收据.pdf",
}


def answer(ticket: Ticket) -> None:
    ticket.answer("周一至周五", True, REVIEW, act=act(LI_NA))


def close(ticket: Ticket) -> None:
    ticket.close(REVIEW, act=act(LI_NA))


def attach(ticket: Ticket, **otherwise: Any) -> None:
    ticket.attach_evidence(**(PAPER | otherwise), act=act(LI_NA))


def tick(ticket: Ticket, *items: str, by: Any = LI_NA, name: str = "five_clears") -> None:
    for item in items:
        ticket.tick(name, item, act=act(by))


def test_a_signature_says_whose_it_is_in_which_role_at_which_stage() -> None:
    ticket = reviewed(signed("production"))

    ticket.sign("solution", "qc", "signed", act=act(WANG_FANG, "qc", "staff"))

    fact = new_fact(ticket)
    assert isinstance(fact, Ticket.Signed)
    assert (fact.signoff, fact.role, fact.stage) == ("solution", "qc", 2)
    assert (fact.person_id, fact.deputy_id) == (WANG_FANG, None)


def test_a_deputy_signs_for_whom_they_stand_for_and_is_named() -> None:
    ticket = reviewed()

    ticket.sign("solution", "production", "signed", act=act(M2, "production", acting_for=M1))

    fact = new_fact(ticket)
    assert (fact.person_id, fact.deputy_id) == (M1, M2)
    assert ticket.signatures == {"solution": (Signature("production", M1, M2),)}


def test_a_signature_given_again_is_no_news() -> None:
    ticket = reviewed(ALL_SIGN)

    signed("production", "director")(ticket)

    assert new_facts(ticket) == []


@pytest.mark.parametrize("verdict", ["signed", "refused"])
@pytest.mark.parametrize(
    ("who", "role", "refusal"),
    [
        (act(M1, "director", reason="不"), "director", NotYourTurn),
        (act(LI_NA, "qc", reason="不"), "qc", SamePersonSigns),
        (act(M1, "director", reason="不"), "warehouse", Invalid),
        (act(WANG_FANG, "staff", reason="不"), "qc", Forbidden),
        (act("system:clock", "qc", reason="不"), "qc", Forbidden),
    ],
)
def test_who_may_not_sign_now_changes_nothing(
    verdict: Any, who: Any, role: str, refusal: type[Exception]
) -> None:
    ticket = reviewed(signed("production"))

    with pytest.raises(refusal):
        ticket.sign("solution", role, verdict, act=who)

    assert new_facts(ticket) == []


def test_a_refusal_clears_the_round_and_the_next_begins_from_the_start() -> None:
    ticket = reviewed(signed("production", "qc"))

    ticket.sign("solution", "technology", "refused", act=act(ZHAO_LEI, "technology", reason="不行"))

    fact = new_fact(ticket)
    assert isinstance(fact, Ticket.SignatureRefused)
    assert (fact.role, fact.stage, fact.reason) == ("technology", 2, said(C1, "不行"))
    assert ticket.signing("solution").next_roles == {"production"}
    signed("production")(ticket)
    assert new_facts(ticket) == [Ticket.SignatureRefused, Ticket.Signed]


def test_a_refusal_needs_a_reason() -> None:
    ticket = reviewed()

    with pytest.raises(Invalid) as refusal:
        ticket.sign("solution", "production", "refused", act=act(LI_NA, "production"))

    assert (refusal.value.field, new_facts(ticket)) == ("reason", [])


def test_what_a_guard_wants_signed_is_signed_first() -> None:
    ticket = reviewed(answer, signed("production", "qc", "technology"))

    with pytest.raises(GuardRefused):
        close(ticket)

    signed("director")(ticket)
    close(ticket)
    assert ticket.is_closed


def test_where_it_is_not_asked_for_it_counts_as_signed_and_nobody_signs() -> None:
    ticket = reviewed(channel="phone")

    assert ticket.look("signed.visit", NOON) is True
    with pytest.raises(SignoffNotAsked):
        ticket.sign("visit", "cs_supervisor", "signed", act=act(M1, "cs_supervisor"))


def test_where_it_is_asked_for_it_opens_after_what_comes_before() -> None:
    ticket = reviewed(channel="letter")
    assert ticket.look("signed.visit", NOON) is False

    with pytest.raises(NotYourTurn):
        ticket.sign("visit", "cs_supervisor", "signed", act=act(M1, "cs_supervisor"))

    ticket.note("可以走访", Visibility.INTERNAL, act=act(LI_NA))
    for role in ("cs_supervisor", "director"):
        ticket.sign("visit", role, "signed", act=act(M1, "cs_supervisor", "director"))
    assert ticket.look("signed.visit", NOON) is True


def test_an_item_is_ticked_once() -> None:
    ticket = reviewed()

    tick(ticket, "listen", "listen")

    fact = new_fact(ticket)
    assert isinstance(fact, Ticket.Ticked)
    assert (fact.checklist, fact.item) == ("five_clears", "listen")


@pytest.mark.parametrize(
    ("name", "who", "may"),
    [
        ("five_clears", act(LI_NA), True),
        ("five_clears", act(M2, acting_for=LI_NA), True),
        ("five_clears", act(WANG_FANG, "staff"), False),
        ("five_clears", act(LI_NA, acting_for=M1), False),
        ("handover", act(LI_NA), True),
        ("handover", act(WANG_FANG, "warehouse"), True),
        ("handover", act(WANG_FANG, "qc"), False),
        ("doors", act(WANG_FANG), True),
    ],
)
def test_a_list_is_ticked_by_whom_it_is_for(name: str, who: Any, may: bool) -> None:
    ticket = reviewed()
    first = next(iter(ticket.rules.checklists[name].items))

    if may:
        ticket.tick(name, first, act=who)
    else:
        with pytest.raises(Forbidden):
            ticket.tick(name, first, act=who)

    assert new_facts(ticket) == [Ticket.Ticked] * may


def test_the_items_of_an_ordered_list_are_ticked_by_one_person_each() -> None:
    ticket = reviewed()

    with pytest.raises(OutOfOrder):
        tick(ticket, "counted", name="handover")
    tick(ticket, "packed", name="handover")
    with pytest.raises(SamePersonTicks):
        tick(ticket, "counted", name="handover")

    ticket.tick("handover", "counted", act=act(ZHAO_LEI, "warehouse"))
    assert new_facts(ticket) == [Ticket.Ticked, Ticket.Ticked]


def test_predicates_see_what_is_signed_ticked_and_attached() -> None:
    ticket = reviewed(
        signed("production"),
        lambda t: tick(t, "write", "ask"),
        lambda t: tick(t, "back", "front", name="doors"),
        lambda t: attach(t),
        lambda t: attach(t, digest="e2" * 32),
        lambda t: attach(t, kind="photo"),
    )

    seen = {
        path: ticket.look(path, NOON)
        for path in (
            *("signed.solution", "signed.role", "signed.nothing"),
            *("ticked.five_clears", "complete.five_clears"),
            *("ticked.doors", "complete.doors", "ticked.handover", "complete.handover"),
            *("evidence.receipt", "evidence.photo", "evidence.film", "this.evidence_digests"),
            *("count.signed", "count.ticked", "count.evidence-attached"),
        )
    }

    assert seen == {
        "signed.solution": False,
        "signed.role": "production",
        "signed.nothing": None,
        "ticked.five_clears": ["ask", "write"],
        "complete.five_clears": False,
        "ticked.doors": ["back", "front"],
        "complete.doors": True,
        "ticked.handover": [],
        "complete.handover": False,
        "evidence.receipt": 2,
        "evidence.photo": 1,
        "evidence.film": 0,
        "this.evidence_digests": [DIGEST, "e2" * 32],
        "count.signed": 1,
        "count.ticked": 4,
        "count.evidence-attached": 3,
    }


def test_on_a_closed_ticket_nothing_is_signed_or_ticked_but_evidence_is_still_taken() -> None:
    ticket = reviewed(answer, ALL_SIGN, close)

    with pytest.raises(TicketClosed):
        ticket.sign("solution", "finance", "refused", act=act(M2, "finance", reason="不"))
    with pytest.raises(TicketClosed):
        tick(ticket, "listen")
    attach(ticket)

    assert new_facts(ticket) == [Ticket.EvidenceAttached]


def test_what_is_not_defined_is_neither_signed_nor_ticked() -> None:
    ticket = reviewed()

    with pytest.raises(NoSignoff, match="there are: solution, visit"):
        ticket.sign("marriage", "qc", "signed", act=act(WANG_FANG, "qc"))
    with pytest.raises(NoChecklist, match="there are: five_clears, handover, doors"):
        tick(ticket, "listen", name="ten_clears")


def test_evidence_is_named_under_seal_and_found_by_its_digest() -> None:
    ticket = reviewed()

    attach(ticket)

    fact = new_fact(ticket)
    assert (fact.digest, fact.kind, fact.media_type) == (DIGEST, "receipt", "application/pdf")
    assert (fact.size_bytes, fact.name) == (48_213, said(C1, "收据.pdf"))


def test_the_same_evidence_of_the_same_kind_is_attached_once() -> None:
    ticket = reviewed(attach)

    attach(ticket, name="另一个名字.pdf")

    assert new_facts(ticket) == []


@pytest.mark.parametrize(
    ("otherwise", "field"),
    [
        ({"kind": "a receipt"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"media_type": "application/zip"}, "media_type"),
        ({"media_type": "text/html"}, "media_type"),
        ({"media_type": "image/svg+xml"}, "media_type"),
        ({"size_bytes": 0}, "content"),
        ({"name": "../收据.pdf"}, "name"),
        ({"name": "a\nb.pdf"}, "name"),
        ({"name": "\u202egpj.exe"}, "name"),
        ({"name": " "}, "name"),
        ({"name": "长" * 201}, "name"),
    ],
)
def test_what_is_no_evidence_is_not_taken(otherwise: dict[str, Any], field: str) -> None:
    ticket = reviewed()

    with pytest.raises(Invalid) as refusal:
        attach(ticket, **otherwise)

    assert (refusal.value.field, new_facts(ticket)) == (field, [])


def test_evidence_has_a_largest_size() -> None:
    ticket = reviewed()

    with pytest.raises(EvidenceTooLarge) as refusal:
        attach(ticket, size_bytes=SIZE_LIMIT + 1)

    assert (refusal.value.field, refusal.value.rule) == ("content", "CT-10")
    attach(ticket, size_bytes=SIZE_LIMIT)
    assert new_facts(ticket) == [Ticket.EvidenceAttached]


@pytest.mark.parametrize("media_type", sorted(MEDIA_TYPES))
def test_every_media_type_of_the_list_is_taken(media_type: str) -> None:
    ticket = reviewed()

    attach(ticket, media_type=media_type)

    assert new_facts(ticket) == [Ticket.EvidenceAttached]


@pytest.mark.parametrize(
    ("part", "value", "fault"),
    [
        ("signoffs", {"x": {"title": "会签", "chain": ["wizard"]}}, "signoffs.x.chain: no role"),
        (
            "signoffs",
            {"x": {"title": "会签", "chain": ["qc"], "after": ["clarfy"]}},
            "signoffs.x.after: nothing is called clarfy",
        ),
        (
            "checklists",
            {"x": {"title": "五清", "items": {"a": "一"}, "by": ["wizard"]}},
            "checklists.x.by: wizard is no standing and no role",
        ),
    ],
)
def test_a_pack_whose_papers_are_not_sound_is_not_read(part: str, value: Any, fault: str) -> None:
    with pytest.raises(PackInvalid, match=fault):
        PackContent.read({**REVIEW_PACK, part: value})


def test_a_sign_off_may_come_after_a_step_of_its_pack() -> None:
    after = {"x": {"title": "会签", "chain": ["qc"], "after": ["clarify", "answered"]}}

    assert PackContent.read({**REVIEW_PACK, "signoffs": after, "guards": []}).signoffs["x"].after
