from __future__ import annotations

import re
from collections.abc import Iterator

from application import desk  # noqa: F401  so that every aggregate's refusals are known
from domain.errors import DomainError, Invalid
from tests.support.facts import LI_NA


def refusals(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for narrower in kind.__subclasses__():
        yield narrower
        yield from refusals(narrower)


def test_every_refusal_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in refusals() if "code" in vars(kind)]

    assert len(codes) == len(set(codes)) > 20
    assert [code for code in codes if not re.fullmatch(r"[a-z]+(_[a-z]+)*", code)] == []


def test_the_codes_that_clients_know_are_still_there() -> None:
    known = """
        already_blacklisted already_escalated already_exists client_merged command_id_reused
        forbidden form_incomplete invalid no_contact_point no_credential no_offer no_superior
        no_version_in_force not_asked not_authenticated not_blacklisted not_deputy not_found
        not_merged not_owner not_suspended offer_pending pack_invalid pack_not_approved
        same_person_approves shirking_refused slip_missing staff_left stale_version
        step_not_possible ticket_closed ticket_suspended version_exists
    """

    assert {kind.code for kind in refusals()} >= set(known.split())


def test_a_refusal_says_what_where_by_which_rule_and_what_else_is_known() -> None:
    refusal = Invalid("no such ground", field="ground", rule="FR-06", owner_id=str(LI_NA))

    assert str(refusal) == refusal.detail == "no such ground"
    assert (refusal.field, refusal.rule) == ("ground", "FR-06")
    assert refusal.facts == {"owner_id": str(LI_NA)}
