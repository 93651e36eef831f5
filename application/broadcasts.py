"""One entry on the files of many clients: invitations, announcements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from application.client_figures import ClientAudience, by_pack
from application.client_files import ClientFiles, RecordOnFile
from application.desk import Command, Desk
from application.file_book import FileBook


@dataclass(frozen=True, kw_only=True)
class SendBroadcast(Command):
    PERMISSION: ClassVar[str] = "client.broadcast"
    name: str
    form: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Sent:
    """Whom it reached, and who was left out because they have not consented."""

    reached: list[UUID]
    without_consent: list[UUID]


class Broadcasts:
    """The views say for whom it is meant. Broken off and sent again, nobody gets it twice."""

    def __init__(
        self, desk: Desk, files: ClientFiles, book: FileBook, audience: ClientAudience
    ) -> None:
        self._desk, self._files, self._book, self._audience = desk, files, book, audience

    def send(self, command: SendBroadcast) -> Sent:
        """Raises NotFound, Forbidden, and what the kind of entry refuses."""
        self._desk.authorised(command)
        said = self._book.broadcast(command.name, command.at)
        sent = Sent([], [])
        for client in self._audience.all(command.received_at):
            look = by_pack(client.look, said.values, said.lists)
            if said.rule.where is not None and not said.rule.where.holds(look):
                continue
            if said.rule.consent is not None and not said.rule.consent.holds(look):
                sent.without_consent.append(client.row.client_id)
                continue
            self._files.record(_entry(command, said.rule.records, client.row.client_id))
            sent.reached.append(client.row.client_id)
        return sent


def _entry(command: SendBroadcast, kind: str, client_id: UUID) -> RecordOnFile:
    return RecordOnFile(
        by=command.by,
        command_id=f"{command.command_id} {client_id}",
        received_at=command.received_at,
        occurred_at=command.occurred_at,
        acting_for=command.acting_for,
        reason=command.reason,
        client_id=client_id,
        entry=kind,
        form=command.form,
    )
