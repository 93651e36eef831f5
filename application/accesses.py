"""Who sees what of clients and attachments, and the record of who looked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

from application.desk import Actor, Command, Desk
from application.packs import Packs
from application.register import Receipt
from application.views.client_file import ClientFile, ClientRow
from application.views.ticket_register import TicketFilter, TicketRegister
from domain.access import Access, Seen
from domain.aggregate import Act
from domain.client import Client
from domain.errors import Forbidden, NotFound
from domain.privacy import GRANTED, HIDDEN, Privacy, Sight
from domain.roles import CONFINED
from domain.sealed import Sealed
from domain.ticket import Ticket

STANDING_FILTERS = {
    "owner": "owner_id",
    "first_contact": "first_contact_id",
    "offered": "offered_to_id",
    "asked": "asked_id",
}
"""How the register of tickets is asked for what somebody is on a matter."""

REACH = frozenset({"owner", "first_contact", "offered"})
"""What one who is confined must be on a case to see it."""


class OutOfReach(Forbidden):
    code = "out_of_reach"


@dataclass(frozen=True, kw_only=True)
class RecordAccess(Command):
    """`refused`: the code of the refusal. `shown`, `left_out`: clients of an export."""

    PERMISSION: ClassVar[str] = "read"
    COMMUTES: ClassVar[bool] = True
    seen: Seen
    refused: str | None = None
    shown: int | None = None
    left_out: int | None = None


@dataclass(frozen=True)
class Looker:
    """Who looks, what for (a code of the list, or None), and when (aware)."""

    by: Actor
    purpose: str | None
    at: datetime

    @property
    def is_confined(self) -> bool:
        """Whether they see nothing but their own cases (PR-07)."""
        roles = self.by.roles_anywhere
        return bool(roles) and roles <= CONFINED


class Accesses:
    """Asked before anything labelled is shown; what it puts on record is stored by then.

    `open_box` reads a sealed text, of which a mask shows a part.
    """

    def __init__(
        self,
        desk: Desk,
        packs: Packs,
        tickets: TicketRegister,
        clients: ClientFile,
        open_box: Callable[[str], str | None],
    ) -> None:
        self._desk, self._packs = desk, packs
        self._tickets, self._clients, self._open_box = tickets, clients, open_box

    def client(self, row: ClientRow, looker: Looker) -> ClientRow:
        """The file as they may see it; what they see in full is put on record.

        Raises Invalid for a purpose that is in no list.
        """
        privacy = self._privacy(looker)
        labels = {privacy.fields.get(path) for path, _, _ in _labelled(row)}
        who = self._who(privacy, labels, row.client_id, looker)
        shown, seen = self.as_seen(row, privacy, who, looker.purpose)
        if seen:
            self.record(self._seen(row.client_id, seen, privacy, looker), looker)
        return shown

    def client_field(self, row: ClientRow, field: str, looker: Looker) -> str | None:
        """One field in full: a detail, or a contact point by its id; None once erased.

        Whether there is a labelled detail is for those alone who may see it.
        Raises NotFound, Invalid, PurposeRequired, Confidential.
        """
        privacy = self._privacy(looker)
        known = {name: (path, value) for path, name, value in _labelled(row)}
        path, value = known.get(field, (_path_of_detail(field), None))
        if (label := privacy.fields.get(path)) is not None:
            who = self._who(privacy, {label}, row.client_id, looker)
            seen = self._seen(row.client_id, [path], privacy, looker)
            self._must_see(privacy, label, who, seen, looker)
        if field not in known:
            raise NotFound(f"nothing is called {field} in this file", field="field")
        return self._text(value)

    def persons(
        self, persons: Mapping[str, Mapping[str, Any]], client_id: UUID, looker: Looker
    ) -> dict[str, dict[str, Any]]:
        """Contact persons as they may see them: each field as the client's own detail is."""
        privacy = self._privacy(looker)
        paths = {name: _path_of_detail(name) for one in persons.values() for name in one}
        labels = {privacy.fields.get(path) for path in paths.values()}
        who, seen = self._who(privacy, labels, client_id, looker), set[str]()
        shown: dict[str, dict[str, Any]] = {id: dict(one) for id, one in persons.items()}
        for one in shown.values():
            for name in one:
                label = privacy.fields.get(paths[name])
                if privacy.sight(label, who, looker.purpose) is not Sight.FULL:
                    one[name] = HIDDEN
                elif privacy.is_recorded(label):
                    seen.add(paths[name])
        if seen:
            self.record(self._seen(client_id, sorted(seen), privacy, looker), looker)
        return shown

    def is_labelled(self, field: str, at: datetime) -> bool:
        """Whether a field as changes of a profile call it is shown to nobody on a list.

        A detail, a contact point by its id (`mobile-3`), or a detail of a person (`p-1.birthday`).
        """
        last = field.rpartition(".")[2]
        labelled = self._packs.privacy(at).fields
        return any(
            path in labelled
            for path in (_path_of_detail(last), f"contacts.{last.partition('-')[0]}")
        )

    def listed(self, rows: Iterable[ClientRow], at: datetime) -> list[ClientRow]:
        """As on a list: what is labelled is masked for everybody, and nothing is recorded."""
        privacy = self._packs.privacy(at)
        return [self.as_seen(row, privacy, (), None)[0] for row in rows]

    def evidence(self, ticket_id: UUID, digest: str, looker: Looker) -> None:
        """Raises PurposeRequired or Confidential for whom the label of an attachment keeps off."""
        privacy, ticket = self._privacy(looker), self._desk.look_up(Ticket, ticket_id)
        label = ticket.evidence_labels.get(digest)
        if label is None:
            return
        staff_id = looker.by.staff_id
        who = {name for name, held_by in ticket.standings.items() if held_by == staff_id}
        who |= looker.by.roles_in(ticket.units)
        if staff_id in ticket.evidence_grants.get(digest, ()):
            who.add(GRANTED)
        seen = Seen(
            what="evidence",
            client_id=ticket.client_id,
            ticket_id=ticket_id,
            labels=(label,),
            purpose=looker.purpose,
            digest=digest,
        )
        self._must_see(privacy, label, who, seen, looker)

    def must_reach(self, looker: Looker, ticket_id: UUID | None, client_id: UUID | None) -> None:
        """Who is confined sees a case of theirs while it is open, and whose it is.

        Raises OutOfReach, NotFound.
        """
        if ticket_id is not None:
            ticket = self._desk.look_up(Ticket, ticket_id)
            held = {name for name, by in ticket.standings.items() if by == looker.by.staff_id}
            if held & REACH and not ticket.is_closed:
                return
            seen = Seen(what="ticket", client_id=ticket.client_id, ticket_id=ticket_id)
        elif client_id is not None:
            if self._standings(REACH, client_id, looker.by.staff_id):
                return
            seen = Seen(what="client", client_id=client_id)
        else:
            raise OutOfReach("you see the cases that you are dispatched to", rule="PR-07")
        self.record(seen, looker, refused=OutOfReach.code)
        raise OutOfReach("this is no open case of yours", rule="PR-07")

    def as_seen(
        self, row: ClientRow, privacy: Privacy, who: Collection[str], purpose: str | None
    ) -> tuple[ClientRow, list[str]]:
        """The row with masks in it, and the fields to be put on record, seen in full."""
        seen: list[str] = []
        masked: dict[str, Any] = {}
        for path, name, value in _labelled(row):
            label = privacy.fields.get(path)
            if privacy.sight(label, who, purpose) is not Sight.FULL:
                masked[name] = self._masked(privacy, path, value)
            elif privacy.is_recorded(label):
                seen.append(path)
        return (_with(row, masked) if masked else row), seen

    def withheld(self, event: Any, at: datetime) -> frozenset[str]:
        """Which parts of a client's event are labelled: the value, or details by name."""
        fields = self._packs.privacy(at).fields
        if isinstance(event, Client.ContactPointAdded):
            return frozenset({"value"} if f"contacts.{event.kind}" in fields else ())
        if isinstance(event, Client.DetailsChanged):
            return frozenset(n for n in event.details if _path_of_detail(n) in fields)
        return frozenset({"name"} & fields.keys())

    def record(
        self,
        seen: Seen,
        looker: Looker,
        *,
        refused: str | None = None,
        shown: int | None = None,
        left_out: int | None = None,
    ) -> Receipt:
        """One event in the log of who looks and the day, stored when this returns.

        No client can send its command id before: theirs have no blanks.
        """
        by = replace(looker.by, roles=looker.by.roles_anywhere, unit_roles=frozenset())
        command = RecordAccess(
            by=by,
            command_id=f"read {uuid4()}",
            received_at=looker.at,
            seen=seen,
            refused=refused,
            shown=shown,
            left_out=left_out,
        )
        day = looker.at.astimezone(self._desk.zone).date()

        def get(act: Act) -> Access:
            try:
                return self._desk.load(Access, Access.id_of(by.ref, day), command)
            except NotFound:
                return Access.begin(day, act=act)

        def decide(access: Access, act: Act) -> None:
            if refused is None:
                access.allow(seen, shown=shown, left_out=left_out, act=act)
            else:
                access.refuse(seen, code=refused, act=act)

        return self._desk.change_or_create(get, command, decide)

    def _must_see(
        self, privacy: Privacy, label: str, who: Collection[str], seen: Seen, looker: Looker
    ) -> None:
        sight = privacy.sight(label, who, looker.purpose)
        if sight is not Sight.FULL:
            refusal = privacy.refusal(label, sight)
            self.record(seen, looker, refused=refusal.code)
            raise refusal
        if privacy.is_recorded(label):
            self.record(seen, looker)

    def _privacy(self, looker: Looker) -> Privacy:
        privacy = self._packs.privacy(looker.at)
        privacy.must_be_purpose(looker.purpose)
        return privacy

    def _seen(
        self, client_id: UUID, fields: Collection[str], privacy: Privacy, looker: Looker
    ) -> Seen:
        return Seen(
            what="client",
            client_id=client_id,
            fields=tuple(sorted(set(fields))),
            labels=tuple(sorted({privacy.fields[field] for field in fields})),
            purpose=looker.purpose,
        )

    def _who(
        self, privacy: Privacy, labels: Collection[str | None], client_id: UUID, looker: Looker
    ) -> frozenset[str]:
        """Their roles, and what they are on open matters of this client where that matters."""
        roles = looker.by.roles
        rules = [privacy.labels[label] for label in labels if label in privacy.labels]
        asked = {who for rule in rules if not rule.full & roles for who in rule.full}
        standings = self._standings(asked & STANDING_FILTERS.keys(), client_id, looker.by.staff_id)
        return roles | standings

    def _standings(
        self, asked: Collection[str], client_id: UUID, staff_id: UUID | None
    ) -> frozenset[str]:
        if staff_id is None or not asked:
            return frozenset()
        ids = (client_id, *self._clients.merged_into(client_id))

        def holds(name: str) -> bool:
            theirs: dict[str, Any] = {STANDING_FILTERS[name]: staff_id}
            matters = TicketFilter(client_ids=ids, is_closed=False, **theirs)
            return bool(self._tickets.page(matters, before=None, limit=1))

        return frozenset(name for name in asked if holds(name))

    def _masked(self, privacy: Privacy, path: str, value: Any) -> Any:
        """What cannot be opened any more says so by itself."""
        text = self._text(value)
        return value if text is None else privacy.masked(path, text)

    def _text(self, value: Any) -> str | None:
        if not isinstance(value, Sealed):
            return str(value)
        if value.text is None and value.box is not None:
            return self._open_box(value.box)
        return value.text


def _path_of_detail(name: str) -> str:
    return name if name == "name" else f"details.{name}"


def _labelled(row: ClientRow) -> Iterator[tuple[str, str, Any]]:
    """What of a file can be labelled: as packs call it, its name in the file, and the value."""
    yield "name", "name", row.name
    for name, value in row.details.items():
        yield _path_of_detail(name), name, value
    for contact_id, contact in row.contacts.items():
        yield f"contacts.{contact['kind']}", contact_id, contact["value"]


def _with(row: ClientRow, masked: dict[str, Any]) -> ClientRow:
    details = {name: masked.get(name, value) for name, value in row.details.items()}
    contacts = {
        contact_id: contact | {"value": masked.get(contact_id, contact["value"])}
        for contact_id, contact in row.contacts.items()
    }
    name = masked.get("name", row.name)
    return replace(row, name=name, details=details, contacts=contacts)
