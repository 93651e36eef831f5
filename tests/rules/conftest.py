"""Offices in which all packs of the release are in force, as a newcomer finds them."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from infrastructure.embedded import EmbeddedPostgres
from tests.rules.ledger import Judged
from tests.support.facts import NOON
from tests.support.http import Office, make_office_template, open_office
from tests.support.http import li_na as li_na
from tests.support.http import manager as manager
from tests.support.http import wang_fang as wang_fang

FULL = "_full"


@pytest.fixture(scope="session")
def full_tokens(postgres: EmbeddedPostgres) -> dict[UUID, str]:
    return make_office_template(postgres, FULL, packs=None)


@pytest.fixture
def office(postgres: EmbeddedPostgres, full_tokens: dict[UUID, str]) -> Iterator[Office]:
    with open_office(postgres, full_tokens, FULL) as office:
        yield office


@pytest.fixture(scope="module")
def house(postgres: EmbeddedPostgres, full_tokens: dict[UUID, str]) -> Iterator[Office]:
    """One office for many tests, each of which hires people of its own."""
    with open_office(postgres, full_tokens, FULL) as office:
        yield office


@pytest.fixture
def judged(house: Office) -> Judged:
    """At noon."""
    house.now = NOON
    return Judged(house)
