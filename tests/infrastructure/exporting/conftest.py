from __future__ import annotations

import pytest

from infrastructure.exports import Exported
from tests.support.exports import golden_exports


@pytest.fixture(scope="session")
def every() -> list[Exported]:
    """One of every kind of event that there is."""
    return golden_exports()
