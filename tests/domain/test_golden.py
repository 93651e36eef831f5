"""Events as they were once stored. Whatever becomes of the code, it reads them.

A file is named `<topic>.v<class version>.json` and holds the bytes of one event, written once and
never again: a new version of an event brings a new file, and the old one stays. The boxes of the
sealed texts hold nothing, and no key for them was ever made.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from eventsourcing.utils import resolve_topic

from application.desk import AGGREGATES
from domain.access import Access
from domain.aggregate import Aggregate, staff_ref
from domain.assessment import Assessment
from domain.client import Client
from domain.credential import SCOPES, Credential
from domain.evidence import Attachment
from domain.export import Export
from domain.granting import Grant
from domain.instance import FIRST, Instance
from domain.ledger import Entry
from domain.pack import Pack
from domain.ranked import Held
from domain.ranking import Ranking
from domain.rotation import Rotation
from domain.sealed import Sealed
from domain.signoff import Signature
from domain.staff import Staff
from domain.ticket import Ticket
from infrastructure.codec import Codec
from infrastructure.keystore import PostgresKeyStore
from tests.support.facts import (
    C1,
    C3,
    LI_NA,
    M1,
    M2,
    NOON,
    SHANGHAI,
    T1,
    WANG_FANG,
    ZHAO_LEI,
    act,
    event_classes,
    new_facts,
    replay,
)

GOLDEN = Path(__file__).parent / "golden"
SAMPLES = sorted(GOLDEN.iterdir())
EVENTS = [kind for aggregate in AGGREGATES for kind in event_classes(aggregate)]

A = TypeVar("A", bound=Aggregate)

TICKET = (
    "opened case-slip-issued noted routed assigned-in-turn nobody-available transfer-offered"
    " transfer-withdrawn transfer-offered transfer-declined transfer-offered transfer-accepted"
    " transfer-decided escalated instructed suspended resumed step-taken followed violation-flagged"
    " time-promised moved-to-version responsibility-moved clock-paused clock-resumed"
    " extension-asked"
    " time-extended time-due-soon time-breached supervision-opened time-kept time-promised"
    " time-waived time-promised clock-stopped supervision-notice-issued supervision-answered"
    " handler-reminded answered completed closed withdrawn rejected voided archived reopened"
    " corrected signed ticked evidence-attached evidence-labelled evidence-granted"
    " signature-refused"
)
CLIENT = (
    "registered details-changed contact-point-added contact-point-removed contact-point-added"
    " contact-person-added contact-person-changed contact-person-removed recorded"
    " grade-proposed grade-refused graded violation-flagged"
    " trait-set blacklisting-proposed blacklisting-rejected blacklisted blacklist-lifted"
    " blacklisted blacklist-reviewed placed crossing-authorised assigned followed-up"
    " reassignment-proposed reassignment-rejected ownership-voided assigned"
    " duplicate-detected duplicate-decided merged unmerged merged"
    " consent-given consent-withdrawn consent-given"
    " hold-placed hold-lifted erasure-requested erasure-withdrawn erasure-requested"
    " erasure-approved erased"
)
STAFF = (
    "registered post-taken superior-named deputy-named went-on-duty went-off-duty"
    " credential-issued credential-revoked credential-issued credential-replaced"
    " competence-granted competence-withdrawn competence-granted role-granted role-revoked"
    " misconduct-recorded"
    " volunteer-enrolled availability-declared team-joined team-left team-joined"
    " level-assigned commendation-given"
)
ASSESSMENT = (
    "opened started sample-drawn rated plan-compared measured evaluation-judged finalised delivered"
    " published appeal-filed appeal-decided applied"
)
INSTANCE = (
    "registered seal-doubted evidence-exported registration-requested revocation-requested revoked"
)
ACCESS = "begun record-accessed refused"
EXPORT = "requested approved declined"
ENTRY = "proposed decided confirmed executed appealed appeal-dismissed appealed reversed"
ROTATION = "formed turn-taken turn-passed members-changed turn-taken"
PACK = "named drafted approved published switched-off switched-on switched-off abolished"


def closed(subject: UUID) -> Sealed:
    return Sealed(subject, None)


@pytest.fixture(params=SAMPLES, ids=lambda path: path.stem)
def sample(request: pytest.FixtureRequest) -> Path:
    return cast(Path, request.param)


def load(path: Path, stream_id: UUID = T1, version: int = 1) -> Aggregate.Event:
    """The stored event, its sealed texts left closed, as a view's worker reads it."""
    codec = Codec(cast(PostgresKeyStore, None))
    topic = path.name.rpartition(".v")[0]
    return codec.decode(stream_id, version, topic, path.read_bytes(), opened=False)


