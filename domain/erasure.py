"""Forgetting a client: on what ground, and not before which records may go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.errors import Refused

GROUNDS: Mapping[str, bool] = {
    "client-request": True,
    "consent-withdrawn": True,
    "purpose-achieved": True,
    "retention-expired": True,
    "unlawful-processing": False,
}
"""On what ground (PIPL, article 47), and whether records that must be kept stand in its way."""

USUAL_DAYS = 365
"""How long tickets are kept after their closing if their pack does not say."""


class LegalHold(Refused):
    code = "legal_hold"


class NotRequested(Refused):
    code = "erasure_not_requested"


class AlreadyRequested(Refused):
    code = "erasure_already_requested"


class ClientErased(Refused):
    code = "client_erased"


class SamePerson(Refused):
    code = "same_person"


class MustBeKept(Refused):
    code = "must_be_kept"


@dataclass(frozen=True)
class Record:
    """A ticket of the client; `closed_at` is aware, None while it is open.

    `days`: how long such a ticket is kept after its closing.
    """

    ticket_id: UUID
    number: str
    closed_at: datetime | None
    days: int = USUAL_DAYS

    @property
    def kept_until(self) -> datetime | None:
        """None: as long as it is open."""
        return self.closed_at and self.closed_at + timedelta(days=self.days)


def must_not_be_kept(ground: str, records: Iterable[Record], at: datetime) -> None:
    """Raises MustBeKept, naming the first ticket that stands in the way."""
    if not GROUNDS[ground]:
        return
    for record in records:
        until = record.kept_until
        if until is None:
            raise MustBeKept(
                f"ticket {record.number} is open", field="ground", ticket=record.number
            )
        if until > at:
            raise MustBeKept(
                f"ticket {record.number} is kept until {until.date().isoformat()}",
                field="ground",
                ticket=record.number,
                until=until.isoformat(),
            )
