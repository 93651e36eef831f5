"""Each view as a pure function: given these facts, these rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import pytest

from application.register import Fact
from application.views.accesses import AccessesView, AccessRow
from application.views.assessments import AssessmentRow, AssessmentsView
from application.views.client_file import ClientFileView, ClientRow
from application.views.client_history import ClientHistoryView
from application.views.client_ownership import ClientOwnershipView
from application.views.client_standing import ClientStandingView
from application.views.client_then import ClientThenView
from application.views.figures import HappeningView, TicketFiguresView
from application.views.ledger import ConductView, LedgerView
from application.views.ledger_claim import ClaimView
from application.views.obligation_then import ObligationThenView
from application.views.obligations import ObligationRow, ObligationsView
from application.views.pack_shelf import PackRow, PackShelfView
from application.views.staff_directory import StaffDirectoryView, StaffRow
from application.views.staff_then import StaffThenView
from application.views.ticket_file import filed
from application.views.ticket_history import HistoryRow, TicketHistoryView, described
from application.views.ticket_register import TicketRegisterView, TicketRow
from application.views.ticket_then import TicketThenView
from application.views.view import View
from domain.access import Access, Seen
from domain.aggregate import Aggregate
from domain.assessment import Assessment
from domain.client import Client
from domain.ledger import Entry
from domain.pack import Pack
from domain.rulebook import Rulebook
from domain.scoring import PlanAndActual
from domain.signoff import Verdict
from domain.staff import Staff
from domain.ticket import Blocker, Ticket, Visibility
from infrastructure.views.questions import VIEWS
from tests.application.client_file_story import FILE_STORY
from tests.application.client_story import OF_OWNERSHIP, OWNED
from tests.support.assessments import LADDER, SCHEME
from tests.support.dossiers import RULES
from tests.support.dossiers import act as act_in_role
from tests.support.facts import (
    C1,
    C2,
    CONSULTATION,
    INSTALLATION,
    LI_NA,
    M1,
    NOON,
    RECORDED,
    SHANGHAI,
    T1,
    WANG_FANG,
    ZHAO_LEI,
    act,
    because,
    event_classes,
    facts_of,
    opened,
    registered_client,
    registered_staff,
    said,
    shipped_pack,
)
from tests.support.promises import PROMISED_KINDS, PROMISES, PROMISING, SUPERVISED
from tests.support.views import RECORDED_AT, folded, recorded

DOSSIER_RULES = replace(RULES, guards=())
"""What may be signed and ticked; nothing is refused for want of it."""

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
CLOSE_OF_TUESDAY = datetime(2026, 11, 24, 17, tzinfo=SHANGHAI)
WARNED_AT = CLOSE_OF_TUESDAY - 4 * HOUR
CONTENT = shipped_pack("consultation")

Kind = type[Aggregate.Event]
Story = list[tuple[Kind, Callable[[Any], None], Mapping[str, Any]]]
"""Fact by fact: what happens, the command that it comes from, and what it changes in the row."""

DOSSIER_KINDS = {
    *(Ticket.Signed, Ticket.SignatureRefused, Ticket.Ticked, Ticket.EvidenceAttached),
    *(Ticket.EvidenceLabelled, Ticket.EvidenceGranted),
}
"""What is signed, ticked and attached, and who may see it."""

ENDINGS = {Ticket.Withdrawn, Ticket.Rejected, Ticket.Voided, Ticket.Archived}
FOLLOWED = {Ticket.Followed, Ticket.ViolationFlagged}
IN_TURN = {Ticket.AssignedInTurn, Ticket.NobodyAvailable}
HANDED_ON = {Ticket.Routed, Ticket.TransferDecided, Ticket.MovedToVersion}

SHOWN: dict[type[View[Any]], set[Kind]] = {
    TicketRegisterView: {
        *(Ticket.Opened, Ticket.CaseSlipIssued, Ticket.TransferOffered, Ticket.TransferAccepted),
        *(Ticket.TransferDeclined, Ticket.TransferWithdrawn, Ticket.Escalated, Ticket.Instructed),
        *(Ticket.StepTaken, Ticket.Answered, Ticket.Suspended, Ticket.Resumed, Ticket.Completed),
        *(Ticket.Closed, Ticket.Reopened, Ticket.HandlerReminded),
        *(ENDINGS | IN_TURN | HANDED_ON),
    },
    TicketHistoryView: {
        *(Ticket.Opened, Ticket.CaseSlipIssued, Ticket.TransferOffered, Ticket.TransferAccepted),
        *(Ticket.TransferDeclined, Ticket.TransferWithdrawn, Ticket.Escalated, Ticket.Instructed),
        *(Ticket.StepTaken, Ticket.Answered, Ticket.Suspended, Ticket.Resumed, Ticket.Completed),
        *(Ticket.Closed, Ticket.Reopened, Ticket.Noted, Ticket.Corrected),
        *(Ticket.SupervisionNoticeIssued, Ticket.SupervisionAnswered, Ticket.HandlerReminded),
        *(ENDINGS | IN_TURN | HANDED_ON | FOLLOWED),
        *DOSSIER_KINDS,
        *PROMISED_KINDS,
    },
    ObligationsView: set(PROMISED_KINDS),
    ClientFileView: {
        *(Client.Registered, Client.DetailsChanged),
        *(Client.ContactPointAdded, Client.ContactPointRemoved, Client.TraitSet),
        *(Client.Blacklisted, Client.BlacklistLifted, Client.Merged, Client.Unmerged),
        *(Client.ErasureRequested, Client.ErasureWithdrawn, Client.ErasureApproved, Client.Erased),
        *(Client.HoldPlaced, Client.HoldLifted),
        *(Client.ConsentGiven, Client.ConsentWithdrawn),
    },
    ClientOwnershipView: {
        *(kind for kind, *_ in OWNED),
        *(Client.Registered, Client.Merged, Client.Unmerged, Client.Erased),
    },
    ClientStandingView: {
        *(Client.Registered, Client.DetailsChanged, Client.TraitSet, Client.Merged),
        *(Client.ContactPointAdded, Client.ContactPointRemoved, Client.Unmerged, Client.Erased),
        *(Client.ContactPersonAdded, Client.ContactPersonChanged, Client.ContactPersonRemoved),
        *(Client.Recorded, Client.Graded),
        *(Client.Assigned, Client.OwnershipVoided),
    },
    ClientHistoryView: set(event_classes(Client)),
    StaffDirectoryView: {
        *(Staff.Registered, Staff.PostTaken, Staff.SuperiorNamed, Staff.DeputyNamed),
        *(Staff.WentOnDuty, Staff.WentOffDuty, Staff.Left),
        *(Staff.CredentialIssued, Staff.CredentialRevoked),
        *(Staff.CompetenceGranted, Staff.CompetenceWithdrawn),
        *(Staff.RoleGranted, Staff.RoleRevoked),
        *(Staff.VolunteerEnrolled, Staff.AvailabilityDeclared),
        *(Staff.TeamJoined, Staff.TeamLeft),
        *(Staff.LevelAssigned, Staff.PositionRevoked, Staff.CommendationGiven),
    },
    AssessmentsView: {
        *(Assessment.Opened, Assessment.Started, Assessment.Finalised, Assessment.Delivered),
        *(Assessment.Published, Assessment.AppealFiled, Assessment.AppealDecided),
        Assessment.Applied,
    },
    PackShelfView: {
        *(Pack.Named, Pack.Drafted, Pack.Approved, Pack.Published, Pack.Abolished),
        *(Pack.SwitchedOff, Pack.SwitchedOn),
    },
    AccessesView: {Access.RecordAccessed, Access.Refused},
    LedgerView: set(event_classes(Entry)),
    ConductView: {Staff.MisconductRecorded},
    ClaimView: {Ticket.Followed},
}
SHOWN |= dict.fromkeys(
    (HappeningView, TicketFiguresView), SHOWN[TicketHistoryView] - PROMISED_KINDS - IN_TURN
)
SHOWN[TicketThenView] = SHOWN[TicketRegisterView]
SHOWN[ClientThenView] = SHOWN[ClientFileView]
SHOWN[StaffThenView] = SHOWN[StaffDirectoryView]
SHOWN[ObligationThenView] = SHOWN[ObligationsView]
"""What each view has something to say about."""

LEFT_ASIDE: dict[type[View[Any]], set[Kind]] = {
    **dict.fromkeys(
        (ClientFileView, ClientThenView),
        {kind for kind, _, in_file, _ in OWNED if not in_file}
        | {kind for kind, _, _ in FILE_STORY},
    ),
    ClientOwnershipView: SHOWN[ClientFileView]
    - SHOWN[ClientOwnershipView]
    - {Client.Blacklisted, Client.BlacklistLifted}
    | {kind for kind, _, _ in FILE_STORY},
    StaffDirectoryView: {Staff.CredentialReplaced, Staff.MisconductRecorded},
    StaffThenView: {Staff.CredentialReplaced, Staff.MisconductRecorded},
    AssessmentsView: {
        *(Assessment.SampleDrawn, Assessment.Rated, Assessment.PlanCompared, Assessment.Measured),
        Assessment.EvaluationJudged,
    },
    TicketRegisterView: {
        *(Ticket.Noted, Ticket.Corrected),
        *(Ticket.SupervisionNoticeIssued, Ticket.SupervisionAnswered),
        *FOLLOWED,
        *DOSSIER_KINDS,
        *PROMISED_KINDS,
    },
}
"""What happens to its subject and changes only how far the row has read."""

NOT_READ: dict[type[View[Any]], set[Kind]] = {
    ClientStandingView: set(event_classes(Client)) - SHOWN[ClientStandingView],
    ObligationsView: SHOWN[TicketHistoryView] - PROMISED_KINDS,
    AccessesView: {Access.Begun},
    HappeningView: PROMISED_KINDS | IN_TURN,
    TicketFiguresView: PROMISED_KINDS | IN_TURN,
    TicketThenView: SHOWN[TicketHistoryView] - SHOWN[TicketThenView],
    ObligationThenView: SHOWN[TicketHistoryView] - SHOWN[ObligationThenView],
    ConductView: set(event_classes(Staff)) - SHOWN[ConductView],
    ClaimView: SHOWN[TicketHistoryView] - SHOWN[ClaimView] | IN_TURN,
}
"""What happens to its subject and never reaches the view."""

READ_BESIDES: dict[type[View[Any]], set[Kind]] = {
    StaffDirectoryView: {Ticket.AssignedInTurn},
    ClaimView: {Entry.Proposed},
}
"""What happens to something else and changes a row."""

READS: dict[type[View[Any]], type[Aggregate]] = {
    TicketRegisterView: Ticket,
    TicketHistoryView: Ticket,
    ObligationsView: Ticket,
    HappeningView: Ticket,
    TicketFiguresView: Ticket,
    TicketThenView: Ticket,
    ObligationThenView: Ticket,
    ClientFileView: Client,
    ClientThenView: Client,
    ClientOwnershipView: Client,
    ClientHistoryView: Client,
    ClientStandingView: Client,
    StaffDirectoryView: Staff,
    StaffThenView: Staff,
    PackShelfView: Pack,
    AccessesView: Access,
    LedgerView: Entry,
    ConductView: Staff,
    ClaimView: Ticket,
    AssessmentsView: Assessment,
}

NOT_FILED = {
    *("ticket.opened", "ticket.case-slip-issued", "ticket.closed"),
    *("ticket.moved-to-version", "ticket.followed", "ticket.violation-flagged"),
    *(kind.TOPIC for kind in PROMISED_KINDS),
}
"""What the ticket file shows in the ticket itself or among its obligations."""

ALWAYS_CHANGES = {"version", "position", "changed_at"}


def offer(ticket: Ticket) -> None:
    ticket.offer_transfer(WANG_FANG, "客户要装有线电视", act=because("不懂技术"))


def notify(ticket: Ticket) -> None:
    ticket.rules = replace(ticket.rules, calendars=PROMISES.calendars)
    ticket.issue_notice("说明原因", NOON + DAY, unit="main", year=2026, act=act(M1))


def sign(ticket: Ticket, verdict: Verdict) -> None:
    """The first role signs, the second refuses."""
    role, who = {"signed": ("production", LI_NA), "refused": ("qc", WANG_FANG)}[verdict]
    ticket.sign("solution", role, verdict, act=act_in_role(who, role, reason="因故"))


def call_for_help(ticket: Ticket) -> None:
    roles = frozenset({"cs_supervisor"})
    ticket.call_for_help(ticket.owner_id, unit="cable", competence=None, roles=roles, act=act(M1))


def name_whose_turn_it_is(ticket: Ticket) -> None:
    """Without the offer that goes with it."""
    told = {"unit": "cable", "competence": None, "to_id": ZHAO_LEI}
    ticket.trigger_event(Ticket.AssignedInTurn, **told, **envelope())


def follow(ticket: Ticket) -> None:
    """As a consequence is recorded."""
    told = {"step": "told", "word": "告知", "form": {}, "rule": None, "because": "noted"}
    ticket.trigger_event(Ticket.Followed, **told, proposes=None, **envelope())


def void(ticket: Ticket) -> None:
    """What was worked on is not void; the row would show it all the same."""
    ticket.trigger_event(Ticket.Voided, **envelope())


def put_away(ticket: Ticket) -> None:
    ticket.trigger_event(Ticket.Archived, **envelope())


def envelope() -> dict[str, Any]:
    who = {"by": f"staff:{M1}", "acting_for": None, "role": None, "reason": None}
    return {**who, "command_id": "c-9", "timestamp": NOON + 4 * HOUR}


TICKET: Story = [
    (
        Ticket.CaseSlipIssued,
        lambda t: t.issue_slip(year=2026, act=act()),
        {"slip_number": "2026-0002"},
    ),
    (Ticket.Noted, lambda t: t.note("又来电", Visibility.INTERNAL, act=act()), {}),
    (Ticket.TransferOffered, offer, {"offered_to_id": WANG_FANG}),
    (
        Ticket.TransferDeclined,
        lambda t: t.decline_transfer("overloaded", CONSULTATION, act=because(by=WANG_FANG)),
        {"offered_to_id": None, "returned_to_id": LI_NA, "returns": 1, "undecided_returns": 1},
    ),
    (Ticket.TransferOffered, offer, {"offered_to_id": WANG_FANG, "returned_to_id": None}),
    (
        Ticket.TransferWithdrawn,
        lambda t: t.withdraw_transfer(act=act()),
        {"offered_to_id": None},
    ),
    (Ticket.TransferOffered, offer, {"offered_to_id": WANG_FANG}),
    (
        Ticket.TransferAccepted,
        lambda t: t.accept_transfer(act=act(WANG_FANG)),
        {"offered_to_id": None, "owner_id": WANG_FANG, "transfers": 1},
    ),
    (
        Ticket.Escalated,
        lambda t: t.escalate(M1, "可以减免吗", act=act(WANG_FANG)),
        {"asked_id": M1},
    ),
    (Ticket.Instructed, lambda t: t.instruct("可以", act=act(M1)), {"asked_id": None}),
    (Ticket.SupervisionNoticeIssued, notify, {}),
    (Ticket.SupervisionAnswered, lambda t: t.answer_notice("已联系", act=act(WANG_FANG)), {}),
    (Ticket.HandlerReminded, lambda t: t.remind("请尽快", act=act(M1)), {"reminders": 1}),
    (
        Ticket.Suspended,
        lambda t: t.suspend(Blocker.CLIENT, act=because("等资料", by=WANG_FANG)),
        {"blocked_by": "client"},
    ),
    (Ticket.Resumed, lambda t: t.resume(act=act(WANG_FANG)), {"blocked_by": None}),
    (
        Ticket.StepTaken,
        lambda t: t.take_step("clarify", {}, CONSULTATION, act=act(WANG_FANG)),
        {"state": "clarifying"},
    ),
    (
        Ticket.Answered,
        lambda t: t.answer("周一至周五", True, CONSULTATION, act=act(WANG_FANG)),
        {"state": "answered"},
    ),
    (
        Ticket.Completed,
        lambda t: t.complete("已告知", CONSULTATION, act=act(WANG_FANG)),
        {"state": "completed"},
    ),
    (
        Ticket.Closed,
        lambda t: t.close(CONSULTATION, act=act(WANG_FANG, NOON + HOUR)),
        {"state": "closed", "is_closed": True, "closed_at": NOON + HOUR},
    ),
    (
        Ticket.Corrected,
        lambda t: t.correct(1, "matter", "宽带安装", act=because("听错了")),
        {},
    ),
    (
        Ticket.Reopened,
        lambda t: t.reopen(CONSULTATION, act=because("客户再来电")),
        {"state": "registered", "is_closed": False, "episode": 2},
    ),
    (Ticket.Signed, lambda t: sign(t, "signed"), {}),
    (Ticket.SignatureRefused, lambda t: sign(t, "refused"), {}),
    (Ticket.Ticked, lambda t: t.tick("doors", "front", act=act()), {}),
    (
        Ticket.EvidenceAttached,
        lambda t: t.attach_evidence(
            digest="d1" * 32,
            kind="receipt",
            media_type="application/pdf",
            size_bytes=48_213,
            name="收据.pdf",
            act=act(),
        ),
        {},
    ),
    (
        Ticket.EvidenceLabelled,
        lambda t: t.label_evidence("d1" * 32, "confidential", act=act()),
        {},
    ),
    (
        Ticket.EvidenceGranted,
        lambda t: t.grant_evidence("d1" * 32, WANG_FANG, act=because(by=M1)),
        {},
    ),
    (Ticket.Routed, lambda t: t.route("cable", act=act(WANG_FANG)), {"queue": "cable"}),
    (Ticket.NobodyAvailable, call_for_help, {"alarmed_id": WANG_FANG}),
    (Ticket.AssignedInTurn, name_whose_turn_it_is, {"alarmed_id": None}),
    (
        Ticket.TransferOffered,
        lambda t: t.offer_transfer(ZHAO_LEI, None, act=because(by=WANG_FANG)),
        {"offered_to_id": ZHAO_LEI},
    ),
    (
        Ticket.TransferDeclined,
        lambda t: t.decline_transfer("overloaded", CONSULTATION, act=because(by=ZHAO_LEI)),
        {
            "offered_to_id": None,
            "returned_to_id": WANG_FANG,
            "returns": 2,
            "undecided_returns": 2,
        },
    ),
    (
        Ticket.TransferDecided,
        lambda t: t.decide_transfer(
            ZHAO_LEI, superior_id=M1, roles=frozenset(), act=because(by=M1)
        ),
        {
            "owner_id": ZHAO_LEI,
            "transfers": 2,
            "returned_to_id": None,
            "undecided_returns": 0,
            "queue": None,
        },
    ),
    (
        Ticket.MovedToVersion,
        lambda t: t.move_to_version(
            2, {}, CONSULTATION, t.rules, act=because("新制度", by=ZHAO_LEI)
        ),
        {"pack_version": 2},
    ),
    (Ticket.ViolationFlagged, lambda t: t.flag_violation("shirking", "PX-07", act=act()), {}),
    (Ticket.Followed, follow, {}),
    (
        Ticket.Withdrawn,
        lambda t: t.withdraw(act=act(ZHAO_LEI, NOON + 2 * HOUR, reason="客户不办了")),
        {"state": "withdrawn", "is_closed": True, "closed_at": NOON + 2 * HOUR},
    ),
    (
        Ticket.Reopened,
        lambda t: t.carry_out("reopen", act()),
        {"state": "completed", "is_closed": False, "episode": 3},
    ),
    (
        Ticket.Rejected,
        lambda t: t.reject("duplicate", act=act(ZHAO_LEI, NOON + 3 * HOUR, reason="重复")),
        {"state": "rejected", "is_closed": True, "closed_at": NOON + 3 * HOUR},
    ),
    (Ticket.Voided, void, {"state": "voided"}),
    (Ticket.Archived, put_away, {"state": "archived"}),
]

CLIENT: Story = [
    (
        Client.DetailsChanged,
        lambda c: c.change_details({"name": "王某某", "place": "三号楼"}, act=act()),
        {"name": said(C1, "王某某"), "details": {"place": said(C1, "三号楼")}},
    ),
    (
        Client.DetailsChanged,
        lambda c: c.change_details({"language": "粤语"}, act=act()),
        {"details": {"place": said(C1, "三号楼"), "language": said(C1, "粤语")}},
    ),
    (
        Client.ContactPointAdded,
        lambda c: c.add_contact_point("phone", "010-5550199", act=act()),
        {"contacts": {"phone-4": {"kind": "phone", "value": said(C1, "010-5550199")}}},
    ),
    (
        Client.ContactPointRemoved,
        lambda c: c.remove_contact_point("phone-4", act=act()),
        {"contacts": {}},
    ),
    (
        Client.TraitSet,
        lambda c: c.set_trait("region", "north", act=act()),
        {"attributes": {"region": "north"}},
    ),
    *((kind, command, {}) for kind, command, _ in FILE_STORY),
    *((kind, command, in_file) for kind, command, in_file, _ in OWNED),
    (
        Client.Merged,
        lambda c: c.merge_into(registered_client(C2), act=because("同一人")),
        {"merged_into_id": C2},
    ),
    (Client.Unmerged, lambda c: c.unmerge(act=because("不是")), {"merged_into_id": None}),
    (
        Client.ConsentGiven,
        lambda c: c.give_consent("marketing", act=act()),
        {"consents": ["marketing"]},
    ),
    (
        Client.ConsentWithdrawn,
        lambda c: c.withdraw_consent("marketing", act=act()),
        {"consents": []},
    ),
    (Client.HoldPlaced, lambda c: c.place_hold("民初1号", act=act()), {"holds": ["民初1号"]}),
    (Client.HoldLifted, lambda c: c.lift_hold("民初1号", act=act()), {"holds": []}),
    (
        Client.ErasureRequested,
        lambda c: c.request_erasure("client-request", act=act()),
        {"erasure": "requested"},
    ),
    (Client.ErasureWithdrawn, lambda c: c.withdraw_erasure(act=act()), {"erasure": None}),
    (
        Client.ErasureRequested,
        lambda c: c.request_erasure("client-request", act=act()),
        {"erasure": "requested"},
    ),
    (
        Client.ErasureApproved,
        lambda c: c.approve_erasure(act=act(M1)),
        {"erasure": "approved"},
    ),
    (Client.Erased, lambda c: c.erase(9, act=act()), {"erasure": "erased"}),
]

IN_OWNERSHIP = [(command, changes) for _, command, _, changes in OWNED]

OWNERSHIP: Story = [
    (kind, command, dict(IN_OWNERSHIP).get(command, OF_OWNERSHIP.get(kind, {})))
    for kind, command, _ in CLIENT
]

STAFF: Story = [
    (
        Staff.PostTaken,
        lambda s: s.take_post("客服专员", ["staff", "cs_officer"], act=act(M1)),
        {"post": "客服专员", "roles": ["cs_officer", "staff"]},
    ),
    (
        Staff.RoleGranted,
        lambda s: s.grant_role(
            "duty_manager", unit="north", start=NOON, end=NOON + WEEK, act=act(M1)
        ),
        {
            "grants": [
                {
                    "role": "duty_manager",
                    "unit": "north",
                    "start": "2026-11-23T12:00:00+08:00",
                    "end": "2026-11-30T12:00:00+08:00",
                }
            ]
        },
    ),
    (
        Staff.RoleRevoked,
        lambda s: s.revoke_role("duty_manager", unit="north", act=act(M1)),
        {"grants": []},
    ),
    (
        Staff.VolunteerEnrolled,
        lambda s: s.enrol(
            charter_accepted=True, origin="floating", origins=["floating"], act=act(M1)
        ),
        {"origin": "floating"},
    ),
    (
        Staff.AvailabilityDeclared,
        lambda s: s.declare_availability(areas=["B", "A"], weekdays=["sun"], act=act(M1)),
        {"areas": ["A", "B"], "weekdays": ["sun"]},
    ),
    (
        Staff.TeamJoined,
        lambda s: s.join_team("community", skill=None, act=act(M1)),
        {"teams": ["community"]},
    ),
    (Staff.TeamLeft, lambda s: s.leave_team("community", act=act(M1)), {"teams": []}),
    (Staff.SuperiorNamed, lambda s: s.name_superior(M1, act=act(M1)), {"superior_id": M1}),
    (
        Staff.DeputyNamed,
        lambda s: s.name_deputy(WANG_FANG, start=NOON, end=NOON + WEEK, act=act(M1)),
        {
            "deputies": [
                {
                    "deputy_id": str(WANG_FANG),
                    "start": "2026-11-23T12:00:00+08:00",
                    "end": "2026-11-30T12:00:00+08:00",
                }
            ]
        },
    ),
    (Staff.WentOnDuty, lambda s: s.go_on_duty(act=act()), {"is_on_duty": True}),
    (Staff.WentOffDuty, lambda s: s.go_off_duty(act=act()), {"is_on_duty": False}),
    (
        Staff.CompetenceGranted,
        lambda s: s.grant_competence("cable", expires_at=NOON + WEEK, act=act(M1)),
        {"competences": {"cable": "2026-11-30T12:00:00+08:00"}},
    ),
    (
        Staff.CompetenceWithdrawn,
        lambda s: s.withdraw_competence("cable", act=act(M1)),
        {"competences": {}},
    ),
    (
        Staff.CredentialIssued,
        lambda s: s.issue_credential("c1", "d1" * 32, act=act(M1)),
        {"credentials": ["c1"]},
    ),
    (
        Staff.CredentialIssued,
        lambda s: s.issue_credential("c2", "d2" * 32, act=act(M1)),
        {"credentials": ["c1", "c2"]},
    ),
    (
        Staff.CredentialReplaced,
        lambda s: s.replace_credential(
            "c1", "c2", "d2" * 32, expires_at=None, grace=WEEK, act=act(M1)
        ),
        {},
    ),
    (
        Staff.MisconductRecorded,
        lambda s: s.record_misconduct(
            T1,
            code="late",
            grade="general",
            evidence="打卡记录",
            client_id=None,
            ticket_id=None,
            rule="PN-07",
            act=act(M1),
        ),
        {},
    ),
    (
        Staff.CredentialRevoked,
        lambda s: s.revoke_credential("c1", act=act(M1)),
        {"credentials": ["c2"]},
    ),
    (
        Staff.LevelAssigned,
        lambda s: s.assign_level(
            "am_level",
            LADDER,
            "grade2",
            assessment_id=T1,
            ticket_id=None,
            valid_until=NOON + WEEK,
            act=act(M1),
        ),
        {
            "levels": {
                "am_level": {
                    "level": "grade2",
                    "was": None,
                    "until": "2026-11-30T12:00:00+08:00",
                    "by": str(T1),
                }
            }
        },
    ),
    (
        Staff.CommendationGiven,
        lambda s: s.commend("客户来信表扬", act=act(M1)),
        {
            "commendations": [
                {
                    "by": f"staff:{M1}",
                    "at": "2026-11-23T12:00:00+08:00",
                    "text": said(LI_NA, "客户来信表扬"),
                }
            ]
        },
    ),
    (
        Staff.PositionRevoked,
        lambda s: s.revoke_position(["cs_officer", "director"], T1, act=act(M1)),
        {"roles": ["staff"]},
    ),
    (Staff.WentOnDuty, lambda s: s.go_on_duty(act=act()), {"is_on_duty": True}),
    (
        Staff.Left,
        lambda s: s.leave(act=act(M1)),
        {"has_left": True, "is_on_duty": False, "credentials": []},
    ),
]

DRAFTED = {
    "title": CONTENT["title"],
    "digest": "e9",
    "is_approved": False,
    "effective_from": None,
}


def version_of_pack(**otherwise: Any) -> dict[str, Any]:
    pack = Pack.named("consultation", act=act())
    pack.draft(CONTENT, act=act())
    return {**DRAFTED, "digest": pack.versions[1].digest, **otherwise}


PACK: Story = [
    (
        Pack.Drafted,
        lambda p: p.draft(CONTENT, act=act()),
        {"versions": {"1": version_of_pack()}},
    ),
    (
        Pack.Approved,
        lambda p: p.approve(1, act=act(M1)),
        {"versions": {"1": version_of_pack(is_approved=True)}},
    ),
    (
        Pack.Published,
        lambda p: p.publish(1, NOON, act=act(M1)),
        {
            "versions": {
                "1": version_of_pack(is_approved=True, effective_from="2026-11-23T12:00:00+08:00")
            }
        },
    ),
    (
        Pack.SwitchedOff,
        lambda p: p.switch_off("store-1", act=because()),
        {"off_in": ["store-1"]},
    ),
    (Pack.SwitchedOn, lambda p: p.switch_on("store-1", act=act()), {"off_in": []}),
    (
        Pack.Abolished,
        lambda p: p.abolish(NOON + WEEK, act=because()),
        {"abolished_from": NOON + WEEK},
    ),
]

ASSESSMENT: Story = [
    (
        Assessment.Started,
        lambda a: a.start(SCHEME, methods=["inquiry"], permit=None, act=act(M1)),
        {"state": "open", "is_hidden": False},
    ),
    (Assessment.SampleDrawn, lambda a: a.draw_sample([C1, C2], seed=1, size=1, act=act(M1)), {}),
    (Assessment.Rated, lambda a: rate(a, "head", None), {}),
    (Assessment.Rated, lambda a: rate(a, "clients", UUID(a.sample[1][0])), {}),
    (
        Assessment.PlanCompared,
        lambda a: a.compare_plan(
            SCHEME, {"visits": PlanAndActual(Decimal(4), Decimal(3))}, act=act(M1)
        ),
        {},
    ),
    (
        Assessment.Measured,
        lambda a: a.measure({"clients": {"value": "3", "tickets": []}}, act=act(M1)),
        {},
    ),
    (
        Assessment.EvaluationJudged,
        lambda a: a.judge_evaluation(SCHEME, "rating-2", fair=True, act=act(M1)),
        {},
    ),
    (
        Assessment.Finalised,
        lambda a: a.finalise(SCHEME, act=act(M1)),
        {
            "state": "final",
            "score": 7750,
            "score_with_all": 7750,
            "groups": {"figures": 7500, "people": 8000},
        },
    ),
    (
        Assessment.Delivered,
        lambda a: a.deliver(SCHEME, "file", act=act(M1)),
        {"delivered": ["file"]},
    ),
    (
        Assessment.Published,
        lambda a: a.publish(SCHEME, act=act(M1)),
        {"state": "published", "published_at": NOON},
    ),
    (
        Assessment.AppealFiled,
        lambda a: a.file_appeal(SCHEME, act=because("不对")),
        {"is_under_appeal": True},
    ),
    (
        Assessment.AppealDecided,
        lambda a: a.decide_appeal(upheld=True, corrected=8000, act=because(by=WANG_FANG)),
        {"is_under_appeal": False, "score": 8000},
    ),
    (
        Assessment.Applied,
        lambda a: a.apply_result(SCHEME, act=act(M1)),
        {"state": "applied", "passed": True},
    ),
]


def rate(assessment: Any, rater: str, client_id: UUID | None) -> None:
    assessment.rate(
        SCHEME,
        rater,
        {"service": Decimal(80)},
        client_id=client_id,
        superior_id=M1,
        act=act(M1, roles=["assessor"]),
    )


def assessed() -> Assessment:
    """Li Na's, to be begun unannounced."""
    return Assessment.open(
        "staff",
        SCHEME,
        subject_id=LI_NA,
        period="2026-Q4",
        kinds=["random"],
        pack="plan",
        pack_version=2,
        unit="main",
        plan_id=None,
        act=act(M1),
    )


