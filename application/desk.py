"""The desk: load an aggregate, decide, commit once, Receipt. The one way to change anything."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cache
from threading import local
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from application.permissions import SYSTEM, role_for
from application.register import (
    Conflict,
    Fact,
    KeyDestroyed,
    KeyStore,
    Receipt,
    Register,
    Submission,
)
from domain.access import Access
from domain.aggregate import Act, Aggregate, events_of, staff_ref
from domain.assessment import Assessment
from domain.client import Client
from domain.credential import SCOPES
from domain.errors import (
    CommandIdReused,
    DomainError,
    Invalid,
    NotFound,
    Refused,
    StaleVersion,
)
from domain.export import Export
from domain.instance import Instance
from domain.ledger import Entry
from domain.pack import Pack
from domain.ranking import Ranking
from domain.rotation import Rotation
from domain.staff import Staff
from domain.ticket import Ticket

AGGREGATES: tuple[type[Aggregate], ...] = (
    *(Ticket, Client, Staff, Pack, Instance),
    *(Access, Export, Entry, Assessment, Ranking, Rotation),
)
"""All of them, so that every topic is known wherever there is a desk."""

CLOCK_TOLERANCE = timedelta(minutes=1)
"""How far ahead of our clock something may be said to have happened."""

EARLIEST_YEAR = 1900
"""What is said to have happened before cannot be meant."""

TRIES = 3
"""How often a command without expected version is decided anew after a lost race."""

TRIES_IF_COMMUTING = 50

KEPT = 10_000
"""How many aggregates a process keeps to look things up in."""

A = TypeVar("A", bound=Aggregate)


class AlreadyExists(Refused):
    code = "already_exists"


@dataclass(frozen=True)
class Actor:
    """Who asks, as authenticated. `ref` is what events say: `staff:<uuid>` or `system:<name>`.

    `roles` hold everywhere, those of `unit_roles` for what belongs to the unit that they name.
    `credential_id` and `scopes` are of the token that they asked with.
    """

    ref: str
    roles: frozenset[str]
    staff_id: UUID | None = None
    unit: str = "main"
    unit_roles: frozenset[tuple[str, str]] = frozenset()
    credential_id: str | None = None
    scopes: frozenset[str] = SCOPES

    @classmethod
    def system(cls, name: str) -> Actor:
        return cls(ref=f"system:{name}", roles=frozenset({SYSTEM}))

    def roles_in(self, units: Collection[str]) -> frozenset[str]:
        """Those that hold for what belongs to these units."""
        return self.roles | {role for unit, role in self.unit_roles if unit in units}

    @property
    def roles_anywhere(self) -> frozenset[str]:
        return self.roles | {role for _, role in self.unit_roles}


@dataclass(frozen=True, kw_only=True)
class Command:
    """What every command says besides its own words.

    `occurred_at` (aware) is when it happened, where that was not `received_at`, now.
    """

    PERMISSION: ClassVar[str]
    COMMUTES: ClassVar[bool] = False
    LATER: ClassVar[frozenset[str]] = frozenset()
    """Fields that commands of its kind did not have when some were stored; None: not said."""

    by: Actor
    command_id: str
    received_at: datetime
    occurred_at: datetime | None = None
    acting_for: UUID | None = None
    reason: str | None = None
    expected_version: int | None = None

    @property
    def at(self) -> datetime:
        return self.occurred_at or self.received_at

    @property
    def begins_in(self) -> Collection[str]:
        """The units of what it registers anew, if it does."""
        return ()


class Desk:
    """Carries out commands on aggregates; each is stored exactly once, or not at all."""

    def __init__(self, register: Register, keys: KeyStore, zone: ZoneInfo) -> None:
        self.register, self.keys, self.zone = register, keys, zone
        self._kept: dict[UUID, Aggregate] = {}
        self._ahead = _Ahead()

    def create(self, command: Command, make: Callable[[Act], A]) -> Receipt:
        """Start a stream. Raises AlreadyExists, or whatever `make` refuses with."""
        try:
            return self._attempt(
                command, lambda act: make(self._there(command, command.begins_in, act))
            )
        except Conflict:
            raise AlreadyExists("something else is registered under this id", field="id") from None

    def change(
        self, kind: type[A], id: UUID, command: Command, decide: Callable[[A, Act], None]
    ) -> Receipt:
        """Decide on what is stored now. Raises NotFound, StaleVersion, or what `decide` does."""
        return self.change_or_create(lambda _: self.load(kind, id, command), command, decide)

    def change_or_create(
        self, get: Callable[[Act], A], command: Command, decide: Callable[[A, Act], None]
    ) -> Receipt:
        """As `change`, of what `get` finds or starts."""

        def decided(act: Act) -> A:
            aggregate = get(act)
            decide(aggregate, self._there(command, aggregate.units, act))
            return aggregate

        for _ in range(TRIES_IF_COMMUTING if command.COMMUTES else TRIES):
            try:
                return self._attempt(command, decided)
            except Conflict:
                self.forget_ahead()
        raise StaleVersion("too many others were faster; look again and repeat")

    def load(self, kind: type[A], id: UUID, command: Command | None = None) -> A:
        """The aggregate as it stands. Raises NotFound, and StaleVersion for a command's sake."""
        if not kind.COMPARES_TEXTS:
            standing = self._standing(kind, id)
            if command is None or _has_seen_all(standing, command):
                return standing.copied()
        facts = self._facts(kind, id, opened=kind.COMPARES_TEXTS)
        if command is not None:
            _must_be_seen(kind, facts, command)
        return replayed(kind, facts)

    def look_up(self, kind: type[A], id: UUID) -> A:
        """The aggregate as it stands, to be asked and not changed. Raises NotFound.

        What was read before is kept; the register is asked for what came since, unless it was
        read ahead. Sealed texts are closed.
        """
        return self._standing(kind, id)

    def look_up_all(self, ids: Iterable[UUID]) -> list[Any]:
        """Those of these that are there, as they stand, by one question."""
        return list(self._read(ids)[0].values())

    def _standing(self, kind: type[A], id: UUID) -> A:
        if isinstance(ahead := self._ahead.read.get(id), kind):
            return ahead
        if (kept := self.at_hand(kind, id)) is not None:
            return cast(A, self._keep(id, kept, self.register.stream(id, after=kept.version)))
        return cast(A, self._keep(id, None, self._facts(kind, id)))

    def at_hand(self, kind: type[A], id: UUID) -> A | None:
        """The aggregate as it was last seen, if it was; the register is not asked."""
        kept = self._kept.get(id)
        return kept if isinstance(kept, kind) else None

    def must_exist(self, kind: type[Aggregate], id: UUID) -> None:
        """Raises NotFound. What was once there stays, so who is known is not asked for again."""
        if self.at_hand(kind, id) is None:
            self.look_up(kind, id)

    def read_ahead(self, ids: Iterable[UUID]) -> None:
        """Ask once for what came since to all of these, and to the packs.

        Until it stores something, loses a race or forgets it, this thread asks no more for them.
        """
        self.forget_ahead()
        self._ahead.read, self._ahead.pack_position = self._read(ids)

    def _read(self, ids: Iterable[UUID]) -> tuple[dict[UUID, Any], int]:
        """Those of these that are there, and how far the packs are."""
        kept = {id: self._kept.get(id) for id in ids}
        since = self.register.since({id: one.version if one else 0 for id, one in kept.items()})
        read = {
            id: self._keep(id, one, since.facts[id])
            for id, one in kept.items()
            if one is not None or since.facts[id]
        }
        return read, since.pack_position

    def forget_ahead(self) -> None:
        self._ahead.read, self._ahead.pack_position = {}, None

    def pack_position(self) -> int:
        """Position of the last thing that happened to any pack; 0 if nothing did."""
        ahead = self._ahead.pack_position
        return self.register.pack_position() if ahead is None else ahead

    def _facts(self, kind: type[Aggregate], id: UUID, *, opened: bool = False) -> list[Fact]:
        facts = self.register.stream(id, opened=opened)
        if not facts or not isinstance(facts[0].event, events_of(kind)):
            raise NotFound(f"no {kind.TOPIC} {id}", field=f"{kind.TOPIC}_id")
        return facts

    def _keep(self, id: UUID, kept: Any, since: Sequence[Fact]) -> Any:
        """What is kept is shared by threads: it is never changed, but replaced."""
        if kept is None or since:
            kept = replayed(Aggregate, since, kept and kept.copied())
        if len(self._kept) >= KEPT:
            self._kept.clear()
        self._kept[id] = kept
        return kept

    def authorised(self, command: Command, units: Collection[str] | None = None) -> Act:
        """The envelope of the command's events, with the roles that hold in these units.

        Without `units` those of all: whoever may do it nowhere need not be told what there is.
        Raises Forbidden, NotDeputy, StaffLeft, Invalid.
        """
        by = command.by
        roles = by.roles_anywhere if units is None else by.roles_in(units)
        role = role_for(command.PERMISSION, roles)
        if command.at > command.received_at + CLOCK_TOLERANCE:
            raise Invalid(f"{command.at.isoformat()} is still to come", field="occurred_at")
        if command.at.year < EARLIEST_YEAR:
            raise Invalid(f"{command.at.isoformat()} is before our time", field="occurred_at")
        absent = self._absent(command)
        return Act(
            by=by.ref,
            at=command.at,
            command_id=command.command_id,
            acting_for=staff_ref(absent.id) if absent else None,
            role=role,
            reason=command.reason,
            roles=roles | (absent.roles_at(command.at, units or ()) if absent else frozenset()),
        )

    def _there(self, command: Command, units: Collection[str], act: Act) -> Act:
        """The same act, once it is known in which units it is. Raises Forbidden."""
        if not command.by.unit_roles and act.acting_for is None:
            return act
        return self.authorised(command, units)

    def year(self, act: Act) -> int:
        """The year of the register that something is entered in, in the desk's time zone."""
        return act.at.astimezone(self.zone).year

    def _absent(self, command: Command) -> Staff | None:
        """The colleague in whose place they act.

        Raises Invalid, NotFound, StaffLeft, NotDeputy.
        """
        if command.acting_for is None:
            return None
        if command.by.staff_id is None:
            raise Invalid("only staff act for staff", field="acting_for")
        absent = self.look_up(Staff, command.acting_for)
        absent.must_serve()
        absent.must_be_deputised_by(command.by.staff_id, command.at, entered_at=command.received_at)
        return absent

    def _attempt(self, command: Command, decided: Callable[[Act], A]) -> Receipt:
        """Decide and store. A refusal of what was carried out before is answered as then."""
        mark = fingerprint(command, self.keys.secret("fingerprint"))
        try:
            submission = _submission(decided(self.authorised(command)), command, mark)
            return _checked(self._store(submission), mark)
        except CommandIdReused:
            raise
        except (DomainError, KeyDestroyed):
            receipt = self.register.receipt(command.by.ref, command.command_id)
            if receipt is None:
                raise
            return _checked(receipt, mark)

    def _store(self, submission: Submission) -> Receipt:
        self.forget_ahead()
        return self.register.append([submission])[0]


