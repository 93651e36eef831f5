"""Two servers, one of which is lost for ever: what was acknowledged stands on the other.

The clients know both by one URL. The standby is out of reach when the primary is lost, so that
nothing gets over to it at the last moment that was not there when it was acknowledged.
"""

from __future__ import annotations

import pytest

from tests.torture.run import CLERKS, ENOUGH, Outcome, failovers

SECONDS, SEED = 6, 4


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return failovers(SECONDS, 1, SEED, print)


def test_people_worked_on_through_the_loss_of_the_primary(outcome: Outcome) -> None:
    assert outcome.blows == {"primary killed, standby promoted": 1}
    assert outcome.acknowledged > 2 * ENOUGH
    assert outcome.retries + outcome.repeated > CLERKS


def test_nothing_is_otherwise_than_anybody_was_told(outcome: Outcome) -> None:
    assert outcome.faults == []