TOLD: dict[type[View[Any]], tuple[Callable[[], Any], Story]] = {
    TicketRegisterView: (lambda: opened(rules=DOSSIER_RULES), TICKET),
    ClientFileView: (registered_client, CLIENT),
    ClientOwnershipView: (registered_client, OWNERSHIP),
    StaffDirectoryView: (registered_staff, STAFF),
    AssessmentsView: (assessed, ASSESSMENT),
    PackShelfView: (lambda: Pack.named("consultation", act=act()), PACK),
}

CHAPTERS = [
    pytest.param(view, number, id=f"{view.name}-{number}-{story[number][0].__name__}")
    for view, (_, story) in TOLD.items()
    for number in range(len(story))
]


def promised(*commands: Callable[[Ticket], None], rules: Rulebook = PROMISES) -> Ticket:
    """A ticket whose client has been promised a reply by Tuesday 17:00, and what came of it."""
    ticket = opened(PROMISING, rules=rules)
    ticket.issue_slip(year=2026, act=act())
    ticket.take_step("clarify", {}, PROMISING, act=act())
    for command in commands:
        command(ticket)
    return ticket


def hand_over(ticket: Ticket) -> None:
    offer(ticket)
    ticket.accept_transfer(act=act(WANG_FANG, NOON + HOUR))


