"""Facts as a classical event log (XES, IEEE 1849): a trace for each ticket.

Events of a trace stand in the order in which they happened, as told; those of the same instant in
the order in which they were recorded. Each is one moment, and so `complete` in its life cycle.
What did not happen to a ticket is not in it. Elements are in no namespace: so the schema wants it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

from infrastructure.exporting.exported import Exported, by_position, in_utc, is_in_utc
from infrastructure.exporting.ocel import MOST, in_words

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<global scope="trace">
<string key="concept:name" value=""/>
</global>
<global scope="event">
<string key="concept:name" value=""/>
<string key="lifecycle:transition" value="complete"/>
<string key="org:resource" value=""/>
<date key="time:timestamp" value="1970-01-01T00:00:00.000000Z"/>
</global>
<classifier name="Activity" scope="event" keys="concept:name"/>
<classifier name="Resource" scope="event" keys="org:resource"/>
<string key="concept:name" value="yice"/>
<string key="lifecycle:model" value="standard"/>
"""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_IN_AN_ATTRIBUTE: Mapping[str, str] = {
    '"': "&quot;",
    "\t": "&#9;",
    "\n": "&#10;",
    "\r": "&#13;",
}
"""What a reader would otherwise take for the end of a value, or for a blank."""


def xes(facts: Iterable[Exported]) -> bytes:
    """Tickets in the order of their first event in the register."""
    traces: dict[str, list[Exported]] = {}
    for fact in by_position(facts):
        if fact.kind == "ticket":
            traces.setdefault(str(fact.stream_id), []).append(fact)
    written = "".join(line for id, trace in traces.items() for line in _trace(id, trace))
    return f"{_HEAD}{written}</log>\n".encode()


def _trace(ticket_id: str, facts: list[Exported]) -> Iterator[str]:
    yield "<trace>\n"
    yield _attribute("concept:name", ticket_id)
    for fact in facts:
        if fact.topic == "ticket.opened":
            told = {"register_number": fact.number, **fact.fields}
            for name in ("register_number", "procedure", "channel", "unit", "client_id"):
                yield _attribute(name, told[name])
    for fact in sorted(facts, key=lambda fact: (fact.occurred_at, fact.position)):
        yield from _event(fact)
    yield "</trace>\n"


def _event(fact: Exported) -> Iterator[str]:
    yield "<event>\n"
    yield _attribute("concept:name", fact.word)
    yield _attribute("lifecycle:transition", "complete")
    yield _attribute("org:resource", fact.actor)
    yield _attribute("org:role", fact.role)
    yield _attribute("time:timestamp", in_utc(fact.occurred_at))
    beside = {
        "recorded_at": in_utc(fact.recorded_at),
        "register_position": fact.position,
        "register_number": fact.number,
        "topic": fact.topic,
        "acting_for": fact.acting_for,
        "command_id": fact.command_id,
        "reason": fact.reason,
    }
    for name, value in (*beside.items(), *sorted(fact.fields.items())):
        yield _attribute(name, value)
    yield "</event>\n"


def _attribute(key: str, value: Any) -> str:
    """Nothing, for what is not said."""
    if value is None or value in ([], {}):
        return ""
    element = _element(value)
    return f'<{element} key="{key}" value="{_escaped(in_words(value))}"/>\n'


def _element(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) and -MOST <= value < MOST:
        return "int"
    if is_in_utc(value):
        return "date"
    return "float" if isinstance(value, float) else "string"


def _escaped(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text), _IN_AN_ATTRIBUTE)
