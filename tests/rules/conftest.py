"""Offices in which all packs of the release are in force, as a newcomer finds them."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from infrastructure.embedded import EmbeddedPostgres
from tests.support.facts import LI_NA, M1, WANG_FANG
from tests.support.http import Office, Person, make_office_template, open_office

FULL = "_full"


@pytest.fixture(scope="session")
def full_tokens(postgres: EmbeddedPostgres) -> dict[UUID, str]:
    return make_office_template(postgres, FULL, packs=None)


@pytest.fixture
def office(postgres: EmbeddedPostgres, full_tokens: dict[UUID, str]) -> Iterator[Office]:
    with open_office(postgres, full_tokens, FULL) as office:
        yield office


@pytest.fixture
def li_na(office: Office) -> Person:
    return office.person(LI_NA)


@pytest.fixture
def wang_fang(office: Office) -> Person:
    return office.person(WANG_FANG)


@pytest.fixture
def manager(office: Office) -> Person:
    return office.person(M1)