def suspend(ticket: Ticket) -> None:
    ticket.suspend(Blocker.CLIENT, act=because("等资料"))


def resume(ticket: Ticket) -> None:
    ticket.resume(act=act(at=NOON + HOUR))


def ask(ticket: Ticket) -> None:
    ticket.ask_extension("reply-1", NOON + 3 * DAY, act=because("等厂家回电"))


def approve(ticket: Ticket) -> None:
    ticket.approve_extension("reply-1", act=act(M1, NOON + HOUR))


def waive(ticket: Ticket) -> None:
    ticket.waive("reply-1", "withdrawn_by_client", act=because(by=M1))


def breach(ticket: Ticket) -> None:
    ticket.record_breach("reply-1", M1, act=act("system:clock", NOON + 2 * DAY))


def warn(ticket: Ticket) -> None:
    ticket.record_due_soon("reply-1", act=act("system:clock", WARNED_AT))


def supervise(ticket: Ticket) -> None:
    ticket.open_supervision("reply-1", 1, M1, act=act("system:clock", NOON + 2 * DAY))


def supervise_on(ticket: Ticket) -> None:
    ticket.open_supervision("reply-1", 2, None, act=act("system:clock", NOON + 3 * DAY))


def answer(ticket: Ticket) -> None:
    ticket.answer("周一至周五", True, PROMISING, act=act(at=NOON + HOUR))


