"""Other processes: ones of their own, and children of a fork that share what they must not."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable

APART = multiprocessing.get_context("forkserver")
"""Processes that share nothing with the test, yet need not import everything anew."""

APART.set_forkserver_preload(
    ["pytest", "tests.support.submissions", "infrastructure.embedded", "infrastructure.schema"]
)


def in_a_forked_child(work: Callable[[], object]) -> str:
    """What came of the work in the child of a fork: `done`, or the name of the exception."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            work()
            os.write(writing, b"done")
        except BaseException as error:
            os.write(writing, type(error).__name__.encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as answer:
        said = answer.read().decode()
    os.waitpid(child, 0)
    return said
