from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.support.go import GoOracle, build


@pytest.fixture(scope="session")
def go(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[GoOracle]:
    """Go's opinion. What was compiled once is kept in .pytest_cache."""
    assert pytestconfig.cache is not None
    program = build(tmp_path_factory.mktemp("go"), pytestconfig.cache.mkdir("go-build"))
    with closing(GoOracle(program)) as oracle:
        yield oracle