def close(ticket: Ticket) -> None:
    ticket.close(PROMISING, act=act(at=NOON + HOUR))


def ask_superior_and_close(ticket: Ticket) -> None:
    ticket.escalate(M1, "可以减免吗", act=act())
    answer(ticket)
    close(ticket)


PROMISED_TICKETS = [
    promised(hand_over),
    promised(suspend, resume, ask, approve),
    promised(waive),
    promised(breach),
    promised(ask_superior_and_close),
    promised(warn, breach, supervise, supervise_on, rules=SUPERVISED),
]
"""All that can become of a promise."""


def told(view: type[View[Any]], chapters: int) -> Any:
    """The subject of this view as its story has it, after so many facts behind the first."""
    begin, story = TOLD[view]
    aggregate = begin()
    for _, command, _ in story[:chapters]:
        command(aggregate)
    return aggregate


def row_of(view: type[View[Any]], *aggregates: Aggregate) -> Any:
    """The one row that these make."""
    [row] = folded(view(), recorded(*aggregates)).values()
    return row


def fields_of(row: Any) -> dict[str, Any]:
    return {f.name: getattr(row, f.name) for f in fields(row)}


@pytest.mark.parametrize(("view", "number"), CHAPTERS)
def test_a_fact_changes_in_its_row_what_it_speaks_of_and_nothing_else(
    view: type[View[Any]], number: int
) -> None:
    kind, _, changes = TOLD[view][1][number]
    before, after = told(view, number), told(view, number + 1)

    rows = fields_of(row_of(view, before)), fields_of(row_of(view, after))

    changed = {name: v for name, v in rows[1].items() if v != rows[0][name]}
    new = [type(fact) for fact in facts_of(after)[len(facts_of(before)) :]]
    assert [fact for fact in new if fact not in PROMISED_KINDS] == [kind]
    assert {n: v for n, v in changed.items() if n not in ALWAYS_CHANGES} == changes
    assert rows[1]["version"] == rows[1]["position"] == len(facts_of(after))


