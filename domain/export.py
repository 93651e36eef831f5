"""The Export: a list of clients that somebody asks to take, and somebody else approves."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Self
from uuid import UUID

from domain.aggregate import Act, Aggregate, InitialEvent
from domain.errors import Forbidden, Refused
from domain.own import must_be_another

RULE = "PR-01"


class ExportNotApproved(Forbidden):
    code = "export_not_approved"


class NotYourExport(Forbidden):
    code = "not_your_export"


class SamePersonExports(Refused):
    code = "same_person_exports"


class ExportDecided(Refused):
    code = "export_decided"


class Export(Aggregate):
    """Taken by whoever asked for it, up to an instant, for the purpose that was approved."""

    TOPIC = "export"

    class Requested(InitialEvent):
        """`client_ids`: those that are wanted; none named: all on file."""

        TOPIC = "export.requested"
        purpose: str
        client_ids: list[str]

    class Approved(Aggregate.Event):
        TOPIC = "export.approved"
        good_until: datetime

        def apply(self, aggregate: Export) -> None:
            aggregate.good_until = self.good_until

    class Declined(Aggregate.Event):
        TOPIC = "export.declined"

        def apply(self, aggregate: Export) -> None:
            aggregate.is_declined = True

    def __init__(
        self, by: str, acting_for: str | None, purpose: str, client_ids: list[str]
    ) -> None:
        self.requested_by = frozenset({by, acting_for or by})
        self.purpose = purpose
        self.client_ids = [UUID(client_id) for client_id in client_ids]
        self.good_until: datetime | None = None
        self.is_declined = False

    @classmethod
    def request(
        cls, export_id: UUID, *, purpose: str, client_ids: Collection[UUID], act: Act
    ) -> Self:
        """With a reason. Raises Invalid."""
        act.must_give_reason()
        wanted = sorted({str(client_id) for client_id in client_ids})
        return cls._start(
            cls.Requested, export_id, act, subject=export_id, purpose=purpose, client_ids=wanted
        )

    def approve(self, good_until: datetime, *, act: Act) -> None:
        """By another person than who asked for it. Raises SamePersonExports, ExportDecided."""
        self._must_be_for(act)
        self._record(self.Approved, act, good_until=good_until)

    def decline(self, *, act: Act) -> None:
        """With a reason. Raises SamePersonExports, ExportDecided, Invalid."""
        act.must_give_reason()
        self._must_be_for(act)
        self._record(self.Declined, act)

    def must_be_good(self, by: str, at: datetime) -> None:
        """Whether `by` may take it now. Raises NotYourExport, ExportNotApproved."""
        if by not in self.requested_by:
            raise NotYourExport("whoever asked for it takes it", rule=RULE)
        if self.good_until is None:
            raise ExportNotApproved("nobody has approved this export", rule=RULE)
        if at >= self.good_until:
            raise ExportNotApproved(f"it was good until {self.good_until.isoformat()}", rule=RULE)

    def _must_be_for(self, act: Act) -> None:
        same = SamePersonExports("whoever asked for it does not decide on it", rule=RULE)
        must_be_another(self.requested_by, act, same)
        if self.good_until is not None or self.is_declined:
            raise ExportDecided("this export was decided on before", rule=RULE)
