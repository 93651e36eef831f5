"""Bad luck: everything is killed, cut off and run full while people work, and nothing is lost.

The same as `make torture`, shorter.
"""

from __future__ import annotations

import pytest

from tests.torture.blows import DISK, HARMS, KILLS
from tests.torture.run import CLERKS, ENOUGH, Outcome, torture

SECONDS, SEED = 15, 4


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """Of a run in which everything happens, some of it twice."""
    harms = len(DISK) + len(HARMS)
    return torture(SECONDS, len(KILLS) + 1, harms, SEED, print)


def test_every_blow_fell_while_people_worked(outcome: Outcome) -> None:
    kinds = {blow.name for blow in (*KILLS, *HARMS, *DISK)}

    assert {*outcome.blows, *(what.partition(" (")[0] for what in outcome.left_out)} == kinds
    assert outcome.kills == len(KILLS) + 1
    assert outcome.acknowledged > ENOUGH * sum(outcome.blows.values())
    assert outcome.looks > CLERKS


def test_commands_were_said_again_and_others_refused(outcome: Outcome) -> None:
    assert outcome.retries > outcome.kills
    assert outcome.repeated > outcome.kills
    assert outcome.refused > CLERKS
    assert outcome.abandoned > 0


def test_nothing_is_otherwise_than_anybody_was_told(outcome: Outcome) -> None:
    assert outcome.faults == []