def fold(kind: type[A], facts: str, stream_id: UUID) -> A:
    """What the newest samples of these facts make, one after the other."""
    paths = [newest(f"{kind.TOPIC}.{fact}") for fact in facts.split()]
    return cast(A, replay(load(p, stream_id, n) for n, p in enumerate(paths, start=1)))


def newest(topic: str) -> Path:
    return GOLDEN / f"{topic}.v{class_version(resolve_topic(topic))}.json"


def class_version(kind: type) -> int:
    return cast(int, getattr(kind, "class_version", 1))


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is of the very type that its field promises."""
    if get_origin(hint) is UnionType:
        return any(fits(value, one) for one in get_args(hint))
    if get_origin(hint) is list:
        return type(value) is list and all(fits(item, get_args(hint)[0]) for item in value)
    if get_origin(hint) is dict:
        return type(value) is dict
    return type(value) is hint


def test_every_version_of_every_event_has_a_sample() -> None:
    wanted = {
        f"{kind.TOPIC}.v{version}.json"
        for kind in EVENTS
        for version in range(1, class_version(kind) + 1)
    }

    assert {path.name for path in SAMPLES} == wanted


def test_a_sample_is_read_as_the_event_that_it_is(sample: Path) -> None:
    event = load(sample)

    assert type(event) is resolve_topic(sample.name.rpartition(".v")[0])
    assert (event.originator_id, event.originator_version) == (T1, 1)
    assert vars(event).keys() == {field.name for field in fields(event)}


def test_every_field_of_a_sample_is_read_as_its_type_says(sample: Path) -> None:
    event = load(sample)
    hints = get_type_hints(type(event))
    told = {name: value for name, value in vars(event).items() if name != "originator_id"}

    assert [name for name, value in told.items() if not fits(value, hints[name])] == []


def test_a_sample_knows_when_and_in_which_offset_it_happened(sample: Path) -> None:
    at = load(sample).timestamp

    assert at.utcoffset() == timedelta(hours=8)
    assert NOON < at < NOON + timedelta(hours=1)


def test_what_is_sealed_stays_closed_and_keeps_its_box(sample: Path) -> None:
    event = load(sample)

    for name, value in vars(event).items():
        if isinstance(value, Sealed):
            assert value.text is None
            assert value.box is not None
            assert value.box.startswith(f"{T1}:1:{type(event).TOPIC}:{name}:{value.subject}:")


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        (Ticket, TICKET),
        (Client, CLIENT),
        (Staff, f"{STAFF} position-revoked left"),
        (Pack, PACK),
        (Instance, INSTANCE),
        (Access, ACCESS),
        (Export, EXPORT),
        (Entry, f"{ENTRY} rejected waived"),
        (Assessment, ASSESSMENT),
        (Ranking, "published revised"),
    ],
)
def test_every_sample_takes_part_in_a_history(kind: type[Aggregate], facts: str) -> None:
    assert {f"{kind.TOPIC}.{fact}" for fact in facts.split()} == {
        fact.TOPIC for fact in event_classes(kind)
    }


def test_an_old_ticket_stands_as_it_stood() -> None:
    ticket = fold(Ticket, TICKET, T1)

    assert (ticket.id, ticket.version, ticket.client_id) == (T1, 53, C1)
    assert (ticket.procedure, ticket.pack_version, ticket.unit) == ("installation", 2, "main")
    assert ticket.pins == {"care": 2, "installation": 2}
    assert (ticket.state, ticket.episode, ticket.is_closed) == ("registered", 2, False)
    assert (ticket.first_contact_id, ticket.owner_id) == (LI_NA, ZHAO_LEI)
    assert (ticket.offered_to_id, ticket.asked_id, ticket.blocked_by) == (None, None, None)
    assert ticket.has_slip


@pytest.mark.parametrize(
    ("fact", "stands"),
    [
        ("case-slip-issued", {"packs": {"care": 1}, "pack_version": 1, "has_slip": True}),
        ("routed", {"queue": "customer-service", "queue_role": "cs_officer"}),
        ("transfer-declined", {"offered_to_id": None, "returns": 1}),
        ("transfer-offered", {"owner_id": LI_NA, "offered_to_id": WANG_FANG}),
        ("transfer-accepted", {"owner_id": WANG_FANG, "offered_to_id": None, "queue": None}),
        ("transfer-decided", {"owner_id": M2, "returns": 0}),
        ("escalated", {"owner_id": M2, "asked_id": M1}),
        ("suspended", {"asked_id": None, "blocked_by": "third_party"}),
        ("step-taken", {"owner_id": ZHAO_LEI, "state": "surveyed", "blocked_by": None}),
        ("extension-asked", {"held_by": {"reply-1": "owner"}}),
        ("clock-stopped", {"asked": {}, "blocks": {"reply-1": frozenset({"closed"})}}),
        ("answered", {"state": "answered"}),
        ("completed", {"state": "completed", "is_closed": False}),
        ("closed", {"state": "closed", "is_closed": True, "episode": 1, "ended_as": None}),
        ("withdrawn", {"state": "withdrawn", "is_closed": True, "ended_as": "withdrawn"}),
        ("rejected", {"state": "rejected", "is_closed": True, "ended_as": "rejected"}),
        ("voided", {"state": "voided", "is_closed": True, "ended_as": "voided"}),
        ("archived", {"state": "archived", "is_closed": True, "ended_as": "archived"}),
        ("reopened", {"state": "registered", "is_closed": False, "ended_as": None}),
        ("signed", {"signatures": {"solution": (Signature("director", M1, M2),)}}),
        ("signature-refused", {"signatures": {}}),
        ("ticked", {"ticks": {"five_clears": {"listen": frozenset({staff_ref(ZHAO_LEI)})}}}),
        (
            "evidence-attached",
            {"attachments": [Attachment("receipt", "e7" * 32, "application/pdf", closed(C1))]},
        ),
        ("evidence-labelled", {"evidence_labels": {"e7" * 32: "confidential"}}),
        ("evidence-granted", {"evidence_grants": {"e7" * 32: {WANG_FANG}}}),
    ],
)
def test_an_old_ticket_went_its_way_as_it_did(fact: str, stands: dict[str, Any]) -> None:
    so_far = TICKET[: TICKET.rindex(fact) + len(fact)]

    ticket = fold(Ticket, so_far, T1)

    assert {name: getattr(ticket, name) for name in stands} == stands


@pytest.mark.parametrize(
    ("fact", "stands"),
    [
        ("responsibility-moved", {"responsible": str(ZHAO_LEI)}),
        ("clock-paused", {"due": NOON + timedelta(minutes=36), "over_at": None}),
        ("clock-resumed", {"due": NOON + timedelta(minutes=37)}),
        ("time-extended", {"due": NOON + timedelta(minutes=42), "breached_at": None}),
        ("time-due-soon", {"warned_at": NOON + timedelta(minutes=40), "level": 0}),
        ("time-breached", {"breached_at": NOON + timedelta(minutes=43), "met_at": None}),
        ("supervision-opened", {"level": 1, "met_at": None}),
        ("time-kept", {"met_at": NOON + timedelta(minutes=44)}),
        ("time-waived", {"met_at": None, "over_at": NOON + timedelta(minutes=45)}),
        ("clock-stopped", {"waiver": None, "over_at": NOON + timedelta(minutes=46)}),
    ],
)
def test_an_old_promise_became_what_it_became(fact: str, stands: dict[str, Any]) -> None:
    so_far = TICKET[: TICKET.rindex(fact) + len(fact)]

    known = fold(Ticket, so_far, T1).obligations["reply-1"]

    assert (known.name, known.anchor) == ("核实后答复客户", NOON + timedelta(minutes=31))
    assert {name: getattr(known, name) for name in stands} == stands


def test_what_a_ticket_was_told_by_rules_can_still_be_asked() -> None:
    ticket = fold(Ticket, TICKET, T1)

    assert ticket.look("opened.item", NOON) == "cable"
    assert ticket.look("opened.content", NOON) is None
    assert ticket.look("penalty_proposed.cause", NOON) == "attitude"
    assert ticket.look("violation-flagged.kind", NOON) == "forbidden_phrase"


def test_what_was_opened_before_there_were_overlays_follows_its_own_pack() -> None:
    first = cast(Ticket.Opened, load(GOLDEN / "ticket.opened.v1.json"))

    ticket: Ticket = replay([first])

    assert (first.packs, first.priority, first.form) == ({}, 5, {})
    assert (ticket.client_id, ticket.pins) == (C1, {"installation": 1})


def test_what_was_promised_before_terms_were_kept_has_none() -> None:
    ticket: Ticket = replay([load(GOLDEN / "ticket.opened.v1.json")])

    load(GOLDEN / "ticket.time-promised.v1.json", version=2).mutate(ticket)

    assert (ticket.terms, ticket.held_by) == ({"reply-1": {}}, {"reply-1": "owner"})


def test_an_old_client_stands_as_they_stood() -> None:
    client = fold(Client, CLIENT, C1)

    assert (client.kind, client.is_blacklisted) == ("person", True)
    assert client.details == {"name": closed(C1), "place": closed(C1)}
    assert list(client.contacts.values()) == [("phone", closed(C1))]
    assert client.traits == {"remote": True}
    assert client.consents == {"marketing"}
    assert (client.persons, client.counts, client.proposals) == ({}, {"signal": 1}, {})
    assert client.forms == {"signal": {"signal": "illness"}}
    day = date(2026, 11, 23)
    assert [client.grade_on("tier", d) for d in (day, day.replace(year=2027))] == ["gold", None]
    assert client.entitlements_on(day) == {"priority": 4, "credit_days": 30}
    assert client.merged_into_id is not None


def test_an_old_client_is_whose_they_were() -> None:
    client = fold(Client, CLIENT, C1)

    assert (client.manager_id, client.territory, client.authorised) == (WANG_FANG, "south", {LI_NA})
    assert (client.duplicates, client.proposed_blacklisting) == ({C3: "dismiss"}, None)
    assert client.review_at == datetime(2028, 3, 1, tzinfo=SHANGHAI)


def test_who_was_blacklisted_before_there_were_reviews_has_no_day_of_one() -> None:
    client: Client = replay([load(newest("client.registered"), C1)])

    load(GOLDEN / "client.blacklisted.v1.json", C1, version=2).mutate(client)

    assert (client.blacklist_scope, client.review_at) == ("orders", None)


def test_an_old_rotation_goes_on_where_it_stood() -> None:
    rotation = fold(Rotation, ROTATION, Rotation.id_of("展厅"))

    assert rotation.members == [LI_NA, WANG_FANG, ZHAO_LEI]
    assert (rotation.next_id, rotation.served) == (WANG_FANG, {C1: (LI_NA, 5)})


def test_an_old_member_of_staff_stands_as_they_stood() -> None:
    staff = fold(Staff, STAFF, LI_NA)

    assert (staff.name, staff.unit, staff.post) == (closed(LI_NA), "main", "客服专员")
    assert (staff.roles, staff.superior()) == ({"staff", "cs_officer"}, M1)
    noon = datetime(2026, 11, 23, 12, tzinfo=SHANGHAI)
    assert staff.grants == [Grant("duty_manager", "store-1", noon, noon + timedelta(days=7))]
    assert (staff.credentials, staff.is_on_duty, staff.has_left) == (
        {"c1": Credential("d1" * 32, NOON + timedelta(days=1), frozenset({"read", "write"}))},
        False,
        False,
    )
    assert staff.competences == {"cable": datetime(2027, 11, 23, 12, tzinfo=SHANGHAI)}
    staff.must_be_deputised_by(WANG_FANG, NOON + timedelta(days=6))


def test_an_old_level_still_holds_and_an_old_position_is_still_lost() -> None:
    staff = fold(Staff, STAFF, LI_NA)
    year = datetime(2027, 11, 23, 12, tzinfo=SHANGHAI)

    assert staff.levels == {"am_level": Held("grade2", year)}
    assert fold(Staff, f"{STAFF} position-revoked", LI_NA).roles == {"cs_officer"}


def test_an_old_assessment_ended_as_it_ended() -> None:
    assessment = fold(Assessment, ASSESSMENT, T1)

    assert (assessment.subject_id, assessment.period, assessment.state) == (
        *(LI_NA, "2026-Q4", "applied"),
    )
    assert (assessment.score, assessment.hidden, assessment.delivered) == (8250, False, {"file"})
    [rating] = assessment.ratings.values()
    assert (rating.source, rating.scores["B"], rating.fair) == (
        *(f"client:{C1}", Decimal("72.5"), False),
    )
    assert assessment.planned["visits"].actual == 24
    assert assessment.figures == {"new_clients": 3}
    assert assessment.sample == (42, (str(C1),))


def test_an_old_ranking_was_revised() -> None:
    ranking = fold(Ranking, "published revised", T1)

    assert (ranking.scheme, ranking.payout_month) == ("staff", "2027-01")
    assert [line["score"] for line in ranking.lines] == [8250]


def test_a_token_of_before_there_were_scopes_is_good_for_all_of_them() -> None:
    staff: Staff = replay([load(newest("staff.registered"), LI_NA)])

    load(GOLDEN / "staff.credential-issued.v1.json", LI_NA, version=2).mutate(staff)

    end = datetime(2027, 11, 23, 12, tzinfo=SHANGHAI)
    assert staff.credentials == {"c1": Credential("d1" * 32, end, SCOPES)}


def test_who_left_long_ago_is_still_gone() -> None:
    staff = fold(Staff, f"{STAFF} left", LI_NA)

    assert (staff.has_left, staff.credentials) == (True, {})


def test_an_old_pack_says_what_it_said_and_held_when_it_held() -> None:
    pack = fold(Pack, PACK, Pack.id_of("installation"))

    assert pack.content(1).the_procedure.possible("registered") == ["survey"]
    assert pack.in_force(datetime(2027, 6, 1, tzinfo=SHANGHAI)) == 1
    assert pack.abolished_from == NOON + timedelta(days=400)
    assert pack.off_in == {"store-1"}


def test_an_old_entry_was_carried_out_and_taken_back() -> None:
    entry = fold(Entry, ENTRY, T1)

    assert (entry.holder, entry.table, entry.pack_version) == (staff_ref(LI_NA), "late", 1)
    assert (entry.state, entry.amount, entry.sanction) == ("executed", 2_000, "fine")
    assert (entry.is_reversed, entry.is_void, entry.appeal_is_open) == (True, True, False)
    assert entry.facts == {"minutes": 12, "account": closed(LI_NA)}


@pytest.mark.parametrize(("fact", "is_void"), [("rejected", True), ("waived", False)])
def test_an_old_entry_that_came_to_nothing(fact: str, is_void: bool) -> None:
    entry = fold(Entry, f"proposed {fact}", T1)

    assert (entry.state, entry.is_void, entry.is_booked) == (fact, is_void, False)


def test_an_old_misconduct_still_counts() -> None:
    staff = fold(Staff, STAFF, LI_NA)

    [known] = staff.misconduct
    assert (known.code, known.at) == ("late", datetime(2026, 11, 23, 12, 58, tzinfo=SHANGHAI))


def test_an_old_volunteer_still_serves_where_and_when_they_did() -> None:
    staff = fold(Staff, STAFF, LI_NA)

    assert (staff.origin, staff.teams) == ("floating", {"community"})
    assert staff.availability == (("A", "B"), ("sat", "sun"))


def test_what_followed_before_packs_could_propose_proposes_nothing() -> None:
    followed = cast(Ticket.Followed, load(GOLDEN / "ticket.followed.v1.json"))

    assert followed.proposes is None


def test_an_old_instance_signs_no_more() -> None:
    instance = fold(Instance, INSTANCE, FIRST)

    assert (instance.name, instance.is_revoked) == ("instance/0a1b2c", True)
    assert instance.vkey.startswith("instance/0a1b2c+3428e761+")
    assert [asked.name for asked in instance.requested.values()] == ["instance/3d4e5f"]
    assert instance.to_be_revoked is not None


def test_an_old_look_is_known_by_its_day() -> None:
    access = fold(Access, ACCESS, Access.id_of(staff_ref(LI_NA), NOON.date()))

    assert (access.day, access.version) == ("2026-11-23", 3)


def test_an_old_export_was_asked_for_approved_and_declined() -> None:
    export = fold(Export, EXPORT, T1)

    assert (export.purpose, export.client_ids) == ("marketing", [C1])
    assert export.requested_by == {staff_ref(LI_NA)}
    assert export.good_until == NOON + timedelta(days=7, minutes=4)
    assert export.is_declined


def test_an_old_draft_is_known_again_by_its_digest() -> None:
    pack = fold(Pack, PACK, Pack.id_of("installation"))

    pack.draft(pack.contents[1], act=act())

    assert new_facts(pack) == []
