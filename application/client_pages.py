"""Everything about one client on one page, and what changed on all of them in a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from application.accesses import Accesses, Looker
from application.client_matters import ticket_ids
from application.client_sections import POINTS, Shown, booked, decided, decisions, told
from application.file_book import FileBook
from application.labelled_texts import LabelledTexts
from application.permissions import is_allowed
from application.views.client_file import ClientFile, ClientRow
from application.views.client_history import Changed, ClientHistory, ClientHistoryRow, changes
from application.views.client_standing import ClientStanding
from application.views.ledger import Balance, LedgerBook, LedgerRow, balances
from application.views.ticket_register import TicketFilter, TicketRegister, TicketRow
from domain.errors import NotFound
from domain.privacy import HIDDEN

SECTIONS = (
    "contacts",
    "contact_persons",
    "interests",
    "needs",
    "evaluations",
    "suggestions",
    "complaints",
    "tickets",
    "purchases",
    "call_backs",
    "satisfaction",
    "tier_history",
    "manager_history",
    "consents",
    "blacklist",
    "points",
    "statements",
    "records",
)
"""What the file shows, besides who the client is; empty where there is nothing."""

TICKET_SECTIONS = "file_sections"
"""The value in which packs say which procedures are shown where: `{complaints: [complaint]}`."""

TICKETS = 1_000
"""So many of a client's tickets are shown, the newest."""


class ClientPages:
    """Of a client, the files that follow it are shown with its own."""

    def __init__(
        self,
        file: ClientFile,
        history: ClientHistory,
        standing: ClientStanding,
        register: TicketRegister,
        book: FileBook,
        accesses: Accesses,
        ledger: LedgerBook,
        texts: LabelledTexts,
        zone: ZoneInfo,
    ) -> None:
        self._file, self._history, self._standing = file, history, standing
        self._register, self._book, self._zone = register, book, zone
        self._accesses, self._ledger, self._texts = accesses, ledger, texts

    def file(self, client_id: UUID, looker: Looker, *, for_client: bool = False) -> dict[str, Any]:
        """By sections, and all of it in the order of its time, as they may see it.

        `for_client`: only what the client is shown. Raises NotFound, Invalid for a purpose that is
        in no list.
        """
        now, row = looker.at, self._accesses.client(self._row(client_id), looker)
        ids = [client_id, *self._file.merged_into(client_id)]
        rows = self._history.of_clients(ids)
        shown = [*self._entries(rows, now, for_client), *self._tickets(ids, now)]
        lines = self._lines(ids, looker, for_client)
        shown += booked(lines)
        if not for_client:
            shown += decisions(rows)
        sections: dict[str, list[dict[str, Any]]] = {name: [] for name in SECTIONS}
        for one in shown:
            sections.setdefault(one.section, []).append(one.said)
        standing = self._standing.of(client_id)
        known = {
            "contacts": [{"contact_id": id, **point} for id, point in row.contacts.items()],
            "contact_persons": _persons(
                self._accesses.persons(standing.persons if standing else {}, client_id, looker)
            ),
        }
        timeline = sorted(shown, key=lambda one: one.at)
        return {
            "identity": _identity(row, for_client),
            **sections,
            **({} if for_client else known),
            "entitlements": self._entitled(rows, client_id, now),
            "balances": [{"currency": b.currency, "amount": b.amount} for b in _sums(lines)],
            "timeline": [{"section": one.section, **one.said} for one in timeline],
        }

    def grades(self, client_id: UUID, now: datetime) -> dict[str, Any]:
        """What holds today by each scheme, what waits, and every class there ever was.

        Raises NotFound.
        """
        self._row(client_id)
        rows = self._history.of_clients([client_id])
        return {
            "current": self._current(client_id, now),
            "entitlements": self._entitled(rows, client_id, now),
            "pending": [decided(row) for row in _waiting(rows)],
            "history": [decided(row) for row in rows if row.topic == "client.graded"],
        }

    def _current(self, client_id: UUID, now: datetime) -> dict[str, str | None]:
        day, standing = now.astimezone(self._zone).date(), self._standing.of(client_id)
        return {s: standing.grade_on(s, day) for s in standing.grades} if standing else {}

    def _entitled(
        self, rows: Sequence[ClientHistoryRow], client_id: UUID, now: datetime
    ) -> dict[str, Any]:
        own = [row for row in rows if row.client_id == client_id]
        return _entitlements(own, self._current(client_id, now))

    def changes(self, client_id: UUID, now: datetime) -> list[dict[str, Any]]:
        """What each change of the profile was before and after, and who made it.

        What is labelled is hidden from everybody. Raises NotFound.
        """
        self._row(client_id)
        return [self._told(one, now) for one in changes(self._history.of_clients([client_id]))]

    def _told(self, one: Changed, now: datetime) -> dict[str, Any]:
        said = asdict(one)
        if self._accesses.is_labelled(one.field, now):
            said |= {n: HIDDEN for n in ("before", "after") if said[n] is not None}
        return said

    def changed(
        self, since: datetime, until: datetime, now: datetime, *, by: str | None = None
    ) -> list[dict[str, Any]]:
        """The clients whose profile changed in a period, each with what is new marked as such.

        `by`: only what this person changed.
        """
        found = []
        for client_id in self._history.profiles_changed(since, until):
            made = [
                self._told(one, now)
                for one in changes(self._history.of_clients([client_id]))
                if since <= one.occurred_at < until and by in (None, one.by)
            ]
            if made:
                found.append({"client_id": client_id, "changes": made})
        return found

    def _row(self, client_id: UUID) -> ClientRow:
        row = self._file.client(client_id)
        if row is None:
            raise NotFound(f"no client {client_id}", field="client_id")
        return row

    def _entries(
        self, rows: Sequence[ClientHistoryRow], now: datetime, for_client: bool
    ) -> list[Shown]:
        kinds = self._book.kinds(now)
        shown = []
        for row in rows:
            if row.topic != "client.recorded" or row.kind is None:
                continue
            said = kinds.get(row.kind)
            if for_client and (said is None or not said.rule.client_sees):
                continue
            shown.append(Shown(row.occurred_at, _section(said), _entry(row)))
        return shown

    def _lines(self, ids: Sequence[UUID], looker: Looker, for_client: bool) -> list[LedgerRow]:
        """Points; and money, for who may see the ledger and not for the client."""
        of = [self._ledger.booked(f"client:{id}", since=None, until=None) for id in ids]
        sees_all = not for_client and is_allowed("ledger.read", looker.by.roles_anywhere)
        return [line for lines in of for line in lines if sees_all or line.kind == POINTS]

    def _tickets(self, ids: Sequence[UUID], now: datetime) -> list[Shown]:
        asked = TicketFilter(client_ids=tuple(ids))
        places = self._book.value(TICKET_SECTIONS, now)
        sections = {name: section for section, names in places.items() for name in names}
        found = self._register.page(asked, before=None, limit=TICKETS)
        rows = self._texts.listed(found, now)
        return [
            Shown(row.opened_at, sections.get(row.procedure, "tickets"), _ticket(row))
            for row in reversed(rows)
        ]


