"""What the rules of voluntary service begin with: a centre, a leader, and volunteers."""

from __future__ import annotations

from typing import Any

from tests.support.facts import C1, M1
from tests.support.http import ADMIN, Answer, Office, Person, id_in
from tests.support.steps import done, of_the_house


class Centre:
    """The volunteers' centre, and the leader of a team who verifies what it records."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.person, self.leader = office.hire("volunteer_centre"), office.hire("team_leader")
        self.manager, self.admin = office.person(M1), office.person(ADMIN)

    def register(self, **otherwise: Any) -> Answer:
        body = {"name": "志愿者", "charter_accepted": True, "origin": "resident", **otherwise}
        return self.person.post("/v1/volunteers", body)

    def volunteer(self, *skills: str, team: str | None = None, **otherwise: Any) -> str:
        """The id of somebody new with these skills, in this team if one is named."""
        answer = self.register(**otherwise)
        assert answer.status == 201, answer.body
        staff_id: str = answer.body["id"]
        for skill in skills:
            self.admin.post(f"/v1/staff/{staff_id}/competences", {"competence": skill})
        if team is not None:
            assert self.join(staff_id, team).status == 200
        return staff_id

    def join(self, staff_id: str, team: str) -> Answer:
        return self.person.post(f"/v1/staff/{staff_id}/teams", {"team": team})

    def activity(self, kind: str = "environment", **otherwise: Any) -> str:
        return of_the_house(self.person, "volunteer-activity", kind=kind, **otherwise)

    def held(self, hours: dict[str, str], *, team: str | None = None, **worn: bool) -> str:
        """An activity, announced, and held by these, so many hours each."""
        ticket = self.activity(**({} if team is None else {"team": team}))
        done(self.person, ticket, "announce", day="2026-11-22", text="周日清扫河道")
        done(self.person, ticket, "hold", participants=participants(hours, **worn))
        return ticket

    def credited(self, hours: dict[str, str], team: str | None = None) -> str:
        """The same, the hours verified and the points booked."""
        ticket = self.held(hours, team=team)
        done(self.leader, ticket, "verify_hours")
        self.book()
        return ticket

    def book(self) -> None:
        """What the worker's duty does."""
        self.office.catch_up()
        self.office.parts.ledger_claims.tick(self.office.now)

    def points(self, holder: str) -> int:
        """In hundredths, of `staff/<id>` or `team/<name>`, in all of 2026."""
        body = self.manager.get(f"/v1/ledger/{holder}?period=2026").body
        return sum(row["amount"] for row in body["totals"] if row["kind"] == "points")

    def request(self, **otherwise: Any) -> str:
        """A resident of area A asks for a repair on Saturday, 5 December."""
        form = {"skill": "appliance_repair", "area": "A", "day": "2026-12-05", **otherwise}
        words = {
            "client_id": str(C1),
            "channel": "phone",
            "matter": "修理冰箱",
            "procedure": "volunteer-service",
            "form": form,
        }
        answer = self.person.post("/v1/tickets", words)
        assert answer.status == 201, answer.body
        return answer.headers["Location"]

    def offered(self, ticket: str) -> list[str]:
        ids: list[str] = self.person.get(f"{ticket}/people/helpers").body["staff_ids"]
        return ids

    def dispatched(self, volunteer: str) -> str:
        ticket = self.request()
        self.office.catch_up()
        done(self.person, ticket, "match", volunteers=[{"volunteer": volunteer}])
        self.office.catch_up()
        done(self.person, ticket, "dispatch")
        return ticket


def participants(hours: dict[str, str], **worn: bool) -> list[dict[str, Any]]:
    dress = {"badge": True, "hat": True, **worn}
    return [{"volunteer": who, "hours": much, **dress} for who, much in hours.items()]


def photo(person: Person, ticket: str) -> None:
    paper = {"kind": "photo", "name": "合影.jpg", "media_type": "image/jpeg", "content": "5pS2"}
    assert person.post(f"{ticket}/evidence", paper).status in (200, 201), id_in(ticket)
