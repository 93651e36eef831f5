"""What reporting tools may see of a desk in the database: its views, and nothing else."""

from __future__ import annotations

import re

import psycopg
import pytest

from infrastructure.crew import rebuild_views
from infrastructure.schema import REPORTER
from infrastructure.views.questions import VIEW_NAMES
from tests.support.facts import LI_NA
from tests.support.http import Office, opened


@pytest.fixture
def reporter_url(office: Office) -> str:
    """A desk at work, as somebody sees it who is the reporter, and nobody else besides."""
    opened(office.person(LI_NA))
    office.catch_up()
    return re.sub("//[a-z_]+@", f"//{REPORTER}@", office.parts.database.url, count=1)


def test_a_reporting_tool_reads_every_view_and_is_told_what_each_column_is(
    office: Office, reporter_url: str
) -> None:
    rebuild_views(office.parts, ["ticket_register"], lambda done, total: None, processes=1)

    with psycopg.connect(reporter_url) as connection:
        asked = "SELECT tablename FROM pg_tables WHERE schemaname = 'reporting'"
        tables = [table for (table,) in connection.execute(asked).fetchall()]
        rows = {
            table: connection.execute(
                f'SELECT count(*) FROM reporting."{table}"'.encode()
            ).fetchone()
            for table in tables
        }
        bare = connection.execute(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c"
            " WHERE c.table_schema = 'reporting' AND c.table_name = ANY(%s)"
            " AND col_description(format('reporting.%%I', c.table_name)::regclass,"
            " c.ordinal_position) IS NULL",
            (list(VIEW_NAMES),),
        ).fetchall()
    assert rows["ticket_register"] == (1,)
    assert bare == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM register.entry",
        "SELECT register.flush()",
        "UPDATE reporting.ticket_register SET state = 'closed'",
        "DELETE FROM reporting.client_file",
        "CREATE TABLE reporting.mine (id int)",
        "CREATE TABLE public.mine (id int)",
    ],
)
def test_a_reporting_tool_is_refused_everything_else(reporter_url: str, statement: str) -> None:
    with (
        psycopg.connect(reporter_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())
