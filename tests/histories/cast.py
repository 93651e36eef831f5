"""Who acts in the scripts, and how they and the clients come to be registered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from application.clients import AddContactPoint, Clients, RegisterClient, SetTrait
from application.desk import Actor
from application.people import NameSuperior, People, RegisterStaff, TakePost
from domain.aggregate import staff_ref

UNIT = "unit-of-the-template"
ROLES: Mapping[str, tuple[str, ...]] = {
    "officer": ("cs_officer", "after_sales"),
    "colleague": ("cs_officer", "after_sales"),
    "supervisor": ("cs_supervisor",),
}


@dataclass(frozen=True)
class Cast:
    """Who acts in a script; the stamps put others in their places. `superior_id` is theirs."""

    client_id: UUID
    officer_id: UUID
    colleague_id: UUID
    supervisor_id: UUID
    unit: str = UNIT

    def actor(self, post: str) -> Actor:
        staff_id: UUID = getattr(self, f"{post}_id")
        return Actor(staff_ref(staff_id), frozenset(ROLES[post]), staff_id, self.unit)


def marked(kind: str, numbers: Any = count(1)) -> str:  # noqa: B008 - one count for all
    """A text that stands for one of its kind, and for no other."""
    return f"@@{kind}.{next(numbers)}@@"


def employ(
    people: People,
    unit: str,
    supervisor_id: UUID,
    officer_ids: Sequence[UUID],
    *,
    at: datetime,
    name: Callable[[UUID], str],
) -> None:
    """Register a team: officers under a supervisor."""
    for staff_id in (supervisor_id, *officer_ids):
        said = _said(Actor.system("setup"), at, staff_id)
        post = "supervisor" if staff_id == supervisor_id else "officer"
        people.register(
            RegisterStaff(**said("staff"), staff_id=staff_id, name=name(staff_id), unit=unit)
        )
        people.take_post(TakePost(**said("post"), staff_id=staff_id, post=post, roles=ROLES[post]))
        if staff_id != supervisor_id:
            superior = NameSuperior(
                **said("superior"), staff_id=staff_id, superior_id=supervisor_id
            )
            people.name_superior(superior)


def register_client(clients: Clients, cast: Cast, number: int, *, at: datetime) -> None:
    """Every client can be phoned; every third is known to live in some region."""
    by, on = cast.actor("officer"), {"client_id": cast.client_id}

    def said(what: str) -> dict[str, Any]:
        return {"by": by, "command_id": marked(what), "received_at": at}

    clients.register(RegisterClient(**said("command"), **on, name=marked("name")))
    clients.add_contact_point(
        AddContactPoint(**said("command"), **on, kind="mobile", value=marked("mobile"))
    )
    if number % 3 == 0:
        clients.set_trait(SetTrait(**said("command"), **on, name="region", value="east"))


def _said(by: Actor, at: datetime, id: UUID) -> Callable[[str], dict[str, Any]]:
    return lambda what: {"by": by, "command_id": f"{what}-{id}", "received_at": at}
