from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from infrastructure.exporting.xes import xes
from infrastructure.exports import Exported
from tests.support.exports import ODD, made
from tests.support.facts import C1, NOON, T1, T2

READS = {
    "string": re.compile(".*", re.DOTALL),
    "date": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"),
    "int": re.compile(r"-?\d+"),
    "float": re.compile(r"-?\d+(\.\d+)?"),
    "boolean": re.compile("true|false"),
}
"""What may stand in an attribute's element, by its name."""

IN_A_LOG = ["extension", "global", "classifier", "attribute", "trace"]
"""In this order, says the schema."""


def read(facts: Iterable[Exported]) -> Element:
    return ElementTree.fromstring(xes(facts))


def said(element: Element) -> dict[str, str]:
    """Keys and values of its attributes; no key comes twice."""
    attributes = [one for one in element if one.tag in READS]
    known = {one.attrib["key"]: one.attrib["value"] for one in attributes}
    assert len(known) == len(attributes)
    return known


def events(log: Element) -> list[dict[str, str]]:
    return [said(event) for event in log.iter("event")]


def test_its_elements_are_those_of_the_standard_in_their_order(every: list[Exported]) -> None:
    log = read(every)

    assert (log.tag, log.attrib) == ("log", {"xes.version": "1849.2016", "xes.features": ""})
    order = [IN_A_LOG.index("attribute" if one.tag in READS else one.tag) for one in log]
    assert order == sorted(order)
    for trace in log.iter("trace"):
        is_event = [one.tag == "event" for one in trace]
        assert is_event == sorted(is_event)
        assert {one.tag for one in trace} <= READS.keys() | {"event"}
    for event in log.iter("event"):
        assert {one.tag for one in event} <= READS.keys()


def test_every_attribute_is_read_as_its_element_says(every: list[Exported]) -> None:
    attributes = [one for one in read(every).iter() if one.tag in READS]

    assert {one.tag for one in attributes} >= {"string", "date", "int", "boolean"}
    for one in attributes:
        assert one.attrib.keys() == {"key", "value"}
        assert len(one) == 0
        assert READS[one.tag].fullmatch(one.attrib["value"]), one.attrib
        assert re.fullmatch(r"[^\W\d][\w:.-]*", one.attrib["key"])


def test_prefixes_are_those_of_extensions_that_are_named(every: list[Exported]) -> None:
    log = read(every)

    keys = {one.attrib["key"] for one in log.iter() if "key" in one.attrib}
    named = {one.attrib["prefix"] for one in log.iter("extension")}
    assert {key.split(":")[0] for key in keys if ":" in key} == named
    assert named == {"concept", "lifecycle", "org", "time"}


def test_what_is_promised_of_every_trace_and_event_is_there(every: list[Exported]) -> None:
    log = read(every)

    for one in log.iter("global"):
        promised = said(one).keys()
        found = [said(element).keys() for element in log.iter(one.attrib["scope"])]
        assert found
        assert all(promised <= keys for keys in found)
    for one in log.iter("classifier"):
        assert re.fullmatch(r"[A-Za-z]+", one.attrib["name"])
        assert all(one.attrib["keys"] in event for event in events(log))


def test_there_is_a_trace_for_each_ticket_and_all_that_happened_to_it() -> None:
    facts = [
        made(1),
        made(2, stream_id=T2),
        made(3, kind="client", topic="client.blacklisted", stream_id=C1),
        made(4),
    ]

    traces = list(read(facts).iter("trace"))

    assert [said(trace)["concept:name"] for trace in traces] == [str(T1), str(T2)]
    positions = [
        [said(event)["register_position"] for event in trace.iter("event")] for trace in traces
    ]
    assert positions == [["1", "4"], ["2"]]


def test_an_event_says_what_who_and_when() -> None:
    [event] = events(
        read(
            [
                made(
                    topic="ticket.step-taken",
                    word="survey",
                    acting_for="staff:x",
                    reason="已约好",
                    number="2026-0001",
                    fields={"indoors": True, "sockets": 2, "room": None, "form": {}},
                    recorded_at=NOON,
                )
            ]
        )
    )

    assert event == {
        "concept:name": "survey",
        "lifecycle:transition": "complete",
        "org:resource": "staff:0000000a-0000-4000-8000-000000000001",
        "org:role": "cs_officer",
        "time:timestamp": "2026-11-23T04:01:00.000000Z",
        "recorded_at": "2026-11-23T04:00:00.000000Z",
        "register_position": "1",
        "register_number": "2026-0001",
        "topic": "ticket.step-taken",
        "acting_for": "staff:x",
        "command_id": "command-1",
        "reason": "已约好",
        "indoors": "true",
        "sockets": "2",
    }


def test_a_trace_says_what_its_opening_said(every: list[Exported]) -> None:
    [trace] = read(every).iter("trace")

    assert said(trace) == {
        "concept:name": str(T1),
        "register_number": "2026-0004",
        "procedure": "installation",
        "channel": "walk_in",
        "unit": "main",
        "client_id": str(C1),
    }


def test_what_was_entered_late_stands_where_it_happened() -> None:
    late = made(3, occurred_at=NOON + timedelta(seconds=90))
    together = made(4, occurred_at=late.occurred_at)

    found = events(read([together, late, made(2), made(1)]))

    assert [event["register_position"] for event in found] == ["1", "3", "4", "2"]


def test_a_text_is_what_it_was() -> None:
    [event] = events(read([made(fields={"text": ODD}, reason="\t\r\n <&>\"'")]))

    assert event["text"] == ODD.replace("\ufffe", "\ufffd")
    assert event["reason"] == "\t\r\n <&>\"'"


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x0b", "\x1f", "\ufffe", "\uffff"])
def test_what_xml_cannot_hold_is_shown_as_missing(character: str) -> None:
    [event] = events(read([made(fields={"text": f"a{character}b"})]))

    assert event["text"] == "a\ufffdb"


def test_nothing_happened_is_a_log_too() -> None:
    assert list(read([]).iter("trace")) == []
