"""Any history of a client."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from domain.client import CONTACT_KINDS, DETAILS, Client
from domain.sealed import Sealed
from tests.domain.history import BRIEF, History, mostly
from tests.support.facts import C1, C2, C3, act, registered_client

texts = st.sampled_from(["一", "二", " 二 ", "三"]) | mostly("四", "", "\x00")
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
    def blacklist(self, scope: str, reason: str | None) -> None:
        self.twice(lambda c, act: c.blacklist(scope, act=act), act(reason=reason))

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

    @invariant()
    def the_details_are_those_told_last(self) -> None:
        assert self.live.details == self.told
        assert self.told.keys() <= DETAILS

    @invariant()
    def everything_about_the_client_is_sealed_under_their_own_key(self) -> None:
        texts = [*self.live.details.values(), *(text for _, text in self.live.contacts.values())]
        assert all(text.subject == C1 for text in texts)

    @invariant()
    def no_contact_point_is_there_twice_and_no_id_is_used_again(self) -> None:
        points = list(self.live.contacts.values())
        assert len(points) == len(set(points))
        assert {kind for kind, _ in points} <= CONTACT_KINDS
        assert len(self.contact_ids) == len(set(self.contact_ids))

    @invariant()
    def the_file_follows_no_other_but_the_one_it_may(self) -> None:
        assert self.live.merged_into_id in (None, C2)


TestClientHistory = ClientHistory.TestCase
TestClientHistory.settings = BRIEF
