"""Changing who a client is and how they are reached: who keeps their card, where packs say who."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from application.desk import Command, Desk
from application.file_book import FileBook
from application.packs import Packs
from application.register import Receipt
from application.violations import said_behind
from domain.aggregate import Act
from domain.client import Client
from domain.errors import DomainError

KEEPER = "card_keeper"
"""The value in which packs name the path to who keeps a client's card."""

EDITORS = "card_editors"
"""The list of roles that may change any card."""


@dataclass(frozen=True, kw_only=True)
class ClientCommand(Command):
    PERMISSION: ClassVar[str] = "client.handle"
    client_id: UUID


@dataclass(frozen=True, kw_only=True)
class FlagClientViolation(ClientCommand):
    """Follows a refusal; who sent that is who is meant."""

    COMMUTES: ClassVar[bool] = True
    kind: str
    rule: str | None


class Cards:
    def __init__(self, desk: Desk, packs: Packs) -> None:
        self._desk, self._packs, self._book = desk, packs, FileBook(packs)

    def change(self, command: ClientCommand, decide: Callable[[Client, Act], None]) -> Receipt:
        """Raises NotTheKeeper, which is put on record, and what `decide` does."""
        said = self._book.word(KEEPER, command.at)
        editors = self._packs.listed(EDITORS, command.at)

        def kept(client: Client, act: Act) -> None:
            today = act.at.astimezone(self._desk.zone).date()
            client.must_be_kept_by(said.rule, editors, said, today, act)
            decide(client, act)

        try:
            return self._desk.change(Client, command.client_id, command, kept)
        except DomainError as refusal:
            if violation := refusal.facts.get("violation"):
                self._flag(command, violation, refusal.rule)
            raise

    def _flag(self, command: ClientCommand, kind: str, rule: str | None) -> None:
        flagged = FlagClientViolation(
            **said_behind(command, self._desk), client_id=command.client_id, kind=kind, rule=rule
        )
        self._desk.change(
            Client,
            command.client_id,
            flagged,
            lambda client, act: client.flag_violation(kind, rule, act=act),
        )
