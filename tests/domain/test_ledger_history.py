"""Any history of an entry, and of many: what they add up to is what was booked, and no more."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from application.register import Fact
from application.views.ledger import LedgerRow, LedgerView, balances, totals
from domain.aggregate import Aggregate, staff_ref
from domain.ledger import Entry
from domain.ledger_table import Reckoned, Table
from tests.domain.history import BRIEF, History, mostly
from tests.support.facts import LI_NA, M1, M2, NOON, WANG_FANG, ZHAO_LEI, act, replay
from tests.support.views import folded

TERMS = Table(title="处罚", modes=("cash",))
CONFIRMED = Table(title="提成", modes=("wage",), confirmed_by=frozenset({"finance"}))
FOUND = Reckoned(amount=2_000, most=5_000, sanctions=("fine",), or_else=("warning",))
ANYBODY = frozenset({"director"})

holders = [LI_NA, WANG_FANG]
people = mostly(M1, M2, ZHAO_LEI, LI_NA)
reasons = mostly("情况属实", " ")


def proposed(number: int = 1, holder: UUID = LI_NA, kind: str = "penalty") -> Entry:
    """By Zhao Lei."""
    return Entry.propose(
        UUID(int=number),
        holder=staff_ref(holder),
        table="late",
        pack="discipline",
        pack_version=1,
        kind=kind,
        currency="CNY",
        amount=2_000,
        most=5_000,
        named=None,
        grade=None,
        nth=None,
        sanctions=[],
        facts={},
        misconduct_id=None,
        client_id=None,
        ticket_id=None,
        payable_from=None,
        claim=None,
        act=act(ZHAO_LEI),
    )


def rows_of(facts: list[Any]) -> list[LedgerRow]:
    """What the ledger shows after these facts."""
    read = [
        Fact(position=position, recorded_at=NOON, number=None, event=fact)
        for position, fact in enumerate(facts, start=1)
    ]
    return [row for rows in folded(LedgerView(), read).values() for row in rows]


def booked(rows: list[LedgerRow]) -> list[LedgerRow]:
    return [row for row in rows if row.booked_at is not None]


class EntryHistory(History):
    live: Entry

    @initialize(terms=st.sampled_from([TERMS, CONFIRMED]))
    def propose(self, terms: Table) -> None:
        self.terms, self.booked, self.payments = terms, 0, 0
        self.begin(proposed())

    def hear(self, fact: Any) -> None:
        """What counts, from the facts alone."""
        match fact:
            case Entry.Decided():
                assert self.booked == 0
                assert fact.by not in (staff_ref(LI_NA), staff_ref(ZHAO_LEI))
                self.booked = fact.amount
            case Entry.Executed():
                self.payments += 1
            case Entry.Reversed():
                assert fact.by != staff_ref(LI_NA)
                self.booked += fact.amount

    @rule(
        by=people,
        amount=st.sampled_from([None, None, 0, 2_000, 3_000, 5_000, 5_001]),
        sanction=mostly("fine", "warning", "dismissal"),
    )
    def decide(self, by: UUID, amount: int | None, sanction: str) -> None:
        self.twice(
            lambda e, act: e.decide(
                self.terms,
                FOUND,
                deciders=ANYBODY,
                amount=amount,
                sanction=sanction,
                nth=None,
                due_at=None,
                act=act,
            ),
            act(by, roles=["director"]),
        )

    @rule(by=people, waives=st.sampled_from([False, False, False, True]), reason=reasons)
    def come_to_nothing(self, by: UUID, waives: bool, reason: str) -> None:
        self.twice(
            lambda e, act: (e.waive if waives else e.reject)(self.terms, deciders=ANYBODY, act=act),
            act(by, roles=["director"], reason=reason),
        )

    @rule(by=people)
    def confirm(self, by: UUID) -> None:
        self.twice(lambda e, act: e.confirm(self.terms, act=act), act(by, roles=["finance"]))

    @rule(by=people, mode=st.sampled_from(["cash", "wage"]))
    def execute(self, by: UUID, mode: str) -> None:
        modes = self.terms.modes
        self.twice(
            lambda e, act: e.execute(self.terms, mode, modes=modes, ticket_id=None, act=act),
            act(by),
        )

    @rule(by=st.sampled_from([LI_NA, M1]), reason=reasons)
    def appeal(self, by: UUID, reason: str) -> None:
        self.twice(lambda e, act: e.appeal(act=act), act(by, reason=reason))

    @rule(by=people, upheld=st.booleans(), reason=reasons)
    def decide_appeal(self, by: UUID, upheld: bool, reason: str) -> None:
        self.twice(
            lambda e, act: (e.uphold_appeal if upheld else e.dismiss_appeal)(act=act),
            act(by, reason=reason),
        )

    @rule(by=people, reason=reasons)
    def reverse(self, by: UUID, reason: str) -> None:
        self.twice(lambda e, act: e.reverse(act=act), act(by, reason=reason))

    @invariant()
    def the_lines_add_up_to_what_was_booked(self) -> None:
        rows = rows_of(self.facts)
        lines = booked(rows)

        assert sum(row.amount for row in lines) == self.booked
        assert sum(total.amount for total in totals(lines)) == self.booked
        assert self.payments <= 1
        assert len(rows) == 1 + any(isinstance(fact, Entry.Reversed) for fact in self.facts)
        assert rows[0].version == len(self.facts)


TestEntryHistory = EntryHistory.TestCase
TestEntryHistory.settings = BRIEF

ENDS = ("proposed", "decided", "appealed", "upheld", "dismissed", "reversed", "rejected")


def ended(entry: Entry, end: str, amount: int) -> int:
    """Bring it so far; what it is worth then."""
    director = {"roles": ["director"], "reason": "查实"}
    if end == "rejected":
        entry.reject(TERMS, deciders=ANYBODY, act=act(M1, **director))
    if end in ("proposed", "rejected"):
        return 0
    entry.decide(
        TERMS,
        FOUND,
        deciders=ANYBODY,
        amount=amount,
        sanction="fine",
        nth=None,
        due_at=None,
        act=act(M1, **director),
    )
    if end in ("appealed", "upheld", "dismissed"):
        entry.appeal(act=act(UUID(entry.holder[6:]), reason="不是我"))
    if end == "upheld":
        entry.uphold_appeal(act=act(M2, **director))
    if end == "dismissed":
        entry.dismiss_appeal(act=act(M2, **director))
    if end == "reversed":
        entry.reverse(act=act(M1, **director))
    return 0 if end in ("upheld", "reversed") else amount


@settings(max_examples=60, deadline=None)
@given(
    told=st.lists(
        st.tuples(
            st.sampled_from(ENDS),
            st.sampled_from(holders),
            st.sampled_from(["penalty", "bonus"]),
            st.integers(2_000, 5_000),
        ),
        max_size=6,
    ),
    data=st.data(),
)
def test_in_whatever_order_things_come_totals_are_those_of_the_entries(told: Any, data: Any):
    streams: list[list[Aggregate.Event]] = []
    worth = {(h, k): 0 for h in holders for k in ("penalty", "bonus")}
    for number, (end, holder, kind, amount) in enumerate(told):
        entry = proposed(number + 1, holder, kind)
        worth[holder, kind] += ended(entry, end, amount)
        streams.append(list(entry.pending_events))
    facts: list[Any] = []
    while left := [stream for stream in streams if stream]:
        facts.append(data.draw(st.sampled_from(left), label="whose turn").pop(0))

    lines = booked(rows_of(facts))

    for holder in holders:
        own = [row for row in lines if row.holder == staff_ref(holder)]
        by_kind = {total.kind: total.amount for total in totals(own)}
        net = worth[holder, "bonus"] - worth[holder, "penalty"]
        assert {k: worth[holder, k] for k in by_kind} == by_kind
        assert sum(balance.amount for balance in balances(own)) == net
    assert len({row.entry_id for row in rows_of(facts)}) == len(told)


def test_an_entry_that_was_reversed_is_two_lines_of_the_statement():
    entry = proposed()
    ended(entry, "upheld", 3_000)

    first, reversal = rows_of(list(entry.pending_events))

    assert (first.line, first.amount, first.appeal) == (1, 3_000, "upheld")
    assert (reversal.line, reversal.amount, reversal.recorded_by) == (2, -3_000, staff_ref(M2))
    assert replay(list(entry.pending_events)).is_void
