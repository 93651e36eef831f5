from __future__ import annotations

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from infrastructure.views.questions import VIEW_NAMES
from interface.http.health import LAG_LIMIT
from interface.worker import Rounds
from tests.support.http import Office, Person, opened

VIEWS = sorted(VIEW_NAMES)


@pytest.fixture
def passer_by(office: Office) -> Person:
    """Whoever can reach the port."""
    return office.stranger()


def fail(office: Office, view: str, failure: str | None = "event 41: KeyError") -> None:
    """As the worker does when a view cannot go on."""
    update = b"UPDATE reporting.view_position SET failure = %s WHERE view = %s"
    with office.parts.database.connection() as connection:
        assert connection.execute(update, (failure, view)).rowcount == 1


def put_back(office: Office, view: str, events: int) -> None:
    update = b"UPDATE reporting.view_position SET position = position - %s WHERE view = %s"
    with office.parts.database.connection() as connection:
        assert connection.execute(update, (events, view)).rowcount == 1


def metrics(person: Person) -> dict[tuple[str, str], float]:
    """All samples, by name and labels."""
    answer = person.look("/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name, ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.body)
        for sample in family.samples
    }


def test_a_process_that_runs_says_so(passer_by: Person):
    answer = passer_by.look("/healthz")

    assert (answer.status, answer.body) == (204, None)


def test_a_desk_whose_views_run_is_ready(office: Office, passer_by: Person):
    answer = passer_by.look("/readyz")

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert (answer.body["ready"], answer.body["position"]) == (True, office.head())
    assert answer.body["views"] == [
        {"view": view, "position": office.head(), "failure": None} for view in VIEWS
    ]


def test_a_desk_of_which_a_view_has_stopped_is_not_ready_and_says_which(
    office: Office, passer_by: Person
):
    fail(office, "client_file")

    answer = passer_by.look("/readyz")

    assert answer.status == 503
    assert answer.body["ready"] is False
    stopped = [view for view in answer.body["views"] if view["failure"]]
    assert [(view["view"], view["failure"]) for view in stopped] == [
        ("client_file", "event 41: KeyError")
    ]


def test_a_view_that_runs_again_makes_the_desk_ready(office: Office, passer_by: Person):
    fail(office, "client_file")
    fail(office, "client_file", None)

    assert passer_by.look("/readyz").status == 200


@pytest.mark.parametrize(("behind", "status"), [(LAG_LIMIT, 200), (LAG_LIMIT + 1, 503)])
def test_a_view_may_be_a_little_behind(office: Office, passer_by: Person, behind: int, status: int):
    put_back(office, "ticket_register", behind)

    answer = passer_by.look("/readyz")

    assert (answer.status, answer.body["ready"]) == (status, status == 200)


def test_the_metrics_say_how_far_each_view_is(office: Office, passer_by: Person, li_na: Person):
    office.catch_up()
    read = office.head()
    opened(li_na)
    fail(office, "client_file")

    found = metrics(passer_by)

    assert found["yice_register_position", ""] == read + 1
    assert {view: found["yice_view_position", f"view={view}"] for view in VIEWS} == dict.fromkeys(
        VIEWS, read
    )
    assert [view for view in VIEWS if found["yice_view_failed", f"view={view}"]] == ["client_file"]


def requests(found: Any, endpoint: str, method: str, status: int) -> float:
    labels = f"endpoint={endpoint},method={method},status={status}"
    return found.get(("yice_request_seconds_count", labels), 0.0)


def test_the_metrics_count_requests_by_endpoint_and_status(passer_by: Person, li_na: Person):
    before = metrics(passer_by)
    opened(li_na)
    li_na.post("/v1/tickets", {})
    li_na.look("/v1/nothing")

    after = metrics(passer_by)

    def more(*request: Any) -> float:
        return requests(after, *request) - requests(before, *request)

    assert more("tickets.open_ticket", "POST", 201) == 1
    assert more("tickets.open_ticket", "POST", 422) == 1
    assert more("none", "GET", 404) == 1
    assert more("health.metrics", "GET", 200) == 1


def test_the_metrics_name_nobody(passer_by: Person, li_na: Person):
    ticket = opened(li_na)
    li_na.look(ticket)

    names = str(list(metrics(passer_by)))

    assert "tickets.show_ticket" in names
    assert ticket.rpartition("/")[2] not in names


def rounds_of(office: Office) -> None:
    """The worker has compared all views with replay once."""
    rounds = Rounds(office.parts.comparison, 1_000)
    rounds.tick(office.now)


def test_a_view_that_differs_from_replay_is_a_finding_until_it_does_no_more(
    office: Office, passer_by: Person, li_na: Person
):
    """The desk stays ready: what it shows wrongly is somebody's to look at."""
    opened(li_na)
    office.catch_up()
    edit = "UPDATE reporting.ticket_register SET state = %s"
    with office.parts.database.connection() as connection:
        connection.execute(edit.encode(), ("closed",))
    rounds_of(office)

    ready, found = passer_by.look("/readyz"), metrics(passer_by)

    assert (ready.status, ready.body["ready"]) == (200, True)
    differs = {"finding": "view_differs_from_replay", "view": "ticket_register", "differences": 1}
    [finding] = ready.body["findings"]
    assert finding.pop("since")
    assert finding == differs
    assert [view for view in VIEWS if found["yice_view_differences", f"view={view}"]] == [
        "ticket_register"
    ]
    with office.parts.database.connection() as connection:
        connection.execute(edit.encode(), ("registered",))
    rounds_of(office)
    assert passer_by.look("/readyz").body["findings"] == []
    assert metrics(passer_by)["yice_view_differences", "view=ticket_register"] == 0
