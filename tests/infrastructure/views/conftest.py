from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from infrastructure.embedded import EmbeddedPostgres
from infrastructure.wiring import Parts
from tests.infrastructure.views.busy_desk import EVERYTHING, BusyDesk
from tests.infrastructure.views.deeds import DEEDS
from tests.support.http import Office, open_office
from tests.support.http import office as office
from tests.support.http import tokens as tokens


@pytest.fixture
def parts(office: Office) -> Parts:
    """The shipped packs in force, the cast at work, C1 on file; the views have read all of it."""
    return office.parts


@pytest.fixture
def busy(parts: Parts) -> BusyDesk:
    return BusyDesk(parts)


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
