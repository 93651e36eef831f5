"""Whether what reports are over, and what else they name, is anywhere."""

from __future__ import annotations

from collections.abc import Iterator

from domain.pack_content import PackContent
from domain.pack_words import Vocabulary
from domain.report import TICKETS


def lost_names(content: PackContent, known: Vocabulary) -> Iterator[str]:
    """The words and lists that its reports name and that there are not, each with its place."""
    for name, report in content.reports.items():
        for word in report.words:
            if word not in known.words:
                yield f"reports.{name}.over: nothing is called {word}"
        if report.over == TICKETS and report.period not in known.words:
            yield f"reports.{name}.period: nothing is called {report.period}"
        if report.codes is not None and ("lists", report.codes) not in known.defined:
            yield f"reports.{name}.codes: no list is called {report.codes}"
