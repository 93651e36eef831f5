"""Commands on exports of clients: asked for, approved by somebody else, taken page by page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar
from uuid import UUID, uuid4

from application.accesses import Accesses, Looker
from application.desk import Command, Desk
from application.packs import Packs
from application.permissions import role_for
from application.register import Receipt
from application.views.client_file import ClientFile, ClientRow
from domain.access import Seen
from domain.aggregate import Act
from domain.errors import Forbidden, Invalid
from domain.export import Export
from domain.privacy import GRANTED


@dataclass(frozen=True, kw_only=True)
class RequestExport(Command):
    """`purpose`: a code of the list; `client_ids`: those that are wanted, none named: all."""

    PERMISSION: ClassVar[str] = "client.export"
    purpose: str
    client_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DecideExportCommand(Command):
    PERMISSION: ClassVar[str] = "client.approve-export"
    export_id: UUID


@dataclass(frozen=True, kw_only=True)
class ApproveExport(DecideExportCommand):
    pass


@dataclass(frozen=True, kw_only=True)
class DeclineExport(DecideExportCommand):
    pass


@dataclass(frozen=True)
class ExportPage:
    """`left_out`: how many of those wanted have not consented to the purpose, in all."""

    rows: list[ClientRow]
    left_out: int


class Exports:
    def __init__(self, desk: Desk, packs: Packs, clients: ClientFile, accesses: Accesses) -> None:
        self._desk, self._packs = desk, packs
        self._clients, self._accesses = clients, accesses

    def request(self, command: RequestExport) -> Receipt:
        """Raises Invalid for a purpose that is in no list, and without a reason."""

        def make(act: Act) -> Export:
            self._packs.privacy(act.at).must_be_purpose(command.purpose, field="purpose")
            wanted = command.client_ids
            return Export.request(uuid4(), purpose=command.purpose, client_ids=wanted, act=act)

        return self._desk.create(command, make)

    def approve(self, command: ApproveExport) -> Receipt:
        """Good for as many days as the packs say. Raises SamePersonExports, Invalid …"""

        def decide(export: Export, act: Act) -> None:
            days = self._packs.privacy(act.at).export_days
            if days is None:
                raise Invalid("no pack in force says for how many days an export is good")
            export.approve(act.at + timedelta(days=days), act=act)

        return self._decide(command, decide)

    def decline(self, command: DeclineExport) -> Receipt:
        return self._decide(command, lambda export, act: export.decline(act=act))

    def export(self, export_id: UUID) -> Export:
        """As it stands. Raises NotFound."""
        return self._desk.look_up(Export, export_id)

    def page(
        self, export_id: UUID, looker: Looker, *, before: int | None, limit: int
    ) -> ExportPage:
        """One page of it, newest first; that it was taken, or refused, is on record by then.

        The last row only says that there are more. Raises NotFound, Forbidden.
        """
        export = self.export(export_id)
        seen = Seen(what="export", export_id=export_id, purpose=export.purpose)
        try:
            role_for("client.export", looker.by.roles)
            export.must_be_good(looker.by.ref, looker.at)
        except Forbidden as refusal:
            self._accesses.record(seen, looker, refused=refusal.code)
            raise
        privacy = self._packs.privacy(looker.at)
        consent = export.purpose if privacy.needs_consent(export.purpose) else None
        wanted, who = export.client_ids or None, looker.by.roles | {GRANTED}
        found = self._clients.wanted(wanted, consent=consent, before=before, limit=limit)
        left_out = self._clients.without_consent(wanted, consent) if consent else 0
        rows = [self._accesses.as_seen(row, privacy, who, export.purpose)[0] for row in found]
        shown = min(len(rows), limit - 1)
        self._accesses.record(seen, looker, shown=shown, left_out=left_out)
        return ExportPage(rows, left_out)

    def _decide(
        self, command: DecideExportCommand, decide: Callable[[Export, Act], None]
    ) -> Receipt:
        return self._desk.change(Export, command.export_id, command, decide)