def test_a_ticket_enters_the_register_with_its_number_and_its_first_contact_as_owner() -> None:
    ticket = opened()

    row = row_of(TicketRegisterView, ticket)

    assert row == TicketRow(
        ticket_id=T1,
        opened_position=1,
        register="main/consultation/2026",
        number="2026-0001",
        client_id=C1,
        matter=said(C1, "有线电视安装"),
        channel="app",
        procedure="consultation",
        pack_version=1,
        unit="main",
        state="registered",
        first_contact_id=LI_NA,
        owner_id=LI_NA,
        opened_at=NOON,
        opened_recorded_at=RECORDED_AT + timedelta(seconds=1),
        changed_at=NOON,
        is_closed=False,
        closed_at=None,
        episode=1,
        offered_to_id=None,
        asked_id=None,
        blocked_by=None,
        slip_number=None,
        transfers=0,
        returns=0,
        findings=0,
        version=1,
        position=1,
    )


def test_a_ticket_was_last_changed_when_that_is_said_to_have_happened() -> None:
    ticket = opened()
    ticket.note("早就说过", Visibility.INTERNAL, act=act(at=NOON - HOUR))

    row = row_of(TicketRegisterView, ticket)

    assert row.changed_at == NOON - HOUR


def test_a_step_taken_over_from_a_log_moves_the_ticket_to_who_took_it_and_counts_findings() -> None:
    ticket = opened(RECORDED)
    for name in ("resolve", "finish"):
        ticket.take_over_step(
            name, {}, RECORDED, done_by_id=ZHAO_LEI, act=act("system:import", NOON + HOUR)
        )

    row = row_of(TicketRegisterView, ticket)

    findings = sum(len(e.findings) for e in facts_of(ticket) if isinstance(e, Ticket.StepTaken))
    assert (row.owner_id, row.first_contact_id) == (ZHAO_LEI, LI_NA)
    assert row.findings == findings > 0
    assert (row.state, row.is_closed, row.closed_at) == ("closed", True, NOON + HOUR)


