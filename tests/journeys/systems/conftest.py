"""One office for the lives of many matters; each hires people of its own and begins at noon."""

from __future__ import annotations

import pytest

from tests.rules.conftest import full_tokens as full_tokens
from tests.rules.conftest import house as house
from tests.support.facts import NOON
from tests.support.http import Office


@pytest.fixture
def office(house: Office) -> Office:
    house.now = NOON
    return house
