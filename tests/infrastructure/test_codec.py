from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast, get_origin, get_type_hints
from uuid import UUID

import pytest
from eventsourcing.utils import get_topic

from application.desk import AGGREGATES
from application.register import KeyDestroyed
from domain.aggregate import Aggregate
from domain.client import Client
from domain.errors import Invalid
from domain.sealed import ERASED, Sealed
from domain.ticket import Ticket
from infrastructure.codec import Codec, SealBroken
from infrastructure.database import Database
from infrastructure.keystore import PostgresKeyStore
from tests.support.facts import C1, C2, LI_NA, NOON, T1, T2, said

SECRET = "住在和平路三号"

SAMPLES: Mapping[Any, list[Any]] = {
    str: ["", "词 \"'\\ \\u0000 \x01\u2028 𠮷"],
    str | None: ["", None],
    int: [0, -(2**53)],
    int | None: [7, None],
    bool: [True, False],
    UUID: [T2],
    UUID | None: [T2, None],
    datetime: [NOON, NOON + timedelta(microseconds=1)],
    datetime | None: [NOON, None],
    Sealed: [said(C1, SECRET)],
    Sealed | None: [said(C1, SECRET), None],
    list[str]: [[], ["一", "二"]],
    str | int | bool: ["north", 7, True],
    dict[str, int]: [{}, {"commitments": 1, "语言": 2}],
    dict[str, Any]: [
        {},
        {"text": "plain", "sealed": said(C1, SECRET), "empty": None, "yes": True},
        {"deep": [{"er": [said(C2, SECRET), "plain", 7]}], "a:b.c": said(C1, SECRET)},
        {"$sealed": "not a box", "$$": {"$sealed": said(C1, SECRET)}},
    ],
}
"""Values for every type that a field of an event may have."""


class Remembered(Aggregate.Event):
    """As its third version is. The first knew only a text, the second said how it came in."""

    TOPIC = "test.remembered"
    class_version = 3
    text: Sealed
    channel: str
    place: Sealed | None

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["way"] = "unknown"

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        state["channel"] = state.pop("way")


@pytest.fixture(autouse=True)
def everybody_has_a_key(keys: PostgresKeyStore) -> None:
    for subject in (C1, C2, LI_NA):
        keys.create(subject)


def event(kind: type[Aggregate.Event], /, row: tuple[UUID, int] = (T1, 3), **fields: Any) -> Any:
    """`row`: in which stream, and which one there."""
    envelope = {
        "by": f"staff:{LI_NA}",
        "acting_for": None,
        "role": "staff",
        "command_id": "command",
        "reason": None,
    }
    return kind(
        originator_id=row[0], originator_version=row[1], timestamp=NOON, **envelope | fields
    )


def note(text: str = SECRET, **otherwise: Any) -> Any:
    return event(Ticket.Noted, text=said(C1, text), visibility="internal", **otherwise)


def event_types() -> list[type[Aggregate.Event]]:
    known = [kind for aggregate in AGGREGATES for kind in vars(aggregate).values()]
    events = [k for k in known if isinstance(k, type) and issubclass(k, Aggregate.Event)]
    return [kind for kind in events if hasattr(kind, "TOPIC")]


def read(codec: Codec, event: Any, state: bytes | None = None, *, opened: bool = True) -> Any:
    return codec.decode(
        event.originator_id,
        event.originator_version,
        get_topic(type(event)),
        codec.encode(event) if state is None else state,
        opened=opened,
    )


def stored(codec: Codec, event: Aggregate.Event) -> dict[str, Any]:
    """The state that is stored, as anybody reads it who has no key."""
    return cast(dict[str, Any], json.loads(codec.encode(event)))


def field_types(kind: type[Aggregate.Event]) -> dict[str, Any]:
    """What the event adds to the envelope, and of which type."""
    envelope = get_type_hints(Aggregate.Event)
    return {
        name: hint
        for name, hint in get_type_hints(kind).items()
        if name not in envelope and get_origin(hint) is not ClassVar
    }


@pytest.mark.parametrize("kind", event_types(), ids=lambda kind: kind.TOPIC)
def test_every_event_comes_back_as_it_went_in(codec: Codec, kind: type[Aggregate.Event]) -> None:
    samples = {name: SAMPLES[hint] for name, hint in field_types(kind).items()}

    for turn in range(4):
        fields = {name: values[turn % len(values)] for name, values in samples.items()}
        given = event(kind, reason=said(C1, SECRET), **fields)

        assert read(codec, given) == given


