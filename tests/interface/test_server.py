"""The web server's own rules; that its processes come and go is shown by the journeys."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from interface.server import AddressTaken, serve


@pytest.fixture
def taken() -> Iterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def test_a_port_where_somebody_listens_is_refused(taken: str) -> None:
    with pytest.raises(AddressTaken, match=taken):
        serve("nowhere:nothing", bind=taken, workers=1, threads=1)


def test_a_socket_where_somebody_listens_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "web"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        with pytest.raises(AddressTaken, match=str(path)):
            serve("nowhere:nothing", bind=f"unix:{path}", workers=1, threads=1)


def test_what_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_text("figures")

    with pytest.raises(AddressTaken, match="something else"):
        serve("nowhere:nothing", bind=f"unix:{path}", workers=1, threads=1)

    assert path.read_text() == "figures"