def test_when_a_ticket_was_last_closed_stays_when_it_is_taken_up_again() -> None:
    taken_up_again = [kind for kind, _, _ in TICKET].index(Ticket.Reopened)
    ticket = told(TicketRegisterView, taken_up_again + 1)

    row = row_of(TicketRegisterView, ticket)

    assert (row.is_closed, row.closed_at) == (False, NOON + HOUR)


def test_every_ticket_has_a_row_of_its_own() -> None:
    tickets = [opened(), Ticket.open(C2, **opening(), act=act())]

    rows = folded(TicketRegisterView(), recorded(*tickets))

    assert list(rows) == [T1, C2]
    assert [row.opened_position for row in rows.values()] == [1, 2]


def opening() -> dict[str, Any]:
    return {
        "client_id": C1,
        "channel": "phone",
        "matter": "宽带",
        "pack": "consultation",
        "pack_version": 1,
        "procedure": CONSULTATION,
        "first_contact_id": LI_NA,
        "unit": "main",
        "year": 2026,
    }


def test_a_client_is_filed_under_a_sealed_name() -> None:
    client = registered_client()

    row = row_of(ClientFileView, client)

    assert row == ClientRow(
        client_id=C1,
        registered_position=1,
        kind="person",
        name=said(C1, "王某"),
        registered_at=NOON,
        details={},
        contacts={},
        attributes={},
        is_blacklisted=False,
        blacklist_scope=None,
        merged_into_id=None,
        erasure=None,
        holds=[],
        consents=[],
        version=1,
        position=1,
    )


def test_a_member_of_staff_is_in_the_directory_without_a_post_at_first() -> None:
    staff = registered_staff()

    row = row_of(StaffDirectoryView, staff)

    assert row == StaffRow(
        staff_id=LI_NA,
        registered_position=1,
        name=said(LI_NA, "李某"),
        unit="main",
        registered_at=NOON,
        post="",
        roles=[],
        superior_id=None,
        deputies=[],
        credentials=[],
        is_on_duty=False,
        has_left=False,
        version=1,
        position=1,
    )


def test_an_assessment_is_on_the_list_from_its_opening_on() -> None:
    assessment = assessed()

    row = row_of(AssessmentsView, assessment)

    assert row == AssessmentRow(
        assessment_id=Assessment.id_of("staff", LI_NA, "2026-Q4"),
        opened_position=1,
        scheme="staff",
        pack="plan",
        pack_version=2,
        subject_id=LI_NA,
        period="2026-Q4",
        unit="main",
        kinds=["random"],
        is_hidden=True,
        opened_at=NOON,
        state="planned",
        version=1,
        position=1,
    )


def test_a_pack_is_on_the_shelf_from_its_name_on() -> None:
    pack = Pack.named("consultation", act=act())

    row = row_of(PackShelfView, pack)

    assert row == PackRow(
        pack_id=Pack.id_of("consultation"),
        name="consultation",
        versions={},
        abolished_from=None,
        version=1,
        position=1,
    )


def test_a_look_is_a_row_and_so_is_one_that_was_refused() -> None:
    access = Access.begin(NOON.date(), act=act())
    seen = Seen(what="client", client_id=C1, fields=("contacts.mobile",), labels=("personal",))
    access.allow(seen, shown=None, left_out=None, act=act())
    access.refuse(seen, code="confidential", act=act())

    [first, second] = folded(AccessesView(), recorded(access)).values()

    assert first == AccessRow(
        position=2,
        by=f"staff:{LI_NA}",
        role="cs_officer",
        what="client",
        client_id=C1,
        ticket_id=None,
        export_id=None,
        fields=["contacts.mobile"],
        labels=["personal"],
        purpose=None,
        digest=None,
        is_granted=True,
        code=None,
        shown=None,
        left_out=None,
        occurred_at=NOON,
        recorded_at=RECORDED_AT + timedelta(seconds=2),
    )
    assert (second.is_granted, second.code) == (False, "confidential")


def test_the_history_of_a_ticket_says_who_when_by_which_command_and_what_else() -> None:
    ticket = opened()
    declined = act(
        WANG_FANG, NOON + HOUR, reason="忙", acting_for=M1, role="staff", command_id="c-7"
    )
    ticket.offer_transfer(M1, None, act=because("对口"))
    ticket.decline_transfer("overloaded", CONSULTATION, act=declined)

    row = folded(TicketHistoryView(), recorded(ticket))[3]

    assert row == HistoryRow(
        position=3,
        ticket_id=T1,
        version=3,
        topic="ticket.transfer-declined",
        by=f"staff:{WANG_FANG}",
        acting_for=f"staff:{M1}",
        role="staff",
        command_id="c-7",
        reason=said(C1, "忙"),
        occurred_at=NOON + HOUR,
        recorded_at=RECORDED_AT + timedelta(seconds=3),
        number=None,
        step=None,
        word=None,
        done_by_id=None,
        details={"from_id": LI_NA, "to_id": M1, "ground": "overloaded"},
    )


