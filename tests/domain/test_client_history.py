"""Any history of a client."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from domain.client import CONTACT_KINDS, DETAILS, Client
from domain.ownership import OwnershipTerms
from domain.sealed import Sealed
from tests.application.client_file_story import LIKING, SIZE, TODAY
from tests.domain.history import BRIEF, History, mostly
from tests.support.facts import C1, C2, C3, LI_NA, M1, NOON, WANG_FANG, act, registered_client

texts = st.sampled_from(["一", "二", " 二 ", "三"]) | mostly("四", "", "\x00")
DAY = timedelta(days=1)
VOIDING = OwnershipTerms(invalid_channels=frozenset({"sms"}), invalid_in_row=3)
reasons = mostly("因故", None)


class ClientHistory(History):
    live: Client

    @initialize()
    def register(self) -> None:
        self.told: dict[str, Sealed] = {}
        self.contact_ids: list[str] = []
        self.begin(registered_client())

    def hear(self, fact: Any) -> None:
        """Keep account of the details told and of every contact id there ever was."""
        match fact:
            case Client.Registered():
                self.told["name"] = fact.name
            case Client.DetailsChanged():
                assert not fact.details.items() & self.told.items()
                self.told = {**self.told, **fact.details}
            case Client.ContactPointAdded():
                self.contact_ids.append(fact.contact_id)

    @rule(details=st.dictionaries(mostly("place", "name", "language", "shoe_size"), texts))
    def change_details(self, details: dict[str, str]) -> None:
        self.twice(lambda c, act: c.change_details(details, act=act), act())

    @rule(kind=mostly("phone", "fax", "pigeon"), value=texts)
    def add_contact_point(self, kind: str, value: str) -> None:
        self.twice(lambda c, act: c.add_contact_point(kind, value, act=act), act())

    @precondition(lambda self: self.contact_ids)
    @rule(data=st.data())
    def remove_contact_point(self, data: st.DataObject) -> None:
        contact_id = data.draw(st.sampled_from(self.contact_ids))
        is_there = contact_id in self.live.contacts
        removed = self.twice(lambda c, act: c.remove_contact_point(contact_id, act=act), act())
        assert removed == is_there

    @rule(name=mostly("region", "Kind", "kind"), value=texts | st.booleans() | st.integers(0, 1))
    def set_trait(self, name: str, value: str | int | bool) -> None:
        self.twice(lambda c, act: c.set_trait(name, value, act=act), act())

    @rule(scope=mostly("orders", ""), reason=reasons)
    def propose_blacklisting(self, scope: str, reason: str | None) -> None:
        said = {"evidence": ["欠款"], "review_at": NOON + DAY}
        self.twice(
            lambda c, act: c.propose_blacklisting(scope, **said, act=act), act(reason=reason)
        )

    @rule(by=mostly(M1, LI_NA))
    def approve_blacklisting(self, by: UUID) -> None:
        self.twice(lambda c, act: c.approve_blacklisting(act=act), act(by))

    @rule(by=mostly(M1, LI_NA), reason=reasons)
    def reject_blacklisting(self, by: UUID, reason: str | None) -> None:
        self.twice(lambda c, act: c.reject_blacklisting(act=act), act(by, reason=reason))

    @rule(staff_id=mostly(WANG_FANG, LI_NA), in_south=st.booleans())
    def assign(self, staff_id: UUID, in_south: bool) -> None:
        where = {"south"} if in_south else {"main"}
        self.twice(lambda c, act: c.assign(staff_id, "grant", territories=where, act=act), act(M1))

    @rule(staff_id=mostly(WANG_FANG, LI_NA), approved=st.booleans(), reason=reasons)
    def reassign(self, staff_id: UUID, approved: bool, reason: str | None) -> None:
        said = {"terms": OwnershipTerms(approved=approved), "territories": {"south"}}
        self.once(lambda c, act: c.reassign(staff_id, "other", **said, act=act), act(reason=reason))

    @rule(by=mostly(M1, LI_NA), approves=st.booleans())
    def decide_on_reassignment(self, by: UUID, approves: bool) -> None:
        self.twice(
            lambda c, act: (c.approve_reassignment if approves else c.reject_reassignment)(act=act),
            act(by, reason="因故"),
        )

    @rule(by=mostly(WANG_FANG, LI_NA), channel=mostly("sms", "call"))
    def follow_up(self, by: UUID, channel: str) -> None:
        self.once(lambda c, act: c.follow_up(channel, terms=VOIDING, act=act), act(by))

    @rule(reason=reasons)
    def release(self, reason: str | None) -> None:
        self.twice(lambda c, act: c.void_ownership(act=act), act(reason=reason))

    @rule(territory=mostly("south", "north"))
    def place(self, territory: str) -> None:
        said = {"by_id": LI_NA, "territories": {"north"}}
        self.twice(lambda c, act: c.place(territory, **said, act=act), act())

    @rule(other_id=st.sampled_from([C2, C3]))
    def detect_duplicate(self, other_id: UUID) -> None:
        said = {"owner_id": None, "manager_id": None}
        self.twice(lambda c, act: c.detect_duplicate(other_id, ["phone"], **said, act=act), act())

    @rule(other_id=st.sampled_from([C2, C3]), reason=reasons)
    def dismiss_duplicate(self, other_id: UUID, reason: str | None) -> None:
        self.twice(
            lambda c, act: c.decide_duplicate(other_id, "dismiss", act=act), act(reason=reason)
        )

    @rule(reason=reasons)
    def lift_blacklist(self, reason: str | None) -> None:
        self.twice(lambda c, act: c.lift_blacklist(act=act), act(reason=reason))

    @rule(other_id=mostly(C2, C1), reason=reasons)
    def merge(self, other_id: UUID, reason: str | None) -> None:
        other = registered_client(other_id)
        self.twice(lambda c, act: c.merge_into(other, act=act), act(reason=reason))

    @rule()
    def merge_into_a_file_that_follows_another(self) -> None:
        other = registered_client(C2)
        other.merge_into(registered_client(C3), act=act(reason="因故"))
        assert not self.once(lambda c, act: c.merge_into(other, act=act), act(reason="因故"))

    @rule(reason=reasons)
    def unmerge(self, reason: str | None) -> None:
        self.twice(lambda c, act: c.unmerge(act=act), act(reason=reason))

    @rule(name=mostly("吴经理", "郑某", ""), field=mostly("hobbies", "shoe_size"), value=texts)
    def add_person(self, name: str, field: str, value: str) -> None:
        self.twice(lambda c, act: c.add_person({"name": name, field: value}, act=act), act())

    @precondition(lambda self: self.live.persons)
    @rule(data=st.data(), value=texts)
    def change_person(self, data: st.DataObject, value: str) -> None:
        person_id = data.draw(st.sampled_from(sorted(self.live.persons)))
        self.twice(lambda c, act: c.change_person(person_id, {"post": value}, act=act), act())

    @precondition(lambda self: self.live.persons)
    @rule(data=st.data())
    def remove_person(self, data: st.DataObject) -> None:
        person_id = data.draw(st.sampled_from(sorted(self.live.persons)))
        assert self.twice(lambda c, act: c.remove_person(person_id, act=act), act())

    @rule()
    def enter(self) -> None:
        number = self.live.counts.get("liking", 0)
        form = {"product": "宽带"}
        self.once(lambda c, act: c.record("liking", form, LIKING, today=TODAY, act=act), act())
        assert self.live.counts["liking"] == number + 1

    @rule(orders=mostly(3, -1))
    def grade(self, orders: int) -> None:
        asked: dict[str, Any] = {"named": None, "since": None, "today": TODAY}
        self.twice(
            lambda c, act: c.grade_by("size", {"orders": orders}, SIZE, **asked, act=act), act()
        )

    @rule(by=mostly(M1, LI_NA), level=mostly("city", "village"))
    def approve_grade(self, by: UUID, level: str) -> None:
        may = "size" in self.live.proposals and (by, level) == (M1, "city")
        approved = self.twice(
            lambda c, act: c.approve_grade("size", SIZE, {"level": level}, act=act), act(by)
        )
        assert approved == may

    @rule(reason=reasons)
    def refuse_grade(self, reason: str | None) -> None:
        self.twice(lambda c, act: c.refuse_grade("size", act=act), act(M1, reason=reason))

    @invariant()
    def every_class_that_was_decided_stays(self) -> None:
        decided = [fact for fact in self.facts if isinstance(fact, Client.Graded)]
        assert [held.grade for held in self.live.grades.get("size", [])] == [
            fact.grade for fact in decided
        ]

    @invariant()
    def the_details_are_those_told_last(self) -> None:
        assert self.live.details == self.told
        assert self.told.keys() <= DETAILS

    @invariant()
    def everything_about_the_client_is_sealed_under_their_own_key(self) -> None:
        texts = [*self.live.details.values(), *(text for _, text in self.live.contacts.values())]
        texts += [text for person in self.live.persons.values() for text in person.values()]
        assert all(text.subject == C1 for text in texts)

    @invariant()
    def no_contact_point_is_there_twice_and_no_id_is_used_again(self) -> None:
        points = list(self.live.contacts.values())
        assert len(points) == len(set(points))
        assert {kind for kind, _ in points} <= CONTACT_KINDS
        assert len(self.contact_ids) == len(set(self.contact_ids))

    @invariant()
    def who_has_followed_up_in_vain_so_often_has_the_client_no_more(self) -> None:
        assert self.live.follow_ups[-3:] != ("sms", "sms", "sms")
        assert (self.live.manager_id is None) == (self.live.managed_since is None)

    @invariant()
    def the_file_follows_no_other_but_the_one_it_may(self) -> None:
        assert self.live.merged_into_id in (None, C2)


TestClientHistory = ClientHistory.TestCase
TestClientHistory.settings = BRIEF
