"""Counts and times of requests, for Prometheus."""

from __future__ import annotations

import os
import time
from functools import cache

from flask import Flask, Response, g
from flask.globals import request_ctx
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from interface.http.services import services

REQUESTS = Histogram(
    "yice_request_seconds",
    "Time to answer a request, in seconds",
    ["endpoint", "method", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)


def measure(app: Flask) -> None:
    app.before_request(_start)
    app.after_request(_stop)


def exposition() -> Response:
    """All web processes together, and how far the views are, as of now."""
    lag = CollectorRegistry()
    position = Gauge("yice_view_position", "Register position read", ["view"], registry=lag)
    failed = Gauge("yice_view_failed", "1 for a view that stopped", ["view"], registry=lag)
    differing = {one.view: one.differences for one in services().progress.differing()}
    differs = Gauge("yice_view_differences", "Found to differ from replay", ["view"], registry=lag)
    for view in services().progress.views():
        differs.labels(view.view).set(differing.get(view.view, 0))
        position.labels(view.view).set(view.position)
        failed.labels(view.view).set(view.failure is not None)
    head = Gauge("yice_register_position", "Newest register position", registry=lag)
    head.set(services().register.head())
    unstaffed = Gauge("yice_unstaffed_schedules", "Nobody is there for these", registry=lag)
    unstaffed.set(len(services().schedules.unstaffed(services().now())))
    body = generate_latest(_requests()) + generate_latest(lag)
    return Response(body, content_type=CONTENT_TYPE_LATEST)


def _requests() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _start() -> None:
    g.started = time.perf_counter()


def _stop(response: Response) -> Response:
    if (started := g.get("started")) is not None:
        asked = request_ctx.request
        counted = _counted(asked.endpoint or "none", asked.method, response.status_code)
        counted.observe(time.perf_counter() - started)
    return response


@cache
def _counted(endpoint: str, method: str, status: int) -> Histogram:
    return REQUESTS.labels(endpoint, method, str(status))