def test_the_history_names_the_step_in_the_words_of_its_pack_with_the_form() -> None:
    ticket = opened(INSTALLATION)
    ticket.issue_slip(year=2026, act=act())
    form = {"address": "幸福路 1 号", "sockets": 2}
    ticket.take_step("survey", form, INSTALLATION, act=act())

    row = folded(TicketHistoryView(), recorded(ticket))[3]

    assert (row.step, row.word, row.done_by_id) == ("survey", "现场勘查", None)
    assert row.details == {
        "state": "surveyed",
        "form": {"address": said(C1, "幸福路 1 号"), "sockets": 2},
        "findings": [],
    }


def test_the_history_says_who_took_a_step_that_a_log_tells_of() -> None:
    ticket = opened(RECORDED)
    ticket.take_over_step("assign", {}, RECORDED, done_by_id=ZHAO_LEI, act=act("system:import"))

    row = folded(TicketHistoryView(), recorded(ticket))[2]

    assert (row.by, row.done_by_id) == ("system:import", ZHAO_LEI)


def test_every_event_of_a_ticket_is_a_row_of_its_history() -> None:
    ticket = told(TicketRegisterView, len(TICKET))

    rows = folded(TicketHistoryView(), recorded(ticket))

    assert [row.version for row in rows.values()] == list(range(1, len(facts_of(ticket)) + 1))
    assert list(rows) == list(range(1, len(facts_of(ticket)) + 1))


def test_in_the_ticket_file_everything_lies_in_one_folder_in_the_order_it_happened() -> None:
    ticket = told(TicketRegisterView, len(TICKET))
    history = [described(fact) for fact in recorded(ticket)]

    file = filed(history)

    assert {
        folder: [entry["version"] for entry in entries] for folder, entries in file.items()
    } == {
        "notes": [3],
        "transfers": [4, 5, 6, 7, 8, 9, 31, 32, 33, 34, 35, 36],
        "escalations": [10, 11],
        "steps": [19],
        "answers": [20],
        "suspensions": [17, 18],
        "results": [21],
        "reopenings": [24, 41],
        "endings": [40, 42, 43, 44],
        "signatures": [25, 26],
        "ticks": [27],
        "evidence": [28, 29, 30],
        "corrections": [23],
        "supervision": [12, 14],
        "reminders": [16],
    }


def test_an_entry_of_the_file_says_what_is_known_and_leaves_out_what_is_not() -> None:
    ticket = opened()
    ticket.note("又来电", Visibility.CLIENT, act=act())

    [entry] = filed([described(fact) for fact in recorded(ticket)])["notes"]

    assert entry == {
        "event": "noted",
        "version": 2,
        "by": f"staff:{LI_NA}",
        "occurred_at": NOON,
        "recorded_at": RECORDED_AT + timedelta(seconds=2),
        "text": said(C1, "又来电"),
        "visibility": "client",
    }


def test_a_signature_is_filed_with_the_role_that_it_was_given_in() -> None:
    ticket = opened(rules=DOSSIER_RULES)
    sign(ticket, "signed")

    [entry] = filed([described(fact) for fact in recorded(ticket)])["signatures"]

    assert (entry["signoff"], entry["role"], entry["stage"]) == ("solution", "production", 1)
    assert (entry["person_id"], entry["deputy_id"]) == (LI_NA, None)


@pytest.mark.parametrize("kind", event_classes(Ticket))
def test_every_event_of_a_ticket_is_filed_or_named_as_shown_elsewhere(kind: Kind) -> None:
    [of_this_kind, *_] = [
        described(fact)
        for fact in recorded(told(TicketRegisterView, len(TICKET)), *PROMISED_TICKETS)
        if type(fact.event) is kind
    ]

    file = filed([of_this_kind])

    assert any(file.values()) == (kind.TOPIC not in NOT_FILED)


def test_every_view_there_is_is_tested_here() -> None:
    assert {type(view) for view in VIEWS} == READS.keys()


@pytest.mark.parametrize("view", READS)
def test_of_each_event_it_was_decided_whether_a_view_shows_it(view: type[View[Any]]) -> None:
    there_are = set(event_classes(READS[view]))

    decided = SHOWN[view] | LEFT_ASIDE.get(view, set())

    assert there_are == decided | NOT_READ.get(view, set())
    assert view.facts - READ_BESIDES.get(view, set()) == decided


@pytest.mark.parametrize("view", TOLD)
def test_the_story_of_a_view_tells_of_each_event(view: type[View[Any]]) -> None:
    facts = {type(fact) for fact in facts_of(told(view, len(TOLD[view][1])))}

    assert facts - PROMISED_KINDS == set(event_classes(READS[view])) - PROMISED_KINDS


@pytest.mark.parametrize("view", TOLD)
def test_only_what_is_left_aside_changes_nothing(view: type[View[Any]]) -> None:
    idle = {kind for kind, _, changes in TOLD[view][1] if not changes}

    assert idle == LEFT_ASIDE.get(view, set()) - PROMISED_KINDS


@pytest.mark.parametrize("view", TOLD)
def test_an_event_that_a_view_does_not_know_is_refused_loudly(view: type[View[Any]]) -> None:
    aggregate = told(view, 0)
    row = row_of(view, aggregate)

    with pytest.raises(NotImplementedError, match=f"{view.name} has no case for .*Sneezed"):
        view().fold(row, sneezed(aggregate), aggregate.id)


@pytest.mark.parametrize("view", TOLD)
def test_a_row_begins_with_the_first_event_of_its_stream_and_with_no_other(
    view: type[View[Any]],
) -> None:
    later = recorded(told(view, 1))[1]

    with pytest.raises(AssertionError):
        view().fold(None, later, later.event.originator_id)


def sneezed(aggregate: Aggregate) -> Fact:
    """A fact that nobody has thought of yet."""
    envelope = asdict(facts_of(aggregate)[0])
    known = {"by", "acting_for", "role", "command_id", "reason", "timestamp"}
    event = Sneezed(
        originator_id=aggregate.id,
        originator_version=2,
        **{name: value for name, value in envelope.items() if name in known},
    )
    return Fact(2, RECORDED_AT, None, event)


class Sneezed(Aggregate.Event):
    TOPIC = "test.sneezed"


SAME: dict[type[View[Any]], dict[str, Callable[[Any], Any]]] = {
    TicketRegisterView: {
        "state": lambda t: t.state,
        "is_closed": lambda t: t.is_closed,
        "episode": lambda t: t.episode,
        "owner_id": lambda t: t.owner_id,
        "first_contact_id": lambda t: t.first_contact_id,
        "offered_to_id": lambda t: t.offered_to_id,
        "asked_id": lambda t: t.asked_id,
        "blocked_by": lambda t: t.blocked_by,
        "version": lambda t: t.version,
    },
    ClientOwnershipView: {
        "manager_id": lambda c: c.manager_id,
        "managed_since": lambda c: c.managed_since,
        "territory": lambda c: c.territory,
        "review_at": lambda c: (c.proposed_blacklisting or c).review_at,
        "merged_into_id": lambda c: c.merged_into_id,
        "version": lambda c: c.version,
    },
    ClientFileView: {
        "name": lambda c: c.details["name"],
        "attributes": lambda c: c.traits,
        "is_blacklisted": lambda c: c.is_blacklisted,
        "merged_into_id": lambda c: c.merged_into_id,
        "version": lambda c: c.version,
    },
    StaffDirectoryView: {
        "post": lambda s: s.post,
        "roles": lambda s: sorted(s.roles),
        "grants": lambda s: [
            {
                "role": g.role,
                "unit": g.unit,
                "start": g.start.isoformat(),
                "end": g.end.isoformat(),
            }
            for g in s.grants
        ],
        "superior_id": lambda s: s.superior_id,
        "credentials": lambda s: list(s.credentials),
        "is_on_duty": lambda s: s.is_on_duty,
        "has_left": lambda s: s.has_left,
        "version": lambda s: s.version,
    },
    AssessmentsView: {
        "state": lambda a: a.state,
        "score": lambda a: a.score,
        "is_hidden": lambda a: a.hidden,
        "is_under_appeal": lambda a: a.appeal_is_open,
        "published_at": lambda a: a.published_at,
        "version": lambda a: a.version,
    },
    PackShelfView: {
        "abolished_from": lambda p: p.abolished_from,
        "version": lambda p: p.version,
    },
}
"""What both the row and the aggregate know."""


