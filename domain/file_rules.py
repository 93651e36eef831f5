"""What packs rule about a client's file: entries, and what follows from them. Data, never changed.

`records` are kinds of entries with a form each; `broadcasts` enter one for many clients at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from msgspec import Struct

from domain.errors import Forbidden, Refused
from domain.form import FormField, FormRule, Word, form_faults, read_form
from domain.pack_rules import value_of
from domain.predicate import Look, Predicate
from domain.sealed import in_clear

T = TypeVar("T")


class NotRecordable(Refused):
    code = "not_recordable"


class NotYoursToRecord(Forbidden):
    code = "not_yours_to_record"


class Opens(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A matter that the desk opens for the client by itself.

    A value of `form` that begins with `=` is a path; sealed texts are not passed on. Whose it is:
    the member of staff at the path `owner`, else somebody with `owner_role`, else who recorded it.
    """

    procedure: Word
    title: Word
    when: Predicate | None = None
    form: dict[Word, Any] = {}
    channel: Word = "internal"
    owner: Word | None = None
    owner_role: Word | None = None
    rule: Word | None = None

    def order(self, look: Look) -> dict[str, Any] | None:
        """What is to be opened, as data; None where it does not follow here."""
        if self.when is not None and not self.when.holds(look):
            return None
        filled = {name: in_clear(value_of(said, look)) for name, said in self.form.items()}
        return {
            "procedure": self.procedure,
            "matter": self.title,
            "channel": self.channel,
            "form": {name: value for name, value in filled.items() if value is not None},
            "owner_id": look(self.owner) if self.owner else None,
            "owner_role": self.owner_role,
        }


class RecordKind(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of entry on a client's file.

    `by`: roles that may make it; none named: whoever keeps files of clients. Possible only `when`
    that holds; who is refused is told what it `says`. `section`: where in the file it is shown.
    `client_sees`: it is shown to the client, too. `follow_up`: by which channel the client was got
    in touch with (a word, or `=` and a path), which counts if their manager says so (OW-05).
    """

    title: Word
    form: dict[Word, FormField] = {}
    must: tuple[FormRule, ...] = ()
    by: frozenset[Word] = frozenset()
    when: Predicate | None = None
    says: Word | None = None
    rule: Word | None = None
    section: Word = "records"
    opens: dict[Word, Opens] = {}
    client_sees: bool = False
    follow_up: Word | None = None

    def form_of(self, values: Mapping[str, Any], subject: UUID, look: Look) -> dict[str, Any]:
        """The form as it is stored. Raises FormIncomplete, FormRefused, Invalid."""
        return read_form(self.form, self.must, values, subject, look)

    def must_be_possible(self, look: Look) -> None:
        """Raises NotYoursToRecord, NotRecordable."""
        if self.by and not self.by & set(look("actor.roles")):
            wanted = ", ".join(sorted(self.by))
            raise NotYoursToRecord(self.says or f"{self.title} is for: {wanted}", rule=self.rule)
        if self.when is not None and not self.when.holds(look):
            said = self.says or f"{self.title} is not possible now"
            raise NotRecordable(said, rule=self.rule)


class Broadcast(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of the kind `records` for each client of whom `where` holds.

    Who has not consented to `consent` is left out, and counted.
    """

    title: Word
    records: Word
    where: Predicate | None = None
    consent: Predicate | None = None
    rule: Word | None = None


@dataclass(frozen=True)
class Said(Generic[T]):
    """What a pack says of something, in which version, with its own values and lists."""

    pack: str
    version: int
    rule: T
    values: Mapping[str, Any]
    lists: Mapping[str, tuple[str, ...]]


def orders(opens: Mapping[str, Opens], look: Look) -> dict[str, Any]:
    """All that follows here, by name."""
    found = {name: rule.order(look) for name, rule in opens.items()}
    return {name: order for name, order in found.items() if order is not None}


def file_faults(
    records: Mapping[str, RecordKind], broadcasts: Mapping[str, Broadcast]
) -> list[str]:
    """What is wrong with them, each fault naming its place."""
    faults = []
    for name, kind in records.items():
        faults += form_faults(f"records.{name}.form", kind.form)
        if not name.isidentifier() or name in RESERVED:
            faults.append(f"records.{name}: a kind is one word of small letters, and none of ours")
    return faults + [
        f"broadcasts.{name}.records: no kind is called {said.records}"
        for name, said in broadcasts.items()
        if said.records not in records
    ]


RESERVED = frozenset(
    {
        "form",
        "now",
        "today",
        "policy",
        "list",
        "unit",
        "count",
        "ever",
        "sum",
        "hours_since",
        "last",
        "grade",
        "client",
        "actor",
        "this",
        "registered",
        "profile",
    }
)
"""Words that paths begin with; no kind of record is called so."""
