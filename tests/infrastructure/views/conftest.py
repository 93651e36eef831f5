from __future__ import annotations

import pytest

from infrastructure.wiring import Parts
from tests.infrastructure.views.busy_desk import BusyDesk
from tests.support.http import Office
from tests.support.http import office as office
from tests.support.http import tokens as tokens


@pytest.fixture
def parts(office: Office) -> Parts:
    """The shipped packs in force, the cast at work, C1 on file; the views have read all of it."""
    return office.parts


@pytest.fixture
def busy(parts: Parts) -> BusyDesk:
    return BusyDesk(parts)
