"""What others see of a matter: as of an earlier instant, and behind a figure."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from tests.support.http import Person, id_in

YEAR = "from=2026-11-01&to=2027-02-01"


def then(person: Person, path: str, instant: datetime) -> Any:
    """What the ticket, client or member of staff at this path was when it had happened so far."""
    kind = path.split("/")[2]
    at = quote(instant.isoformat())
    answer = person.get(f"/v1/audit/{kind}/{id_in(path)}?as_of={at}&clock=occurred")
    assert answer.status == 200, answer.body
    return answer.body[{"tickets": "ticket", "clients": "client", "staff": "staff"}[kind]]


def behind(person: Person, report: str, days: str = YEAR) -> list[str]:
    """The ids of all that counts in a figure, each once."""
    answer = person.get(f"/v1/reports/{report}?{days}&lineage=true")
    assert answer.status == 200, answer.body
    return sorted({row["ticket"] for row in answer.body["lineage"] if row["counts"]})
