"""Tables of clients and of staff: which column becomes which command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from application.clients import AddContactPoint, ChangeClientDetails, Clients, RegisterClient
from application.clients import SetTrait as SetClientTrait
from application.desk import Actor, Desk
from application.filing import KEY, Filing, Row, Step, Twin
from application.matching import MatchIndex
from application.ownership import AssignClient, Ownership
from application.packs import Packs
from application.people import NameSuperior, People, RegisterStaff, TakePost
from application.views.client_match import PHONES, ClientMatches
from domain.client import CONTACT_KINDS, DETAILS

TRAIT = "trait."
"""A column that begins so is a trait, in clear: `trait.tier`."""


class StaffFile(Filing):
    """`roles` are parted by blanks or semicolons; `superior` is the key of another row."""

    KIND = "staff"
    FIELDS = frozenset({KEY, "name", "unit", "post", "roles", "superior"})

    def parts(self, desk: Desk) -> Mapping[str, Any]:
        return {"people": People(desk)}

    def steps(self, row: Row) -> Iterator[Step]:
        said, staff_id = row.said, self.id_of(row.key)
        unit: dict[str, Any] = {"unit": said["unit"]} if "unit" in said else {}
        yield (
            "name",
            "people",
            "register",
            RegisterStaff(**self.said(row, "name"), name=said["name"], staff_id=staff_id, **unit),
        )
        if "post" in said or "roles" in said:
            yield (
                "roles",
                "people",
                "take_post",
                TakePost(
                    **self.said(row, "post"),
                    staff_id=staff_id,
                    post=said.get("post", "岗位"),
                    roles=tuple(said.get("roles", "staff").replace(";", " ").split()),
                ),
            )
        if "superior" in said:
            superior_id = self.id_of(said["superior"])
            named = NameSuperior(
                **self.said(row, "superior"), staff_id=staff_id, superior_id=superior_id
            )
            yield "superior", "people", "name_superior", named


class ClientFile(Filing):
    """`manager` is the key of a member of staff of the same source, or their id."""

    KIND = "client"
    FIELDS = frozenset({KEY, "kind", "territory", "manager", *CONTACT_KINDS, *DETAILS})

    def __init__(
        self,
        desk: Desk,
        source: str,
        columns: Mapping[str, str],
        *,
        by: Actor,
        now: Callable[[], datetime],
        index: MatchIndex,
        matches: ClientMatches,
    ) -> None:
        super().__init__(desk, source, columns, by=by, now=now)
        self._staff = StaffFile(desk, source, {}, by=by, now=now)
        self._index, self._matches = index, matches

    def is_field(self, name: str) -> bool:
        return super().is_field(name) or name.startswith(TRAIT)

    def parts(self, desk: Desk) -> Mapping[str, Any]:
        packs = Packs(desk)
        return {"clients": Clients(desk, packs), "ownership": Ownership(desk, packs)}

    def steps(self, row: Row) -> Iterator[Step]:
        said, client_id = row.said, self.id_of(row.key)
        more: dict[str, Any] = {name: said[name] for name in ("kind", "territory") if name in said}
        register = RegisterClient(
            **self.said(row, "name"), name=said["name"], client_id=client_id, **more
        )
        yield "name", "clients", "register", register
        for name in sorted(said.keys() & (DETAILS - {"name"})):
            change = ChangeClientDetails(
                **self.said(row, name), client_id=client_id, details={name: said[name]}
            )
            yield name, "clients", "change_details", change
        for name in sorted(said.keys() & CONTACT_KINDS):
            add = AddContactPoint(
                **self.said(row, name), client_id=client_id, kind=name, value=said[name]
            )
            yield name, "clients", "add_contact_point", add
        for name in sorted(name for name in said if name.startswith(TRAIT)):
            trait = SetClientTrait(
                **self.said(row, name),
                client_id=client_id,
                name=name.removeprefix(TRAIT),
                value=said[name],
            )
            yield name, "clients", "set_trait", trait
        if "manager" in said:
            assign = AssignClient(
                **self.said(row, "manager"),
                client_id=client_id,
                staff_id=self._staff_id(said["manager"]),
                rule="import",
            )
            yield "manager", "ownership", "assign", assign

    def twins(self, rows: Sequence[Row]) -> list[Twin]:
        """By phone, or by name and address: within the file, and with clients on file."""
        found, first = list[Twin](), dict[int, int]()
        tokens = {row.number: self._tokens(row) for row in rows}
        on_file = self._matches.having([token for known in tokens.values() for token in known])
        for number, known in tokens.items():
            for token, by in known.items():
                if (other := first.setdefault(token, number)) != number:
                    found.append(Twin(number, by, other_row=other))
                elif token in on_file:
                    found.append(Twin(number, by, client_id=on_file[token]))
        return found

    def _tokens(self, row: Row) -> dict[int, str]:
        said, index = row.said, self._index
        numbers = {index.phone(said[kind]): kind for kind in sorted(PHONES) if kind in said}
        name = index.name(said["name"])
        for place in ("address", "place"):
            address = index.address(said[place]) if place in said else None
            if name is not None and address is not None:
                numbers[index.both(name, address)] = f"name, {place}"
        return {number: by for number, by in numbers.items() if number is not None}

    def _staff_id(self, said: str) -> UUID:
        try:
            return UUID(said)
        except ValueError:
            return self._staff.id_of(said)