def test_what_happened_keeps_the_offset_it_was_told_with(codec: Codec) -> None:
    assert read(codec, note()).timestamp.isoformat() == NOON.isoformat()


def test_what_is_stored_is_json_that_anybody_reads_but_for_what_is_sealed(codec: Codec) -> None:
    state = stored(codec, note(reason=said(C1, SECRET)))

    assert state["by"] == f"staff:{LI_NA}"
    assert state["occurred_at"] == "2026-11-23T12:00:00+08:00"
    assert state["visibility"] == "internal"
    assert list(state["text"]) == list(state["reason"]) == ["$sealed"]
    assert state["text"]["$sealed"].startswith(f"{C1}:")


def test_no_clear_text_is_stored_however_deep_it_lies(codec: Codec) -> None:
    form = {"a": said(C1, SECRET), "b": {"c": [said(C1, SECRET), {"d": said(C2, SECRET)}]}}
    details = event(Client.DetailsChanged, details=form, reason=said(C1, SECRET))

    bytes_stored = codec.encode(details)

    assert SECRET.encode() not in bytes_stored
    assert SECRET not in json.dumps(json.loads(bytes_stored), ensure_ascii=False)
    assert bytes_stored.count(b"$sealed") == 4


@pytest.mark.parametrize("holding", [tuple, set, iter])
def test_a_text_where_it_would_not_be_sealed_is_not_stored(codec: Codec, holding: Any) -> None:
    with pytest.raises(TypeError, match=r"details\.names"):
        codec.encode(event(Client.DetailsChanged, details={"names": holding([said(C1, SECRET)])}))


def test_the_same_text_is_sealed_otherwise_each_time(codec: Codec) -> None:
    assert stored(codec, note())["text"] != stored(codec, note())["text"]


@pytest.mark.parametrize("fields", [{"place": "a\0"}, {"\0": 1}, {"b": [{"c": "\\\0"}]}])
def test_what_postgresql_cannot_hold_is_refused(codec: Codec, fields: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="NUL"):
        codec.encode(event(Client.DetailsChanged, details=fields))


# closed, erased


def test_a_closed_event_reads_without_any_key(codec: Codec, keys_database: Database) -> None:
    given = note()
    state = codec.encode(given)
    keys_database.run(lambda c: c.execute("DROP TABLE subject_key"))

    closed = read(Codec(PostgresKeyStore(keys_database)), given, state, opened=False)

    assert (closed.text.subject, closed.text.text) == (C1, None)
    assert (closed.by, closed.visibility, closed.timestamp) == (given.by, "internal", NOON)


def test_a_box_is_opened_later_by_itself(codec: Codec) -> None:
    form = {"a:b": [said(C1, SECRET)]}
    closed = read(codec, event(Client.DetailsChanged, details=form), opened=False)

    assert codec.open(closed.details["a:b"][0].box) == SECRET


def test_an_erased_persons_texts_are_gone_and_the_rest_reads(
    codec: Codec, keys: PostgresKeyStore
) -> None:
    given = event(
        Client.DetailsChanged,
        details={"name": said(C1, SECRET), "place": said(C2, "和平路"), "kind": "plain"},
    )
    state = codec.encode(given)
    box = read(codec, given, state, opened=False).details["name"].box

    keys.destroy(C1)

    details = read(codec, given, state).details
    assert {name: str(text) for name, text in details.items()} == {
        "name": ERASED,
        "place": "和平路",
        "kind": "plain",
    }
    assert codec.open(box) is None


def test_nothing_more_is_sealed_for_who_was_erased(codec: Codec, keys: PostgresKeyStore) -> None:
    keys.destroy(C1)

    with pytest.raises(KeyDestroyed, match=str(C1)):
        codec.encode(note())


def test_what_nobody_can_read_any_more_is_not_sealed_again(codec: Codec) -> None:
    with pytest.raises(KeyDestroyed):
        codec.encode(event(Ticket.Noted, text=Sealed(C1, None), visibility="internal"))


