"""Chains of signatures, whoever signs on what."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError, Forbidden, Invalid
from domain.roles import ROLES
from domain.signoff import (
    AlreadySigned,
    NotYourTurn,
    SamePersonSigns,
    Signature,
    Signing,
    Signoff,
    SignoffNotAsked,
    Together,
    roles_of,
)
from tests.support.facts import LI_NA, M1, M2, WANG_FANG, ZHAO_LEI

PEOPLE = (LI_NA, WANG_FANG, ZHAO_LEI, M1, M2)
CHAIN = ["production", {"all": ["qc", "technology"]}, {"any": ["director", "finance"]}]


def signoff(*chain: Any, **more: Any) -> Signoff:
    content = {"title": "会签", "chain": list(chain or CHAIN), "rule": "CH-16", **more}
    return msgspec.convert(content, Signoff)


def signing(*signatures: tuple[str, UUID], of: Signoff | None = None) -> Signing:
    so_far = Signing(of or signoff())
    for role, person_id in signatures:
        so_far = so_far.signed(Signature(role, person_id), {role})
    return so_far


PRODUCTION, QC, TECHNOLOGY = ("production", LI_NA), ("qc", WANG_FANG), ("technology", ZHAO_LEI)
DIRECTOR, FINANCE = ("director", M1), ("finance", M2)


@pytest.mark.parametrize(
    ("signatures", "stage", "roles"),
    [
        ([], 1, {"production"}),
        ([PRODUCTION], 2, {"qc", "technology"}),
        ([PRODUCTION, TECHNOLOGY], 2, {"qc"}),
        ([PRODUCTION, TECHNOLOGY, QC], 3, {"director", "finance"}),
        ([PRODUCTION, QC, TECHNOLOGY, FINANCE], 4, set()),
    ],
)
def test_after_each_signature_it_is_somebodys_turn(
    signatures: list[tuple[str, UUID]], stage: int, roles: set[str]
) -> None:
    reached = signing(*signatures)

    assert (reached.stage, reached.next_roles) == (stage, roles)
    assert reached.is_complete == (not roles)


def test_a_role_out_of_turn_is_told_who_signs_first() -> None:
    with pytest.raises(NotYourTurn) as refusal:
        signing(PRODUCTION).signed(Signature(*DIRECTOR), {"director"})

    assert refusal.value.facts == {"next": ["qc", "technology"]}
    assert refusal.value.rule == "CH-16"


def test_one_of_several_is_enough_and_the_others_come_too_late() -> None:
    complete = signing(PRODUCTION, QC, TECHNOLOGY, DIRECTOR)

    with pytest.raises(AlreadySigned):
        complete.signed(Signature(*FINANCE), {"finance"})


def test_nobody_signs_in_two_roles() -> None:
    with pytest.raises(SamePersonSigns):
        signing(PRODUCTION).signed(Signature("qc", LI_NA), {"qc", "production"})


@pytest.mark.parametrize(
    "signature",
    [Signature("qc", WANG_FANG, LI_NA), Signature("qc", LI_NA, WANG_FANG)],
    ids=["by the hand that signed", "for whom has signed"],
)
def test_nor_by_way_of_a_deputy(signature: Signature) -> None:
    with pytest.raises(SamePersonSigns):
        signing(PRODUCTION).signed(signature, {"qc"})


def test_a_deputy_signs_for_one_person_only() -> None:
    by_deputy = Signing(signoff()).signed(Signature("production", M1, LI_NA), {"production"})

    with pytest.raises(SamePersonSigns):
        by_deputy.signed(Signature("qc", M2, LI_NA), {"qc"})


def test_where_it_may_be_the_same_person_it_is() -> None:
    loose = signoff("cs_supervisor", "director", distinct=False)

    assert signing(("cs_supervisor", M1), ("director", M1), of=loose).is_complete


def test_a_role_that_comes_twice_is_signed_twice_by_two_persons() -> None:
    twice = signing(("qc", M1), of=signoff("qc", "qc"))

    with pytest.raises(SamePersonSigns):
        twice.signed(Signature("qc", M1), {"qc"})

    assert twice.signed(Signature("qc", M2), {"qc"}).is_complete


@pytest.mark.parametrize("so_far", [[PRODUCTION], [PRODUCTION, QC, TECHNOLOGY, DIRECTOR]])
def test_a_signature_given_again_is_no_news(so_far: list[tuple[str, UUID]]) -> None:
    before = signing(*so_far)

    assert before.signed(Signature(*PRODUCTION), {"production"}) is before


def test_a_role_that_is_not_in_the_chain_does_not_sign() -> None:
    with pytest.raises(Invalid, match=r"production→\{qc,technology\}→director\|finance") as refusal:
        Signing(signoff()).signed(Signature("warehouse", M1), {"warehouse"})

    assert refusal.value.field == "role"


def test_only_who_has_the_role_signs_in_it() -> None:
    with pytest.raises(Forbidden):
        Signing(signoff()).signed(Signature(*PRODUCTION), {"qc", "director"})


def test_who_may_not_sign_may_not_refuse_either() -> None:
    with pytest.raises(NotYourTurn):
        signing().must_take(Signature(*QC), {"qc"})


def test_it_is_asked_only_where_its_condition_holds() -> None:
    visit = signoff(when={"value": "this.channel", "is": "letter"})

    visit.must_be_open({"this.channel": "letter"}.get)
    with pytest.raises(SignoffNotAsked):
        visit.must_be_open({"this.channel": "phone"}.get)


def test_it_opens_once_all_has_happened_that_comes_before() -> None:
    late = signoff(after=["noted", "form_completed"])

    late.must_be_open({"count.noted": 1, "count.form_completed": 2}.get)
    with pytest.raises(NotYourTurn) as refusal:
        late.must_be_open({"count.noted": 1, "count.form_completed": 0}.get)

    assert refusal.value.facts == {"missing": ["form_completed"]}


NO_STAGE = "chain: a stage is a role, or has either all or any"


@pytest.mark.parametrize(
    ("chain", "more", "fault"),
    [
        (["qc", "wizard"], {}, "chain: no role wizard"),
        (
            [{"all": ["qc"], "any": ["hr"]}],
            {},
            NO_STAGE,
        ),
        ([{}], {}, NO_STAGE),
        (["qc"], {"after": ["sneezed"]}, "after: nothing is called sneezed"),
    ],
)
def test_a_chain_that_nobody_can_sign_has_a_fault(chain: Any, more: Any, fault: str) -> None:
    assert signoff(*chain, **more).faults({"noted"}) == [fault]


def test_a_sound_chain_has_none() -> None:
    assert signoff(after=["noted"]).faults({"noted"}) == []


@pytest.mark.parametrize("chain", [[], "qc", [7], [{"most": ["qc"]}]])
def test_what_is_no_chain_is_not_read(chain: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"title": "会签", "chain": chain}, Signoff)


SOME_ROLES = st.frozensets(st.sampled_from(sorted(ROLES)[:6]), min_size=1, max_size=3)
STAGES = st.one_of(
    st.sampled_from(sorted(ROLES)[:6]),
    SOME_ROLES.map(lambda roles: Together(all=roles)),
    SOME_ROLES.map(lambda roles: Together(any=roles)),
)
CHAINS = st.builds(
    Signoff,
    title=st.just("会签"),
    chain=st.lists(STAGES, min_size=1, max_size=4).map(tuple),
    distinct=st.booleans(),
)
ATTEMPTS = st.lists(
    st.builds(
        Signature,
        role=st.sampled_from(sorted(ROLES)[:6]),
        person_id=st.sampled_from(PEOPLE),
        deputy_id=st.none() | st.sampled_from(PEOPLE),
    ),
    max_size=25,
)


@given(CHAINS, ATTEMPTS)
def test_whoever_tries_to_sign_whenever_a_chain_is_signed_stage_by_stage(
    asked: Signoff, attempts: list[Signature]
) -> None:
    so_far = Signing(asked)
    for attempt in attempts:
        before = so_far
        try:
            so_far = so_far.signed(attempt, {attempt.role})
        except DomainError:
            continue
        assert so_far is before or attempt.role in before.next_roles
        if attempt.role not in so_far.next_roles:
            assert so_far.signed(attempt, {attempt.role}) is so_far

    left = list(so_far.signatures)
    for stage in asked.chain[: so_far.stage - 1]:
        wanted = len(stage.all) or 1 if isinstance(stage, Together) else 1
        these, left = left[:wanted], left[wanted:]
        assert {s.role for s in these} <= roles_of(stage)
        assert len({s.role for s in these}) == wanted
    assert {s.role for s in left} <= (frozenset() if so_far.is_complete else _open(so_far))
    hands = [hand for s in so_far.signatures for hand in s.hands]
    assert len(set(hands)) == len(hands) or not asked.distinct


def _open(so_far: Signing) -> frozenset[str]:
    return roles_of(so_far.signoff.chain[so_far.stage - 1]) - so_far.next_roles


@given(CHAINS)
def test_every_chain_can_be_signed_to_its_end(asked: Signoff) -> None:
    so_far = Signing(asked)
    for number in range(sum(len(roles_of(stage)) for stage in asked.chain)):
        if so_far.is_complete:
            break
        role = min(so_far.next_roles)
        so_far = so_far.signed(Signature(role, UUID(int=number)), {role})

    assert so_far.is_complete
    assert so_far.stage == len(asked.chain) + 1