class _Ahead(local):
    """What a thread has read ahead."""

    def __init__(self) -> None:
        self.read: dict[UUID, Aggregate] = {}
        self.pack_position: int | None = None


class Batch(Desk):
    """A desk that keeps what it is told until `commit`, which stores all of it in one go."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.register, desk.keys, desk.zone)
        self._loaded: dict[UUID, Aggregate] = {}
        self._submissions: list[Submission] = []

    def load(self, kind: type[A], id: UUID, command: Command | None = None) -> A:
        if id not in self._loaded:
            self._loaded[id] = super().load(kind, id, command)
        return cast(A, self._loaded[id])

    def look_up(self, kind: type[A], id: UUID) -> A:
        return self.load(kind, id)

    def commit(self) -> list[Receipt]:
        """Raises Conflict; then nothing was stored, and this batch is of no more use."""
        return self.register.append(self._submissions) if self._submissions else []

    def _attempt(self, command: Command, decided: Callable[[Act], A]) -> Receipt:
        aggregate = decided(self.authorised(command))
        self._loaded[aggregate.id] = aggregate
        mark = fingerprint(command, self.keys.secret("fingerprint"))
        self._submissions.append(_submission(aggregate, command, mark))
        return Receipt(
            stream_id=aggregate.id,
            version=aggregate.version,
            position=0,
            recorded_at=command.at,
            fingerprint=mark,
        )


def replayed(kind: type[A], facts: Sequence[Fact], aggregate: Any = None) -> A:
    """The aggregate that these facts make, from the first on or of one that has seen the others."""
    for fact in facts:
        aggregate = fact.event.mutate(aggregate)
    return cast(A, aggregate)


_ENVELOPE = frozenset({"by", "command_id", "received_at", "expected_version"})
"""What a command says that may differ when it is repeated."""


def fingerprint(command: Command, key: bytes) -> bytes:
    """A keyed digest of what the command says (it may speak of a person, hence the key).

    A field that came `LATER` and says nothing leaves no mark: older commands keep theirs.
    """
    kind: Any = type(command)
    content = {
        name: said
        for name in _words_of(kind)
        if (said := getattr(command, name)) is not None or name not in command.LATER
    }
    said = msgspec.json.encode([kind.__name__, content], order="deterministic")
    return hmac.new(key, said, "sha256").digest()


@cache
def _words_of(kind: type) -> tuple[str, ...]:
    """Its own fields, and those of the envelope that belong to what it says."""
    return tuple(field.name for field in fields(kind) if field.name not in _ENVELOPE)


def _submission(aggregate: Aggregate, command: Command, mark: bytes) -> Submission:
    return Submission(
        by=command.by.ref,
        command_id=command.command_id,
        fingerprint=mark,
        stream_id=aggregate.id,
        version=aggregate.version,
        events=cast(Sequence[Aggregate.Event], aggregate.collect_events()),
    )


def _checked(receipt: Receipt, mark: bytes) -> Receipt:
    if not hmac.compare_digest(receipt.fingerprint, mark):
        raise CommandIdReused(
            "this command id was used for another content", field="Idempotency-Key"
        )
    return receipt


def _has_seen_all(aggregate: Aggregate, command: Command) -> bool:
    return command.expected_version in (None, aggregate.version) or command.COMMUTES


def _must_be_seen(kind: type[Aggregate], facts: Sequence[Fact], command: Command) -> None:
    """Raises StaleVersion unless all that matters was seen by who sent the command."""
    expected = command.expected_version
    if expected is None or command.COMMUTES:
        return
    missed = facts[max(expected, 0) :]
    if expected > len(facts) or not all(isinstance(f.event, kind.COMMUTING) for f in missed):
        raise StaleVersion(
            f"{kind.TOPIC} {facts[0].event.originator_id} is at version {len(facts)},"
            f" not {expected}",
            field="If-Match",
            intervening=missed,
        )
