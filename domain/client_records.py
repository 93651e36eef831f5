"""What is on a client's file: contact persons, and entries of the kinds that packs define."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.aggregate import STAFF_PREFIX, Act, Aggregate
from domain.errors import Forbidden, Invalid, NotFound
from domain.file_rules import RecordKind, Said, orders
from domain.form import with_form
from domain.predicate import Look, part_of
from domain.sealed import Sealed, in_clear

PERSON = frozenset({"name", "gender", "birthday", "post", "phone", "hobbies", "relationship_level"})
"""What may be said of a contact person; each is sealed."""

PERSON_LIMIT = 400
"""Longest text of these, in characters."""


class NotTheKeeper(Forbidden):
    code = "not_the_keeper"


NOBODY: Mapping[str, Any] = {}
"""What is known of a unit of which no pack says anything."""


class OnFile(Aggregate):
    """Entries are counted by kind; of each kind the last form is kept, in clear."""

    class ContactPersonAdded(Aggregate.Event):
        TOPIC = "client.contact-person-added"
        person_id: str
        person: dict[str, Any]

        def apply(self, aggregate: OnFile) -> None:
            aggregate.persons[self.person_id] = self.person

    class ContactPersonChanged(Aggregate.Event):
        """`person`: only what is new of it."""

        TOPIC = "client.contact-person-changed"
        person_id: str
        person: dict[str, Any]

        def apply(self, aggregate: OnFile) -> None:
            aggregate.persons[self.person_id] = aggregate.persons[self.person_id] | self.person

    class ContactPersonRemoved(Aggregate.Event):
        TOPIC = "client.contact-person-removed"
        person_id: str

        def apply(self, aggregate: OnFile) -> None:
            del aggregate.persons[self.person_id]

    class Recorded(Aggregate.Event):
        """The `number`-eth entry of its kind, by `pack`; `opens`: matters that follow from it."""

        TOPIC = "client.recorded"
        kind: str
        number: int
        word: str
        form: dict[str, Any]
        pack: str
        pack_version: int
        opens: dict[str, Any]

        def apply(self, aggregate: OnFile) -> None:
            aggregate.counts[self.kind] = self.number
            aggregate.forms[self.kind] = in_clear(self.form)
            last = aggregate.last_at.get(self.kind, self.timestamp)
            aggregate.last_at[self.kind] = max(last, self.timestamp)

    class ViolationFlagged(Aggregate.Event):
        """Somebody tried what a rule forbids; what they sent was refused."""

        TOPIC = "client.violation-flagged"
        kind: str
        rule: str | None
        staff: str

    def _start_file(self) -> None:
        self.persons: dict[str, dict[str, Sealed]] = {}
        self.counts: dict[str, int] = {}
        self.forms: dict[str, dict[str, Any]] = {}
        self.last_at: dict[str, datetime] = {}

    def add_person(self, person: Mapping[str, str], *, act: Act) -> None:
        """Raises Invalid, for somebody without a name, too."""
        sealed = self._sealed_person(person)
        if "name" not in sealed:
            raise Invalid("a contact person has a name", field="person.name", rule="CL-01")
        if sealed not in self.persons.values():
            person_id = f"person-{self.version + 1}"
            self._record(self.ContactPersonAdded, act, person_id=person_id, person=sealed)

    def change_person(self, person_id: str, person: Mapping[str, str], *, act: Act) -> None:
        """Only what is new is recorded. Raises NotFound, Invalid."""
        known, sealed = self._person(person_id), self._sealed_person(person)
        changed = {name: text for name, text in sealed.items() if known.get(name) != text}
        if changed:
            self._record(self.ContactPersonChanged, act, person_id=person_id, person=changed)

    def remove_person(self, person_id: str, *, act: Act) -> None:
        """Raises NotFound."""
        self._person(person_id)
        self._record(self.ContactPersonRemoved, act, person_id=person_id)

    def must_be_kept_by(
        self, keeper: str | None, others: Collection[str], said: Said[Any], today: date, act: Act
    ) -> None:
        """The profile is kept by the member of staff at the path `keeper`, if it names anybody.

        `others`: roles that may change it, too. Raises NotTheKeeper.
        """
        named = keeper and self.looking(act, said, today)(keeper)
        if not named or act.roles & set(others) or not act.by.startswith(STAFF_PREFIX):
            return
        if act.stood_for != f"{STAFF_PREFIX}{named}":
            raise NotTheKeeper(
                "only who keeps this client's card changes it",
                rule="CL-12",
                violation="client_card",
            )

    def flag_violation(self, kind: str, rule: str | None, *, act: Act) -> None:
        """Put on record that somebody tried what a rule forbids (CL-12)."""
        self._record(self.ViolationFlagged, act, kind=kind, rule=rule, staff=act.stood_for)

    def record(
        self,
        kind: str,
        form: Mapping[str, Any],
        said: Said[RecordKind],
        *,
        today: date,
        at_unit: Mapping[str, Any] = NOBODY,
        act: Act,
    ) -> None:
        """Make an entry. `at_unit`: what packs say of the unit of who makes it.

        Raises NotYoursToRecord, NotRecordable, FormIncomplete, FormRefused, Invalid.
        """
        look = self.looking(act, said, today, at_unit)
        read = said.rule.form_of(form, self.id, look)
        filled = with_form(read, look)
        said.rule.must_be_possible(filled)
        self._record(
            self.Recorded,
            act,
            kind=kind,
            number=self.counts.get(kind, 0) + 1,
            word=said.rule.title,
            form=read,
            pack=said.pack,
            pack_version=said.version,
            opens=orders(said.rule.opens, filled),
        )

    def looking(
        self, act: Act, said: Said[Any], today: date, at_unit: Mapping[str, Any] = NOBODY
    ) -> Look:
        """What paths stand for: `count.K`, `hours_since.K`, `K.field` (last form), `grade.S` …"""
        known: Mapping[str, Callable[[str], Any]] = {
            "count": lambda name: self.counts.get(name, 0),
            "hours_since": lambda name: self._hours_since(name, act.at),
            "grade": lambda name: self.grade_on(name, today),
            "client": self._client,
            "policy": said.values.get,
            "list": lambda name: list(said.lists.get(name, ())),
            "unit": at_unit.get,
            "actor": lambda name: _actor(name, act),
        }

        def look(path: str) -> Any:
            where, _, name = path.partition(".")
            if path == "now":
                return act.at
            if path == "today":
                return today.isoformat()
            if where in known:
                return known[where](name)
            return part_of(self.forms.get(where, {}), name)

        return look

    def grade_on(self, scheme: str, day: date) -> str | None:
        """The class that the client was in on a day."""
        raise NotImplementedError

    def _client(self, name: str) -> Any:
        return str(self.id) if name == "id" else self.clear.get(name)

    @property
    def clear(self) -> Mapping[str, Any]:
        """What is said of the client in clear."""
        raise NotImplementedError

    def _hours_since(self, kind: str, now: datetime) -> Decimal | None:
        last = self.last_at.get(kind)
        return None if last is None else Decimal((now - last) // _MINUTE) / 60

    def _person(self, person_id: str) -> dict[str, Sealed]:
        if person_id not in self.persons:
            raise NotFound(f"no contact person {person_id}", field="person_id")
        return self.persons[person_id]

    def _sealed_person(self, person: Mapping[str, str]) -> dict[str, Sealed]:
        if unknown := sorted(person.keys() - PERSON):
            known = ", ".join(sorted(PERSON))
            raise Invalid(f"no {unknown[0]}; there are: {known}", field=f"person.{unknown[0]}")
        if "birthday" in person:
            _must_be_day(person["birthday"])
        return {
            name: Sealed.of(self.subject, text, name=f"person.{name}", limit=PERSON_LIMIT)
            for name, text in person.items()
        }


_MINUTE = timedelta(minutes=1)


def _actor(name: str, act: Act) -> Any:
    if name == "roles":
        return sorted(act.roles)
    return act.stood_for.partition(":")[2] if name == "id" else None


def _must_be_day(said: str) -> None:
    try:
        date.fromisoformat(said.strip())
    except ValueError:
        raise Invalid("a birthday is like 1980-02-29", field="person.birthday") from None
