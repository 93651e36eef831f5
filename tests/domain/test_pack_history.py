"""Any history of a pack."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from domain.errors import DomainError
from domain.pack import Pack
from tests.domain.history import BRIEF, History, mostly
from tests.support.facts import LI_NA, M1, NOON, WANG_FANG, act, because, shipped_pack

CONSULTATION_PACK = shipped_pack("consultation")
HOURS = [NOON + timedelta(hours=number) for number in range(-3, 4)]

people = st.sampled_from([LI_NA, WANG_FANG, M1])
principals = mostly(None, LI_NA, M1)
versions = st.integers(1, 3)
instants = st.sampled_from(HOURS)


class PackHistory(History):
    live: Pack

    @initialize()
    def name(self) -> None:
        self.drafters: dict[int, set[str | None]] = {}
        self.approved: set[int] = set()
        self.published: dict[int, datetime] = {}
        self.abolished_from: datetime | None = None
        self.titles: dict[int, str] = {}
        self.begin(Pack.named("consultation", act=act()))

    def hear(self, fact: Any) -> None:
        """Keep account of who drafted and approved what, from the facts alone."""
        match fact:
            case Pack.Drafted():
                assert fact.version not in self.drafters
                self.drafters[fact.version] = {fact.by, fact.acting_for} - {None}
                self.titles[fact.version] = fact.content["title"]
            case Pack.Approved():
                assert not self.drafters[fact.version] & {fact.by, fact.acting_for}
                self.approved.add(fact.version)
            case Pack.Published():
                assert fact.version in self.approved
                assert fact.version not in self.published
                self.published[fact.version] = fact.effective_from
            case Pack.Abolished():
                self.abolished_from = fact.effective_from

    @rule(
        version=versions, title=mostly("咨询", "新咨询", "\x00"), by=people, acting_for=principals
    )
    def draft(self, version: int, title: str, by: UUID, acting_for: UUID | None) -> None:
        content = {**CONSULTATION_PACK, "version": version, "title": title}
        known = self.titles.get(version, title)
        drafted = self.twice(
            lambda p, act: p.draft(content, act=act), act(by, acting_for=acting_for)
        )
        assert drafted == (title == known != "\x00")

    @precondition(lambda self: self.drafters)
    @rule(data=st.data(), by=people, acting_for=principals)
    def approve(self, data: st.DataObject, by: UUID, acting_for: UUID | None) -> None:
        version = data.draw(st.sampled_from(sorted(self.drafters)))
        approving = act(by, acting_for=acting_for)
        approved = self.twice(lambda p, act: p.approve(version, act=act), approving)
        had_a_hand = self.drafters[version] & {approving.by, approving.acting_for}
        assert approved == (not had_a_hand)

    @precondition(lambda self: self.drafters)
    @rule(data=st.data(), effective_from=instants)
    def publish(self, data: st.DataObject, effective_from: datetime) -> None:
        version = data.draw(st.sampled_from(sorted(self.drafters)))
        known = self.published.get(version, effective_from)
        published = self.twice(lambda p, act: p.publish(version, effective_from, act=act), act(M1))
        assert published == (version in self.approved and effective_from == known)

    @rule(version=st.integers(4, 5))
    def try_an_unknown_version(self, version: int) -> None:
        assert not self.once(lambda p, act: p.approve(version, act=act), act(M1))
        assert not self.once(lambda p, act: p.publish(version, NOON, act=act), act(M1))

    @precondition(lambda self: self.published)
    @rule(effective_from=instants)
    def abolish(self, effective_from: datetime) -> None:
        assert self.twice(lambda p, act: p.abolish(effective_from, act=act), because())

    @invariant()
    def what_a_version_says_never_changes(self) -> None:
        assert {n: self.live.content(n).title for n in self.live.versions} == self.titles

    @invariant()
    def at_every_instant_the_newest_version_begun_is_in_force(self) -> None:
        assert [self.in_force(at) for at in HOURS] == [self.expected(at) for at in HOURS]

    def in_force(self, at: datetime) -> int | None:
        try:
            return self.live.in_force(at)
        except DomainError:
            return None

    def expected(self, at: datetime) -> int | None:
        if self.abolished_from is not None and at >= self.abolished_from:
            return None
        begun = sorted((since, n) for n, since in self.published.items() if since <= at)
        return begun[-1][1] if begun else None


TestPackHistory = PackHistory.TestCase
TestPackHistory.settings = BRIEF