@pytest.mark.parametrize(("view", "number"), CHAPTERS)
def test_a_row_and_the_aggregate_say_the_same(view: type[View[Any]], number: int) -> None:
    aggregate = told(view, number + 1)

    row = row_of(view, aggregate)

    assert {name: getattr(row, name) for name in SAME[view]} == {
        name: of(aggregate) for name, of in SAME[view].items()
    }


UNTIL_THURSDAY = NOON + 3 * DAY
CLOSE_OF_TUESDAY_AND_AN_HOUR = datetime(2026, 11, 25, 9, 30, tzinfo=SHANGHAI)
"""An hour was waited, so that an hour of Wednesday is added."""


def row_of_reply(*commands: Callable[[Ticket], None], rules: Rulebook = PROMISES) -> ObligationRow:
    facts = recorded(promised(*commands, rules=rules))
    return cast(ObligationRow, folded(ObligationsView(), facts)[f"{T1}/reply-1"])


def test_a_promise_is_a_row_with_its_due_instant_and_why() -> None:
    ticket = promised()

    rows = folded(ObligationsView(), recorded(ticket))

    assert rows == {
        f"{T1}/reply-1": ObligationRow(
            obligation_id=f"{T1}/reply-1",
            ticket_id=T1,
            key="reply-1",
            opened_position=4,
            name="reply",
            title="核实后答复客户",
            rule="FR-05",
            responsible_id=LI_NA,
            opened_at=NOON,
            due_at=CLOSE_OF_TUESDAY,
            obligation=ticket.obligations["reply-1"].to_data(),
            position=4,
            log=[
                {
                    "what": "ticket.time-promised",
                    "by": f"staff:{LI_NA}",
                    "at": "2026-11-23T12:00:00+08:00",
                }
            ],
        )
    }


@pytest.mark.parametrize(
    ("before", "command", "changes"),
    [
        ([], hand_over, {"responsible_id": WANG_FANG}),
        ([], suspend, {"paused_at": NOON}),
        ([suspend], resume, {"paused_at": None, "due_at": CLOSE_OF_TUESDAY_AND_AN_HOUR}),
        ([], ask, {"extension_due_at": UNTIL_THURSDAY}),
        ([ask], approve, {"extension_due_at": None, "due_at": UNTIL_THURSDAY}),
        ([], waive, {"over_at": NOON}),
        ([suspend], waive, {"over_at": NOON}),
        ([], breach, {"breached_at": NOON + 2 * DAY, "told_id": M1}),
        ([], answer, {"is_met": True, "over_at": NOON + HOUR}),
        ([answer], close, {}),
    ],
)
def test_what_becomes_of_a_promise_changes_its_row(
    before: list[Callable[[Ticket], None]],
    command: Callable[[Ticket], None],
    changes: dict[str, Any],
) -> None:
    rows = fields_of(row_of_reply(*before)), fields_of(row_of_reply(*before, command))

    changed = {name: v for name, v in rows[1].items() if v != rows[0][name]}
    account = {"obligation", "log", "position"}
    assert {n: v for n, v in changed.items() if n not in account} == changes


@pytest.mark.parametrize(
    ("before", "command", "changes"),
    [
        ([], warn, {"warn_at": None, "warned_at": WARNED_AT}),
        (
            [warn, ask],
            approve,
            {
                "warn_at": UNTIL_THURSDAY - 4 * HOUR,
                "warned_at": None,
                "supervise_at": UNTIL_THURSDAY,
                "extension_due_at": None,
                "due_at": UNTIL_THURSDAY,
            },
        ),
        ([], breach, {"breached_at": NOON + 2 * DAY, "told_id": M1}),
        (
            [breach],
            supervise,
            {"level": 1, "supervisors": [str(M1)], "supervise_at": CLOSE_OF_TUESDAY + DAY},
        ),
        (
            [breach, supervise],
            supervise_on,
            {
                "level": 2,
                "supervisors": [str(M1), None],
                "supervise_at": CLOSE_OF_TUESDAY + 2 * DAY,
            },
        ),
    ],
)
def test_what_is_said_of_a_promise_under_supervision_changes_its_row(
    before: list[Callable[[Ticket], None]],
    command: Callable[[Ticket], None],
    changes: dict[str, Any],
) -> None:
    rows = [
        fields_of(row_of_reply(*commands, rules=SUPERVISED))
        for commands in (before, [*before, command])
    ]

    assert (rows[0]["warn_at"] is None) == (warn in before)
    changed = {name: v for name, v in rows[1].items() if v != rows[0][name]}
    account = {"obligation", "log", "position"}
    assert {n: v for n, v in changed.items() if n not in account} == changes


@pytest.mark.parametrize("ticket", PROMISED_TICKETS)
def test_the_rows_and_the_ticket_say_the_same_of_every_promise(ticket: Ticket) -> None:
    rows = folded(ObligationsView(), recorded(ticket))

    assert {row.key: row.obligation for row in rows.values()} == {
        key: known.to_data() for key, known in ticket.obligations.items()
    }
    assert {row.key: (row.due_at, row.over_at) for row in rows.values()} == {
        key: (known.due, known.over_at) for key, known in ticket.obligations.items()
    }


def test_the_log_of_a_promise_tells_event_by_event_who_did_what_when() -> None:
    row = row_of_reply(ask, approve)

    assert [entry["what"] for entry in row.log] == [
        "ticket.time-promised",
        "ticket.extension-asked",
        "ticket.time-extended",
    ]
    assert row.log[-1]["by"] == f"staff:{M1}"
    assert row.log[-1]["at"] == (NOON + HOUR).isoformat()
    assert row.position == 6


def test_a_promise_that_was_never_made_has_no_row_to_change() -> None:
    [*_, later] = recorded(promised(waive))

    with pytest.raises(AssertionError):
        ObligationsView().fold(None, later, f"{T1}/reply-1")


def test_what_becomes_of_a_promise_leaves_the_row_of_its_ticket_as_it_is() -> None:
    rows = [fields_of(row_of(TicketRegisterView, ticket)) for ticket in (promised(), promised(ask))]

    assert {n for n in rows[0] if rows[0][n] != rows[1][n]} <= ALWAYS_CHANGES
    assert rows[1]["version"] == rows[0]["version"] + 1
