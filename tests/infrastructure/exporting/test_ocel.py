from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from application.views.ticket_history import ENVELOPE
from domain.aggregate import staff_ref
from domain.pack import Pack
from infrastructure.exporting.ocel import OcelEvent, OcelLog, OcelObject, Relation, ocel_log
from infrastructure.exports import Exported, Link
from tests.support.exports import made
from tests.support.facts import C1, C2, LI_NA, M1, NOON, T1, T2, WANG_FANG

OPENING = {"procedure": "installation", "channel": "phone", "unit": "main", "state": "registered"}


def the_object(log: OcelLog, id: str) -> OcelObject:
    return next(one for one in log.objects if one.id == id)


def event_of(fact: Exported, *others: Exported) -> OcelEvent:
    return next(one for one in ocel_log([fact, *others]).events if one.id == f"e{fact.position}")


def opening(**otherwise: object) -> Exported:
    links = (Link("client", "client", C1), Link("first_contact", "staff", LI_NA))
    fields = OPENING | {"first_contact_id": str(LI_NA), "client_id": str(C1)}
    return made(topic="ticket.opened", word="opened", fields=fields, links=links, **otherwise)


def test_every_event_is_linked_to_what_it_happened_to_and_to_who_did_it(
    every: list[Exported],
) -> None:
    log = ocel_log(every)

    assert [one.id for one in log.events] == [f"e{fact.position}" for fact in every]
    for event, fact in zip(log.events, every, strict=True):
        known = dict(event.relations)
        assert fact.kind in known[fact.object_id].split("+")
        assert "actor" in known[fact.actor].split("+")
        assert fact.acting_for is None or "acting_for" in known[fact.acting_for].split("+")


def test_every_object_takes_part_in_an_event_and_every_relation_leads_to_one(
    every: list[Exported],
) -> None:
    log = ocel_log(every)

    ids = [one.id for one in log.objects]
    assert len(ids) == len(set(ids))
    assert {one.object_id for event in log.events for one in event.relations} == set(ids)
    assert {one.object_id for object_ in log.objects for one in object_.relations} <= set(ids)


def test_who_stands_in_two_parts_has_one_relation_that_names_both() -> None:
    links = (Link("from", "staff", LI_NA), Link("to", "staff", WANG_FANG))

    event = event_of(made(links=links, acting_for=staff_ref(M1)))

    assert event.relations == [
        Relation(f"staff:{LI_NA}", "actor+from"),
        Relation(f"staff:{WANG_FANG}", "to"),
        Relation(f"staff:{M1}", "acting_for"),
        Relation(f"ticket:{T1}", "ticket"),
    ]


def test_an_id_in_a_form_is_what_the_register_knows_it_as_or_nothing() -> None:
    fact = made(1, links=(Link("first_case", None, T2), Link("house", None, UUID(int=7))))

    event = event_of(fact, made(2, stream_id=T2))

    assert Relation(f"ticket:{T2}", "first_case") in event.relations
    assert not [one for one in event.relations if str(UUID(int=7)) in one.object_id]


def test_systems_and_clients_act_too() -> None:
    log = ocel_log([made(1, actor="system:clock"), made(2, actor=f"client:{C1}")])

    assert {one.id: one.type for one in log.objects} == {
        "system:clock": "system",
        f"client:{C1}": "client",
        f"ticket:{T1}": "ticket",
    }


def test_what_the_opening_says_a_ticket_is_and_later_events_change() -> None:
    later = NOON + timedelta(hours=1)
    log = ocel_log(
        [
            opening(),
            made(2, topic="ticket.answered", fields={"state": "answered"}, occurred_at=later),
            made(3, topic="ticket.closed", fields={"state": "answered"}, occurred_at=later),
            made(
                4,
                topic="ticket.transfer-accepted",
                fields={"to_id": str(WANG_FANG)},
                links=(Link("to", "staff", WANG_FANG),),
                occurred_at=later,
            ),
        ]
    )

    at = "2026-11-23T05:00:00.000000Z"
    assert the_object(log, f"ticket:{T1}").changes == [
        *((None, name, value) for name, value in OPENING.items()),
        (None, "owner", f"staff:{LI_NA}"),
        (at, "state", "answered"),
        (at, "owner", f"staff:{WANG_FANG}"),
    ]


def test_how_objects_stand_to_each_other_is_told_by_events() -> None:
    taken = made(
        2,
        topic="ticket.transfer-accepted",
        fields={"to_id": str(WANG_FANG)},
        links=(Link("from", "staff", LI_NA), Link("to", "staff", WANG_FANG)),
    )
    merged = made(
        3,
        topic="client.merged",
        kind="client",
        stream_id=C2,
        fields={"into_id": str(C1)},
        links=(Link("into", "client", C1),),
    )

    log = ocel_log([opening(), taken, merged])

    assert the_object(log, f"ticket:{T1}").relations == [
        Relation(f"client:{C1}", "client"),
        Relation(f"staff:{LI_NA}", "first_contact+owner"),
        Relation(f"staff:{WANG_FANG}", "owner"),
    ]
    assert the_object(log, f"client:{C2}").relations == [Relation(f"client:{C1}", "merged_into")]


def test_the_packs_of_a_ticket_are_known(every: list[Exported]) -> None:
    related = the_object(ocel_log(every), f"ticket:{T1}").relations

    assert Relation(f"pack:{Pack.id_of('installation')}", "procedure") in related
    assert Relation(f"pack:{Pack.id_of('care')}", "pack") in related


def test_what_an_event_says_does_not_hide_when_it_was_recorded(every: list[Exported]) -> None:
    said = {name for fact in every for name in fact.fields}
    beside = {"register_position", "register_number", "stream_version", "recorded_at"}

    assert said & (beside | ENVELOPE) == set()
    for event, fact in zip(ocel_log(every).events, every, strict=True):
        assert event.attributes["register_position"] == fact.position
        assert event.attributes["stream_version"] == fact.version
        assert event.attributes.get("reason") == fact.reason


def test_an_attribute_is_of_the_type_that_all_its_values_are_of() -> None:
    fields = [
        {"yes": True, "count": 3, "share": 0.5, "due": "2026-11-23T04:42:00.000000Z"},
        {"yes": False, "count": 2**63, "share": 1, "due": "soon", "none": None, "form": {}},
    ]

    def types(*some: dict[str, object]) -> dict[str, str]:
        log = ocel_log(made(nth, fields=one) for nth, one in enumerate(some, start=1))
        known = log.event_types["ticket.noted"]
        return {name: known[name] for name in ("yes", "count", "share", "due")}

    assert types(fields[0]) == {
        "yes": "boolean",
        "count": "integer",
        "share": "float",
        "due": "time",
    }
    assert types(*fields) == {
        "yes": "boolean",
        "count": "string",
        "share": "string",
        "due": "string",
    }


def test_what_is_not_said_is_no_attribute() -> None:
    event = event_of(made(fields={"none": None, "form": {}, "list": [], "empty": ""}))

    assert event.attributes.keys() & {"none", "form", "list", "empty", "register_number"} == {
        "empty"
    }
