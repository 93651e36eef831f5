"""Every list, counter and search on as many tickets as a large organisation has."""

from __future__ import annotations

from tests.bench.figures import Figure
from tests.bench.rebuild import build
from tests.bench.setting import Setting


def measure(setting: Setting) -> list[Figure]:
    """The tables are folded from a history, then widened past the register."""
    from tests.histories.fill import fill
    from tests.histories.lists import measure_lists

    scale = setting.scale
    with setting.server("wide") as server:
        fill(server.owner, events=scale.widened_events, seed=1)
        build(setting, server)
        found = measure_lists(server.owner, scale.widened_tickets)
    at = f"{scale.widened_tickets:,} tickets"
    slowest = max(p99 for _, _, p99 in found)
    return [
        Figure(part="wide", what="slowest p99 of all", at=at, unit="ms", yice=[slowest]),
        *(
            Figure(part="wide", what=f"{name}, {said}", at=at, unit="ms", yice=[ms])
            for name, median, p99 in found
            for said, ms in (("median", median), ("p99", p99))
        ),
    ]
