from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from uuid import UUID

import pytest

from infrastructure.embedded import EmbeddedPostgres
from infrastructure.wiring import Parts
from tests.infrastructure.views.busy_desk import EVERYTHING, BusyDesk
from tests.infrastructure.views.deeds import DEEDS
from tests.support.http import (
    KEYS_TEMPLATE,
    REGISTER_TEMPLATE,
    SETTINGS,
    Office,
    make_office_template,
    open_office,
)
from tests.support.http import office as office
from tests.support.http import tokens as tokens
from tests.support.postgres import as_desk

EVERYTHING_HAPPENED = "_everything"


@pytest.fixture
def parts(office: Office) -> Parts:
    """The shipped packs in force, the cast at work, C1 on file; the views have read all of it."""
    return office.parts


@pytest.fixture
def busy(parts: Parts) -> BusyDesk:
    return BusyDesk(parts)


@pytest.fixture(scope="session")
def once_everything(postgres: EmbeddedPostgres) -> UUID:
    """An office to copy in which all that can happen did, read by all views; its first ticket."""
    make_office_template(postgres, EVERYTHING_HAPPENED)
    urls = (name + EVERYTHING_HAPPENED for name in (REGISTER_TEMPLATE, KEYS_TEMPLATE))
    with closing(Parts(as_desk(*map(postgres.url, urls)), SETTINGS)) as parts:
        busy = BusyDesk(parts)
        busy.happens(EVERYTHING)
        parts.projector.catch_up()
    return busy.tickets[0]


@pytest.fixture
def everything(
    postgres: EmbeddedPostgres, tokens: dict[UUID, str], once_everything: UUID
) -> Iterator[Parts]:
    """A copy of that."""
    with open_office(postgres, tokens, EVERYTHING_HAPPENED) as office:
        yield office.parts


@pytest.fixture(scope="session")
def busy_week(postgres: EmbeddedPostgres, tokens: dict[UUID, str]) -> Iterator[Parts]:
    """A busy week, read by all views. Nothing that asks for it adds to it."""
    with open_office(postgres, tokens) as office:
        busy = BusyDesk(office.parts)
        busy.happens(EVERYTHING)
        names = sorted(DEEDS)
        for number in range(12):
            busy.open(number)
            busy.happens((name, number * 7 + place) for place, name in enumerate(names))
        office.parts.projector.catch_up()
        yield office.parts
