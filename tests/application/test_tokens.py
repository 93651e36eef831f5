from __future__ import annotations

from datetime import UTC, datetime

from application.desk import Actor, fingerprint
from application.people import IssueCredential
from tests.support.facts import LI_NA

FIRST = IssueCredential(
    by=Actor.system("setup"),
    command_id="first-administrator-token",
    received_at=datetime(2026, 11, 23, tzinfo=UTC),
    staff_id=LI_NA,
)


def test_a_command_stored_before_there_were_scopes_is_known_again() -> None:
    """`yice serve` says this one at every start; the mark was made by the release before."""
    mark = fingerprint(FIRST, b"key")

    assert mark.hex() == "c1098de68eadfa071a102300cb8068a9e9e7545ba2d3270c29286c3208913014"