@pytest.mark.attack("key exchanged")
def test_a_file_is_not_read_under_another_key_than_it_was_registered_with(codec: Codec) -> None:
    name = said(C1, "甲")
    said_of_it = {"kind": "person", "key_commitment": "0" * 64, "originator_topic": "client"}
    registered = event(Client.Registered, (C1, 1), name=name, **said_of_it)
    state = codec.encode(registered)

    with pytest.raises(SealBroken, match="not the one that it was registered with"):
        read(codec, registered, state)


# boxes stay where they are


@pytest.mark.attack("ciphertexts swapped")
@pytest.mark.parametrize("row", [(T2, 3), (T1, 4)], ids=["stream", "version"])
def test_a_box_does_not_open_in_another_row(codec: Codec, row: tuple[UUID, int]) -> None:
    state = codec.encode(note())

    assert read(codec, note(), state).text == said(C1, SECRET)
    with pytest.raises(SealBroken):
        read(codec, note(row=row), state)


@pytest.mark.attack("ciphertexts swapped")
def test_a_box_does_not_open_in_another_field(codec: Codec) -> None:
    given = note(reason=said(C1, "因故"))
    state = stored(codec, given)
    state["text"], state["reason"] = state["reason"], state["text"]

    with pytest.raises(SealBroken):
        read(codec, given, json.dumps(state).encode())


@pytest.mark.attack("ciphertexts swapped")
def test_a_box_does_not_open_elsewhere_in_the_same_form(codec: Codec) -> None:
    given = event(Client.DetailsChanged, details={"a": said(C1, "甲"), "b": said(C1, "乙")})
    state = stored(codec, given)
    state["details"] = {"a": state["details"]["b"], "b": state["details"]["a"]}

    with pytest.raises(SealBroken):
        read(codec, given, json.dumps(state).encode())


@pytest.mark.attack("ciphertexts swapped")
def test_a_box_does_not_open_in_an_event_of_another_kind(codec: Codec) -> None:
    state = stored(codec, note())

    with pytest.raises(SealBroken):
        read(codec, event(Ticket.Instructed, text=said(C1, "")), json.dumps(state).encode())


def test_a_box_does_not_open_under_somebody_elses_name(codec: Codec) -> None:
    state = stored(codec, note())
    state["text"]["$sealed"] = state["text"]["$sealed"].replace(str(C1), str(C2))

    with pytest.raises(SealBroken):
        read(codec, note(), json.dumps(state).encode())


def test_a_box_does_not_open_with_another_key(
    codec: Codec, keys: PostgresKeyStore, keys_database: Database
) -> None:
    state = codec.encode(note())
    keys_database.run(
        lambda c: c.execute("UPDATE subject_key SET key = %s WHERE subject = %s", (b"k" * 32, C1))
    )

    with pytest.raises(SealBroken):
        read(Codec(PostgresKeyStore(keys_database)), note(), state)


@pytest.mark.parametrize("turn", ["bit", "short", "not base64", "empty"])
def test_a_box_that_was_changed_does_not_open(codec: Codec, turn: str) -> None:
    state = stored(codec, note())
    subject, box = state["text"]["$sealed"].split(":")
    flipped = ("B" if box[20] == "A" else "A").join((box[:20], box[21:]))
    changed = {"bit": flipped, "short": box[:8], "not base64": "!" + box[1:], "empty": ""}
    state["text"]["$sealed"] = f"{subject}:{changed[turn]}"

    with pytest.raises(SealBroken, match=str(T1)):
        read(codec, note(), json.dumps(state).encode())


# older versions


@pytest.mark.parametrize(
    ("older", "channel"),
    [({}, "unknown"), ({"class_version": 2, "way": "phone"}, "phone")],
    ids=["first", "second"],
)
def test_an_event_of_an_older_version_is_read_as_of_today(
    codec: Codec, older: dict[str, Any], channel: str
) -> None:
    today = event(Remembered, text=said(C1, SECRET), channel="mail", place=None)
    state = stored(codec, today)
    for newer in ("class_version", "channel", "place"):
        del state[newer]

    upcast = read(codec, today, json.dumps(state | older).encode())

    assert (upcast.text, upcast.channel, upcast.place) == (said(C1, SECRET), channel, None)


def test_an_event_of_todays_version_says_so_and_is_left_as_it_is(codec: Codec) -> None:
    today = event(Remembered, text=said(C1, SECRET), channel="mail", place=said(C2, SECRET))

    assert stored(codec, today)["class_version"] == 3
    assert read(codec, today) == today
    assert "class_version" not in stored(codec, note())
