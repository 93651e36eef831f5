"""Commands on clients' files: contact persons, entries, gradings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from application.cards import Cards, ClientCommand
from application.client_matters import ClientMatters
from application.desk import Command, Desk
from application.file_book import FileBook
from application.register import Receipt
from domain.aggregate import Act
from domain.client import Client
from domain.form import with_form
from domain.pack_rules import value_of


@dataclass(frozen=True, kw_only=True)
class AddContactPerson(ClientCommand):
    person: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ChangeContactPerson(ClientCommand):
    person_id: str
    person: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class RemoveContactPerson(ClientCommand):
    person_id: str


@dataclass(frozen=True, kw_only=True)
class RecordOnFile(ClientCommand):
    """`entry`: the kind of it."""

    entry: str
    form: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class GradeClient(ClientCommand):
    """`grade`: the class that somebody names themselves; `since`: from which day on, if not now."""

    scheme: str
    form: Mapping[str, Any] = field(default_factory=dict)
    grade: str | None = None
    since: date | None = None


@dataclass(frozen=True, kw_only=True)
class ApproveGrade(ClientCommand):
    PERMISSION: ClassVar[str] = "client.grade"
    scheme: str


@dataclass(frozen=True, kw_only=True)
class RefuseGrade(ClientCommand):
    PERMISSION: ClassVar[str] = "client.grade"
    scheme: str


class ClientFiles:
    """What follows from an entry or a class is opened at once, and by the worker if not."""

    def __init__(self, desk: Desk, cards: Cards, book: FileBook, matters: ClientMatters) -> None:
        self._desk, self._cards, self._book, self._matters = desk, cards, book, matters

    def add_person(self, command: AddContactPerson) -> Receipt:
        return self._cards.change(
            command, lambda client, act: client.add_person(command.person, act=act)
        )

    def change_person(self, command: ChangeContactPerson) -> Receipt:
        return self._cards.change(
            command,
            lambda client, act: client.change_person(command.person_id, command.person, act=act),
        )

    def remove_person(self, command: RemoveContactPerson) -> Receipt:
        return self._cards.change(
            command, lambda client, act: client.remove_person(command.person_id, act=act)
        )

    def record(self, command: RecordOnFile) -> Receipt:
        """What the manager enters may be a follow-up, too, and void the card (OW-05).

        Raises NotFound for an unknown kind, and what the kind refuses.
        """

        def decide(client: Client, act: Act) -> None:
            said = self._book.kind(command.entry, command.at)
            client.record(
                command.entry,
                command.form,
                said,
                today=self._day(act),
                at_unit=self._unit(command),
                act=act,
            )
            look = with_form(client.forms[command.entry], client.looking(act, said, self._day(act)))
            channel = value_of(said.rule.follow_up, look)
            if channel is not None and act.stands_for(client.manager_id):
                client.follow_up(channel, terms=self._book.ownership(act.at), act=act)

        return self._change(command, decide)

    def grade(self, command: GradeClient) -> Receipt:
        """Raises NotFound for an unknown scheme, NotAdjustable, Invalid."""
        return self._change(
            command,
            lambda client, act: client.grade_by(
                command.scheme,
                command.form,
                self._book.grading(command.scheme, command.at),
                named=command.grade,
                since=command.since,
                today=self._day(act),
                at_unit=self._unit(command),
                act=act,
            ),
        )

    def approve_grade(self, command: ApproveGrade) -> Receipt:
        """By the levels of the version that it was proposed under.

        Raises NothingProposed, UnitTooLow, OwnProposal.
        """

        def decide(client: Client, act: Act) -> None:
            known = client.proposals.get(command.scheme)
            said = (
                self._book.grading(command.scheme, command.at)
                if known is None
                else self._book.grading_of(
                    command.scheme, known.said["pack"], known.said["pack_version"]
                )
            )
            client.approve_grade(command.scheme, said, self._unit(command), act=act)

        return self._change(command, decide)

    def refuse_grade(self, command: RefuseGrade) -> Receipt:
        return self._change(
            command, lambda client, act: client.refuse_grade(command.scheme, act=act)
        )

    def _day(self, act: Act) -> date:
        return act.at.astimezone(self._desk.zone).date()

    def _unit(self, command: Command) -> Mapping[str, Any]:
        said = self._book.unit(command.by.unit, command.at)
        return {"name": command.by.unit, **said}

    def _change(self, command: ClientCommand, decide: Callable[[Client, Act], None]) -> Receipt:
        receipt = self._desk.change(Client, command.client_id, command, decide)
        self._matters.open_after(receipt, command.received_at)
        return receipt