_KNOWN_TO_ALL = ("client_id", "kind", "name", "registered_at", "version")
_KNOWN_INSIDE = (
    *("details", "attributes", "is_blacklisted", "blacklist_scope", "holds", "consents"),
)


def _identity(row: ClientRow, for_client: bool) -> dict[str, Any]:
    names = _KNOWN_TO_ALL if for_client else (*_KNOWN_TO_ALL, *_KNOWN_INSIDE)
    return {name: getattr(row, name) for name in names}


def _persons(persons: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"person_id": id, **said} for id, said in persons.items()]


def _section(said: Any) -> str:
    return "records" if said is None else str(said.rule.section)


def _entry(row: ClientHistoryRow) -> dict[str, Any]:
    said = row.details
    return {
        "kind": row.kind,
        "word": said["word"],
        "number": said["number"],
        "form": said["form"],
        **told(row),
        "ticket_ids": ticket_ids(row.client_id, row.version, said["opens"]),
    }


def _ticket(row: TicketRow) -> dict[str, Any]:
    names = ("ticket_id", "number", "procedure", "matter", "channel", "state", "owner_id")
    times = {"occurred_at": row.opened_at, "closed_at": row.closed_at}
    return {name: getattr(row, name) for name in names} | times | {"priority": row.priority}


def _sums(lines: Sequence[LedgerRow]) -> Sequence[Balance]:
    """Of all the files together, by currency."""
    return balances(replace(line, holder="") for line in lines)


def _waiting(rows: Sequence[ClientHistoryRow]) -> list[ClientHistoryRow]:
    waiting: dict[str, ClientHistoryRow] = {}
    for row in rows:
        if row.topic == "client.grade-proposed":
            waiting[str(row.kind)] = row
        elif row.topic in ("client.graded", "client.grade-refused"):
            waiting.pop(str(row.kind), None)
    return list(waiting.values())


def _entitlements(
    rows: Sequence[ClientHistoryRow], current: dict[str, str | None]
) -> dict[str, Any]:
    """By scheme, what the class that holds entitles to."""
    claims: dict[str, Any] = {}
    for row in rows:
        scheme = str(row.kind)
        if row.topic == "client.graded" and row.details["grade"] == current.get(scheme):
            claims[scheme] = row.details["entitlements"]
    return claims
