"""The ledger: entries that are proposed by a table, decided by people, and reversed by another."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid5

from domain.aggregate import Act, Aggregate, InitialEvent
from domain.errors import Forbidden, Invalid, Refused
from domain.following import RULES, NotForYou
from domain.ledger_table import Reckoned, Table
from domain.own import must_be_another

LEDGER = UUID("5a0d6c1e-7f0b-4b7e-9a55-2c6b7c1f0e21")
"""The namespace of the ids of entries: what there is one entry for, has one id."""

State = Literal["proposed", "decided", "rejected", "waived", "confirmed", "executed"]

_BOOKED = frozenset({"decided", "confirmed", "executed"})


class OwnEntry(Forbidden):
    code = "own_entry"


class NotYours(Forbidden):
    code = "not_your_entry"


class WrongState(Refused):
    code = "entry_state"


class NotConfirmed(Refused):
    code = "not_confirmed"


class NotPayableYet(Refused):
    code = "not_payable_yet"


class NotWaivable(Refused):
    code = "not_waivable"


class AppealOpen(Refused):
    code = "appeal_open"


class SanctionNotAllowed(Invalid):
    code = "sanction_not_allowed"


class AmountOutOfRange(Invalid):
    code = "amount_out_of_range"


class Entry(Aggregate):
    """What somebody gets, or is to give, for one thing. Amounts are in hundredths.

    `holder` is `staff:<uuid>`, `client:<uuid>` or `team:<name of a unit>`.
    """

    TOPIC = "entry"

    class Proposed(InitialEvent):
        """By a table of a version of a pack. `claim`: the register position that asked for it."""

        TOPIC = "entry.proposed"
        holder: str
        table: str
        pack: str
        pack_version: int
        kind: str
        currency: str
        amount: int
        most: int
        named: str | None
        grade: str | None
        nth: int | None
        sanctions: list[str]
        facts: dict[str, Any]
        misconduct_id: UUID | None
        client_id: UUID | None
        ticket_id: UUID | None
        payable_from: datetime | None
        claim: int | None

    class Decided(Aggregate.Event):
        """It is booked. `due_at`: by when it is to be carried out."""

        TOPIC = "entry.decided"
        amount: int
        currency: str
        sanction: str | None
        nth: int | None
        due_at: datetime | None

        def apply(self, aggregate: Entry) -> None:
            aggregate.state, aggregate.amount = "decided", self.amount
            aggregate.sanction = self.sanction
            aggregate.deciders |= self.done_by

    class Rejected(Aggregate.Event):
        """It is not so."""

        TOPIC = "entry.rejected"

        def apply(self, aggregate: Entry) -> None:
            aggregate.state = "rejected"

    class Waived(Aggregate.Event):
        """It is so, and nothing follows this time."""

        TOPIC = "entry.waived"

        def apply(self, aggregate: Entry) -> None:
            aggregate.state = "waived"

    class Confirmed(Aggregate.Event):
        TOPIC = "entry.confirmed"

        def apply(self, aggregate: Entry) -> None:
            aggregate.state = "confirmed"

    class Executed(Aggregate.Event):
        """Paid, handed in, deducted, or otherwise carried out. `ticket_id`: what it needed."""

        TOPIC = "entry.executed"
        mode: str
        ticket_id: UUID | None

        def apply(self, aggregate: Entry) -> None:
            aggregate.state = "executed"

    class Appealed(Aggregate.Event):
        TOPIC = "entry.appealed"

        def apply(self, aggregate: Entry) -> None:
            aggregate.appeal_is_open = True

    class AppealDismissed(Aggregate.Event):
        TOPIC = "entry.appeal-dismissed"

        def apply(self, aggregate: Entry) -> None:
            aggregate.appeal_is_open = False

    class Reversed(Aggregate.Event):
        """Another entry takes it back: the same amount, the other way round."""

        TOPIC = "entry.reversed"
        amount: int
        after_appeal: bool

        def apply(self, aggregate: Entry) -> None:
            aggregate.is_reversed, aggregate.appeal_is_open = True, False

    def __init__(
        self,
        *,
        holder: str,
        table: str,
        pack: str,
        pack_version: int,
        facts: dict[str, Any],
        amount: int,
        misconduct_id: UUID | None,
        payable_from: datetime | None,
        by: str,
        acting_for: str | None,
    ) -> None:
        self.holder, self.table = holder, table
        self.pack, self.pack_version, self.facts = pack, pack_version, facts
        self.amount, self.misconduct_id, self.payable_from = amount, misconduct_id, payable_from
        self.recorders = frozenset({by, acting_for or by})
        self.deciders = frozenset[str]()
        self.state: State = "proposed"
        self.sanction: str | None = None
        self.appeal_is_open = self.is_reversed = False

    @property
    def subject(self) -> UUID:
        return subject_of(self.holder, self.id)

    @property
    def is_booked(self) -> bool:
        """Whether it counts, or did until it was reversed."""
        return self.state in _BOOKED

    @property
    def is_void(self) -> bool:
        """Whether it turned out not to be so."""
        return self.state == "rejected" or self.is_reversed

    @classmethod
    def propose(cls, entry_id: UUID, *, holder: str, table: str, act: Act, **words: Any) -> Entry:
        return cls._start(
            cls.Proposed,
            entry_id,
            act,
            subject=subject_of(holder, entry_id),
            holder=holder,
            table=table,
            **words,
        )

    def book(self, found: Reckoned, *, act: Act) -> None:
        """Where the table leaves nobody anything to decide."""
        by_rules = replace(act, by=RULES, acting_for=None, role=None, reason=None)
        self._record(
            self.Decided,
            by_rules,
            amount=found.amount,
            currency=found.currency,
            sanction=None,
            nth=None,
            due_at=None,
        )

    def decide(
        self,
        terms: Table,
        found: Reckoned,
        *,
        deciders: frozenset[str],
        amount: int | None,
        sanction: str | None,
        nth: int | None,
        due_at: datetime | None,
        act: Act,
    ) -> None:
        """Book it: the amount of the table, or one in its range; one of the sanctions allowed.

        `found` is what the table yields now. Raises WrongState, OwnEntry, NotForYou,
        SanctionNotAllowed, AmountOutOfRange, and Invalid where the ground of a sanction is missing
        (PN-01, PN-19, PN-21).
        """
        if terms.is_misconduct:
            act.must_give_reason()
        self._must_be_judged_by_another(terms, deciders, act)
        self._must_be_allowed(terms, found, sanction)
        is_free = sanction is not None and sanction not in found.sanctions
        least, most = (0, 0) if is_free else (found.amount, found.most)
        decided = least if amount is None else amount
        if not least <= decided <= most:
            said = f"the table says {least} to {most} hundredths, not {decided}"
            raise AmountOutOfRange(said, field="amount", rule=terms.rule)
        self._record(
            self.Decided,
            act,
            amount=decided,
            currency=found.currency,
            sanction=sanction,
            nth=nth,
            due_at=due_at,
        )

    def reject(self, terms: Table, *, deciders: frozenset[str], act: Act) -> None:
        """It is not so, and why. Raises WrongState, OwnEntry, NotForYou, Invalid."""
        act.must_give_reason()
        self._must_be_judged_by_another(terms, deciders, act)
        self._record(self.Rejected, act)

    def waive(self, terms: Table, *, deciders: frozenset[str], act: Act) -> None:
        """It is so, but nothing follows. Raises NotWaivable besides (PN-05)."""
        act.must_give_reason()
        self._must_be_judged_by_another(terms, deciders, act)
        if not terms.waivable:
            raise NotWaivable(f"{terms.title} is not waived, whatever the reason", rule=terms.rule)
        self._record(self.Waived, act)

    def confirm(self, terms: Table, *, act: Act) -> None:
        """Raises WrongState, OwnEntry, NotForYou (RW-10)."""
        if self.state == "confirmed":
            return
        self._must_stand("decided")
        self._must_not_be_own(act)
        must_have_role(terms.confirmed_by, act, terms)
        self._record(self.Confirmed, act)

    def execute(
        self,
        terms: Table,
        mode: str,
        *,
        modes: tuple[str, ...],
        ticket_id: UUID | None,
        act: Act,
    ) -> None:
        """Raises WrongState, OwnEntry, NotConfirmed, NotPayableYet, AppealOpen, Invalid."""
        if terms.confirmed_by and self.state == "decided":
            raise NotConfirmed("it is not confirmed yet", rule="RW-10")
        self._must_stand("decided", "confirmed")
        self._must_not_be_own(act)
        if self.appeal_is_open:
            raise AppealOpen("an appeal against it is open")
        if self.payable_from is not None and act.at < self.payable_from:
            raise NotPayableYet(f"not before {self.payable_from.isoformat()}", rule=terms.rule)
        if mode not in modes:
            raise Invalid(f"mode must be one of {', '.join(modes)}", field="mode")
        self._record(self.Executed, act, mode=mode, ticket_id=ticket_id)

    def appeal(self, *, act: Act) -> None:
        """Whose entry it is says why it is wrong. Raises NotYours, WrongState, Invalid."""
        act.must_give_reason()
        if act.stood_for != self.holder:
            raise NotYours("only who it concerns appeals")
        self._must_stand(*_BOOKED)
        if not self.appeal_is_open:
            self._record(self.Appealed, act)

    def dismiss_appeal(self, *, act: Act) -> None:
        """It stays. Raises WrongState, OwnEntry, Invalid."""
        self._must_judge_appeal(act)
        self._record(self.AppealDismissed, act)

    def uphold_appeal(self, *, act: Act) -> None:
        """Another entry takes it back. Raises WrongState, OwnEntry, Invalid."""
        self._must_judge_appeal(act)
        self._record(self.Reversed, act, amount=-self.amount, after_appeal=True)

    def reverse(self, *, act: Act) -> None:
        """Revoked without an appeal: another entry takes it back. Raises as above."""
        act.must_give_reason()
        self._must_stand(*_BOOKED)
        self._must_not_be_own(act)
        self._record(self.Reversed, act, amount=-self.amount, after_appeal=False)

    def _must_stand(self, *states: str) -> None:
        if self.is_reversed or self.state not in states:
            now = "reversed" if self.is_reversed else self.state
            raise WrongState(f"the entry is {now}", state=now)

    def _must_not_be_own(self, act: Act) -> None:
        must_be_another({self.holder}, act, OwnEntry("nobody decides on their own", rule="PN-01"))

    def _must_be_judged_by_another(self, terms: Table, deciders: frozenset[str], act: Act) -> None:
        self._must_stand("proposed")
        self._must_not_be_own(act)
        if not terms.recorder_decides:
            same = OwnEntry("who put it on record does not decide on it", rule="PN-01")
            must_be_another(self.recorders, act, same)
        must_have_role(deciders, act, terms)

    def _must_judge_appeal(self, act: Act) -> None:
        act.must_give_reason()
        self._must_stand(*_BOOKED)
        if not self.appeal_is_open:
            raise WrongState("no appeal is open", state=self.state)
        self._must_not_be_own(act)
        same = OwnEntry("who decided or recorded it does not decide the appeal", rule="PN-01")
        must_be_another(self.deciders | self.recorders, act, same)

    def _must_be_allowed(self, terms: Table, found: Reckoned, sanction: str | None) -> None:
        allowed = (*found.sanctions, *found.or_else)
        if (allowed or sanction is not None) and sanction not in allowed:
            said = f"{terms.title}: {', '.join(allowed) or 'no sanction'} can be chosen"
            raise SanctionNotAllowed(said, field="sanction", rule=terms.rule, allowed=allowed)


def must_have_role(wanted: frozenset[str], act: Act, terms: Table) -> None:
    """Raises NotForYou; everybody who has the permission, where no role is named."""
    if wanted and not wanted & act.roles:
        raise NotForYou(f"{terms.title} is for: {', '.join(sorted(wanted))}", rule=terms.rule)


def subject_of(holder: str, entry_id: UUID) -> UUID:
    """Under whose key texts on an entry are sealed: the person's; of a team's the entry's own."""
    kind, _, name = holder.partition(":")
    return entry_id if kind == "team" else UUID(name)


def entry_id_of(*parts: object) -> UUID:
    """The one entry that there is for this."""
    return uuid5(LEDGER, "/".join(map(str, parts)))
