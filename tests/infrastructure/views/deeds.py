"""What is done at a busy desk: each deed on the one of its kind that a number picks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from application.accesses import Looker
from application.blacklisting import (
    ApproveBlacklisting,
    LiftBlacklist,
    ProposeBlacklisting,
    RejectBlacklisting,
    ReviewBlacklist,
)
from application.cards import FlagClientViolation
from application.client_files import (
    AddContactPerson,
    ApproveGrade,
    ChangeContactPerson,
    GradeClient,
    RecordOnFile,
    RefuseGrade,
    RemoveContactPerson,
)
from application.clients import (
    AddContactPoint,
    ChangeClientDetails,
    GiveConsent,
    MergeClient,
    RegisterClient,
    RemoveContactPoint,
    SetTrait,
    UnmergeClient,
    WithdrawConsent,
)
from application.desk import Actor
from application.dossiers import AttachEvidence, GrantEvidence, SignTicket, TickItem
from application.duplicates import DecideDuplicate, DetectDuplicate
from application.endings import ArchiveTicket, RejectTicket, VoidTicket, WithdrawTicket
from application.erasures import (
    ApproveErasure,
    LiftHold,
    PlaceHold,
    RequestErasure,
    WithdrawErasure,
)
from application.exports import ApproveExport, DeclineExport, RequestExport
from application.handovers import (
    AcceptTransfer,
    AssignTicket,
    DecideTransfer,
    DeclineTransfer,
    OfferTransfer,
    RouteTicket,
    TakeTicket,
    WithdrawTransfer,
)
from application.ownership import (
    ApproveReassignment,
    AssignClient,
    AuthoriseCrossing,
    PlaceClient,
    ReassignClient,
    RecordFollowUp,
    RejectReassignment,
    ReleaseClient,
)
from application.packs import SwitchPack
from application.people import (
    GoOffDuty,
    GoOnDuty,
    GrantCompetence,
    GrantRole,
    Leave,
    NameDeputy,
    NameSuperior,
    RevokeRole,
    TakePost,
    WithdrawCompetence,
)
from application.promises import (
    AnswerSupervision,
    ApproveExtension,
    AskExtension,
    IssueSupervisionNotice,
    OpenSupervision,
    RecordBreach,
    RecordDueSoon,
    RemindHandler,
    WaiveObligation,
)
from application.rotations import FormRotation, PassTurn, TakeTurn
from application.tickets import (
    AnswerTicket,
    CloseTicket,
    CompleteTicket,
    CorrectTicket,
    EscalateTicket,
    InstructTicket,
    IssueSlip,
    MoveToVersion,
    NoteTicket,
    ReopenTicket,
    ResumeTicket,
    SuspendTicket,
    TakeOverStep,
    TakeStep,
)
from application.views.staff_directory import StaffDirectoryView
from domain.client import Client
from domain.handover import NOT_MY_DUTY
from domain.privacy import Confidential
from domain.staff import Staff
from domain.ticket import Blocker, Ticket, Visibility
from tests.infrastructure.views.assessing import assess
from tests.infrastructure.views.helping import help_out
from tests.infrastructure.views.judging import judge
from tests.support.facts import C1, LI_NA, M1, NOON, WANG_FANG, ZHAO_LEI
from tests.support.views import folded

if TYPE_CHECKING:
    from tests.infrastructure.views.busy_desk import BusyDesk

OPERATOR = Actor.system("operator")
COLLEAGUES = (LI_NA, WANG_FANG, ZHAO_LEI, M1)
CARE, REVIEW = "care", "review"
DAY = timedelta(days=1)
COMPETENCE = "cable"


Deed = Callable[["BusyDesk", int], object]


def _on_ticket(
    command: type[Any], does: str, who: Callable[[Ticket], UUID | None], /, **words: Any
) -> Deed:
    """A command on some ticket, by whom it is up to; texts are given as the field's own name."""

    def deed(busy: BusyDesk, pick: int) -> None:
        ticket = busy.a_ticket(pick)
        by = busy.told(who(ticket) or ZHAO_LEI, pick)
        said = {n: busy.text(n) if v is TEXT else v for n, v in words.items()}
        getattr(busy.parts.tickets, does)(command(**by, ticket_id=ticket.id, **said))

    return deed


def _on_obligation(
    command: type[Any], does: str, who: Callable[[Ticket], UUID | None], /, **words: Any
) -> Deed:
    """A command on one of the obligations of some ticket that are not over."""

    def deed(busy: BusyDesk, pick: int) -> None:
        ticket = busy.a_ticket(pick)
        keys = [key for key, known in ticket.obligations.items() if known.over_at is None]
        if keys:
            said = {**busy.told(who(ticket) or OPERATOR, pick), **words}
            getattr(busy.parts.tickets, does)(
                command(**said, ticket_id=ticket.id, key=keys[pick % len(keys)])
            )

    return deed


def _on_client(command: type[Any], does: str, /, **words: Any) -> Deed:
    def deed(busy: BusyDesk, pick: int) -> None:
        client_id = busy.clients[pick % len(busy.clients)]
        said = {n: busy.text(n) if v is TEXT else v for n, v in words.items()}
        getattr(busy.parts.clients, does)(command(**busy.told(M1), client_id=client_id, **said))

    return deed


def _on_owned(
    part: str, command: type[Any], does: str, /, by: UUID | Actor = M1, **words: Any
) -> Deed:
    """A command on some client, of another part of the desk than the one that keeps the files."""

    def deed(busy: BusyDesk, pick: int) -> None:
        client_id = busy.clients[pick % len(busy.clients)]
        said = {n: (busy.text(n),) if v is TEXT else v for n, v in words.items()}
        getattr(getattr(busy.parts, part), does)(
            command(**busy.told(by), client_id=client_id, **said)
        )

    return deed


def _form_rotation(busy: BusyDesk, pick: int) -> None:
    members = (WANG_FANG, ZHAO_LEI) if pick % 2 else (ZHAO_LEI, WANG_FANG)
    busy.parts.rotations.form(FormRotation(**busy.told(M1), name="hall", members=members))


def _serve(busy: BusyDesk, pick: int) -> None:
    turn = busy.parts.rotations.rotation("hall").next_id
    client_id = busy.clients[pick % len(busy.clients)]
    busy.parts.rotations.take_turn(TakeTurn(**busy.told(turn), name="hall", client_id=client_id))


def _pass_turn(busy: BusyDesk, pick: int) -> None:
    turn = busy.parts.rotations.rotation("hall").next_id
    busy.parts.rotations.pass_turn(PassTurn(**busy.told(turn), name="hall"))


def _on_staff(command: type[Any], does: str, /, **words: Any) -> Deed:
    def deed(busy: BusyDesk, pick: int) -> None:
        staff_id = busy.staff[pick % len(busy.staff)]
        getattr(busy.parts.people, does)(command(**busy.told(), staff_id=staff_id, **words))

    return deed


def _change_details(busy: BusyDesk, pick: int) -> None:
    details = {name: busy.text(name) for name in (["place"], ["name", "language"])[pick % 2]}
    client_id = busy.clients[pick % len(busy.clients)]
    busy.parts.clients.change_details(
        ChangeClientDetails(**busy.told(LI_NA), client_id=client_id, details=details)
    )


def _remove_contact_point(busy: BusyDesk, pick: int) -> None:
    client_id = busy.clients[pick % len(busy.clients)]
    for contact_id in busy.parts.desk.load(Client, client_id).contacts:
        busy.parts.clients.remove_contact_point(
            RemoveContactPoint(**busy.told(LI_NA), client_id=client_id, contact_id=contact_id)
        )


def _merge(busy: BusyDesk, pick: int) -> None:
    one, other = (busy.clients[n % len(busy.clients)] for n in (pick, pick + 1))
    busy.parts.clients.merge(MergeClient(**busy.told(M1), client_id=one, into_id=other))


def _yield_all(busy: BusyDesk, pick: int) -> None:
    """Somebody comes, is held on file, and is forgotten; nobody else has to do with them."""
    client_id, erasures = uuid4(), busy.parts.erasures
    busy.parts.clients.register(
        RegisterClient(**busy.told(M1), client_id=client_id, name=busy.text("name"))
    )
    hold = {"client_id": client_id, "file_number": "民初1号"}
    erasures.place_hold(PlaceHold(**busy.told(WANG_FANG), **hold))
    erasures.lift_hold(LiftHold(**busy.told(WANG_FANG), **hold))
    asked = {"client_id": client_id, "ground": "client-request"}
    erasures.request(RequestErasure(**busy.told(M1), **asked))
    erasures.withdraw(WithdrawErasure(**busy.told(M1), client_id=client_id))
    erasures.request(RequestErasure(**busy.told(M1), **asked))
    erasures.approve(ApproveErasure(**busy.told(WANG_FANG), client_id=client_id))
    erasures.erase(client_id, NOON)


def _keep_file(busy: BusyDesk, pick: int) -> None:
    """Somebody to speak with, an entry, and classes: proposed, refused, and approved by another."""
    files, client_id = busy.parts.client_files, busy.clients[pick % len(busy.clients)]
    of: dict[str, Any] = {"client_id": client_id}
    person = {"name": busy.text("name"), "birthday": "1980-02-29"}
    files.add_person(AddContactPerson(**busy.told(LI_NA), **of, person=person))
    known = list(busy.parts.desk.load(Client, client_id).persons)[-1]
    hobbies = {"hobbies": busy.text("hobbies")}
    files.change_person(
        ChangeContactPerson(**busy.told(LI_NA), **of, person_id=known, person=hobbies)
    )
    files.record(
        RecordOnFile(**busy.told(LI_NA), **of, entry="liking", form={"product": f"产品{pick}"})
    )
    graded: dict[str, Any] = {**of, "scheme": "size"}
    files.grade(GradeClient(**busy.told(LI_NA), **graded, form={"orders": pick}))
    files.refuse_grade(RefuseGrade(**busy.told(M1), **graded))
    files.grade(GradeClient(**busy.told(LI_NA), **graded, form={"orders": pick + 1}))
    files.approve_grade(ApproveGrade(**busy.told(M1), **graded))
    busy.parts.desk.change(
        Client,
        client_id,
        FlagClientViolation(**busy.told(LI_NA), **of, kind="client_card", rule="CL-12"),
        lambda client, act: client.flag_violation("client_card", "CL-12", act=act),
    )


def _forget_person(busy: BusyDesk, pick: int) -> None:
    client_id = busy.clients[pick % len(busy.clients)]
    for person_id in busy.parts.desk.load(Client, client_id).persons:
        busy.parts.client_files.remove_person(
            RemoveContactPerson(**busy.told(LI_NA), client_id=client_id, person_id=person_id)
        )


def _survey(busy: BusyDesk, pick: int) -> None:
    ticket = busy.a_ticket(pick)
    form = {"address": busy.text("address"), "sockets": pick}
    busy.parts.tickets.take_step(
        TakeStep(**busy.told(ticket.owner_id), ticket_id=ticket.id, step="survey", form=form)
    )


def _take_over(busy: BusyDesk, pick: int) -> None:
    busy.parts.tickets.take_over_step(
        TakeOverStep(
            **busy.told(pick=pick),
            ticket_id=busy.a_ticket(pick).id,
            step=("assign", "resolve", "finish")[pick % 3],
            done_by_id=COLLEAGUES[pick % 4],
        )
    )


def _review(busy: BusyDesk, pick: int) -> None:
    """A ticket of its own, on which somebody signs and refuses, ticks and attaches."""
    busy.open(pick, REVIEW)
    on = {"ticket_id": busy.tickets.pop()}
    dossiers = busy.parts.dossiers
    for verdict in ("signed", "refused"):
        role = {"signed": "production", "refused": "qc"}[verdict]
        told = busy.told(LI_NA if verdict == "signed" else M1)
        told["by"] = replace(told["by"], roles=told["by"].roles | {role})
        dossiers.sign(SignTicket(**told, **on, signoff="solution", role=role, verdict=verdict))
    dossiers.tick(TickItem(**busy.told(LI_NA), **on, checklist="doors", item="front"))
    paper = {"kind": "receipt", "name": busy.text("paper"), "media_type": "text/plain"}
    content = busy.text("content").encode()
    attached = AttachEvidence(
        **busy.told(LI_NA), **on, **paper, content=content, label="confidential"
    )
    dossiers.attach(attached)
    looker = Looker(busy.told(LI_NA)["by"], None, NOON)
    with suppress(Confidential):
        busy.parts.accesses.evidence(on["ticket_id"], attached.digest, looker)
    grant = {"digest": attached.digest, "to_id": LI_NA}
    dossiers.grant(GrantEvidence(**busy.told(M1), **on, **grant))
    busy.parts.accesses.evidence(on["ticket_id"], attached.digest, looker)


def _export(busy: BusyDesk, pick: int) -> None:
    """Lists of clients are asked for; one is approved, and one is not."""
    exports = busy.parts.exports
    for decide, command in ((exports.approve, ApproveExport), (exports.decline, DeclineExport)):
        asked = exports.request(RequestExport(**busy.told(LI_NA), purpose="marketing"))
        decide(command(**busy.told(M1), export_id=asked.stream_id))


def _end(busy: BusyDesk, pick: int) -> None:
    """A ticket of its own for each way to end; the last is put away for good."""
    ways: list[tuple[type[Any], str, dict[str, Any]]] = [
        (VoidTicket, "void", {}),
        (RejectTicket, "reject", {"ground": "duplicate"}),
        (WithdrawTicket, "withdraw", {}),
    ]
    for command, does, words in ways:
        busy.open(pick)
        on = {"ticket_id": busy.tickets.pop()}
        told = busy.told(COLLEAGUES[pick % 4], pick)
        getattr(busy.parts.tickets, does)(command(**told, **on, **words))
    busy.parts.tickets.archive(ArchiveTicket(**busy.told(COLLEAGUES[pick % 4], pick), **on))


def _offered_round(competence: str | None) -> Deed:
    """Among the cast, by the directory as the facts have it now."""

    def deed(busy: BusyDesk, pick: int) -> None:
        ticket = busy.a_ticket(pick)
        told = busy.told(ticket.owner_id, pick)
        command = AssignTicket(**told, ticket_id=ticket.id, unit="main", competence=competence)
        directory = folded(StaffDirectoryView(), busy.parts.register.facts(0, 10_000))
        colleagues = [row for row in directory.values() if not row.has_left]
        busy.parts.tickets.assign(command, colleagues)

    return deed


def _route(busy: BusyDesk, pick: int) -> None:
    ticket = busy.a_ticket(pick)
    unit = ("north", "main")[pick % 2]
    told = busy.told(ticket.owner_id, pick)
    busy.parts.tickets.route(RouteTicket(**told, ticket_id=ticket.id, unit=unit))


def _switch(does: str) -> Deed:
    def deed(busy: BusyDesk, pick: int) -> None:
        command = SwitchPack(**busy.told(), name=CARE, unit=("main", "north")[pick % 2])
        getattr(busy.parts.packs, does)(command)

    return deed


def _name_deputy(busy: BusyDesk, pick: int) -> None:
    period = {"start": busy.at(pick), "end": busy.at(pick + 1)}
    staff_id = busy.staff[pick % len(busy.staff)]
    busy.parts.people.name_deputy(
        NameDeputy(**busy.told(), staff_id=staff_id, deputy_id=LI_NA, **period)
    )


def _give_role(busy: BusyDesk, pick: int) -> None:
    """Everywhere or in a unit, for a month or for good."""
    period = {"start": busy.at(pick), "end": busy.at(pick + 30) if pick % 2 else None}
    command = GrantRole(
        **busy.told(),
        staff_id=busy.staff[pick % len(busy.staff)],
        role=("director", "staff")[pick % 2],
        unit=(None, "main", "north")[pick % 3],
        **period,
    )
    busy.parts.people.grant_role(command)


def _leave(busy: BusyDesk, pick: int) -> None:
    """Not one of those who handle tickets."""
    staff_id = busy.staff[pick % len(busy.staff)]
    if staff_id != ZHAO_LEI and busy.parts.desk.load(Staff, staff_id).version > 3:
        busy.parts.people.leave(Leave(**busy.told(), staff_id=staff_id))


TEXT = object()
"""In place of what somebody types."""


def _owner(ticket: Ticket) -> UUID:
    return ticket.owner_id


def _offered(ticket: Ticket) -> UUID | None:
    return ticket.offered_to_id


DEEDS: Mapping[str, Deed] = {
    "open": lambda busy, pick: busy.open(pick),
    "slip": _on_ticket(IssueSlip, "issue_slip", _owner),
    "note": _on_ticket(NoteTicket, "note", _owner, text=TEXT),
    "tell": _on_ticket(NoteTicket, "note", _owner, text=TEXT, visibility=Visibility.CLIENT),
    "offer": _on_ticket(OfferTransfer, "offer_transfer", _owner, to_id=WANG_FANG, summary=TEXT),
    "offer on": _on_ticket(OfferTransfer, "offer_transfer", _owner, to_id=LI_NA),
    "accept": _on_ticket(AcceptTransfer, "accept_transfer", _offered),
    "decline": _on_ticket(DeclineTransfer, "decline_transfer", _offered, ground="overloaded"),
    "shirk": _on_ticket(DeclineTransfer, "decline_transfer", _offered, ground=NOT_MY_DUTY),
    "decide": _on_ticket(DecideTransfer, "decide_transfer", lambda t: M1, to_id=LI_NA),
    "route": _route,
    "take": _on_ticket(TakeTicket, "take", lambda t: WANG_FANG),
    "offer round": _offered_round(None),
    "call for help": _offered_round("no-such"),
    "witness": _review,
    "end": _end,
    "withdraw": _on_ticket(WithdrawTransfer, "withdraw_transfer", _owner),
    "escalate": _on_ticket(EscalateTicket, "escalate", _owner, question=TEXT),
    "instruct": _on_ticket(InstructTicket, "instruct", lambda t: t.asked_id, text=TEXT),
    "clarify": _on_ticket(TakeStep, "take_step", _owner, step="clarify"),
    "survey": _survey,
    "connect": _on_ticket(TakeStep, "take_step", _owner, step="connect"),
    "take over": _take_over,
    "answer": _on_ticket(AnswerTicket, "answer", _owner, text=TEXT),
    "suspend": _on_ticket(SuspendTicket, "suspend", _owner, blocked_by=Blocker.CLIENT),
    "resume": _on_ticket(ResumeTicket, "resume", _owner),
    "complete": _on_ticket(CompleteTicket, "complete", _owner, result=TEXT),
    "close": _on_ticket(CloseTicket, "close", _owner),
    "reopen": _on_ticket(ReopenTicket, "reopen", _owner),
    "correct": _on_ticket(
        CorrectTicket, "correct", _owner, corrects_version=1, what="matter", text=TEXT
    ),
    "renew": lambda busy, pick: busy.renew(),
    "move": _on_ticket(MoveToVersion, "move_to_version", _owner),
    "ask": _on_obligation(AskExtension, "ask_extension", _owner, due_at=NOON + 2 * DAY),
    "grant": _on_obligation(ApproveExtension, "approve_extension", lambda t: M1),
    "waive": _on_obligation(WaiveObligation, "waive_obligation", lambda t: M1, ground="void"),
    "miss": _on_obligation(
        RecordBreach, "record_breach", lambda t: None, received_at=NOON + 5 * DAY, occurred_at=None
    ),
    "warn": _on_obligation(
        RecordDueSoon,
        "record_due_soon",
        lambda t: None,
        received_at=NOON + 2 * DAY - timedelta(hours=1),
        occurred_at=None,
    ),
    "supervise": _on_obligation(
        OpenSupervision,
        "open_supervision",
        lambda t: None,
        received_at=NOON + 5 * DAY,
        occurred_at=None,
        level=1,
    ),
    "notify": _on_ticket(
        IssueSupervisionNotice, "issue_notice", lambda t: M1, demand=TEXT, due_at=NOON + 9 * DAY
    ),
    "answer notice": _on_ticket(AnswerSupervision, "answer_notice", _owner, text=TEXT),
    "remind": _on_ticket(RemindHandler, "remind", lambda t: M1, text=TEXT),
    "register client": lambda busy, pick: busy.register_client(),
    "change details": _change_details,
    "add contact": _on_client(AddContactPoint, "add_contact_point", kind="phone", value=TEXT),
    "remove contact": _remove_contact_point,
    "set trait": _on_client(SetTrait, "set_trait", name="region", value="north"),
    "propose": _on_owned("blacklist", ProposeBlacklisting, "propose", evidence=TEXT),
    "blacklist": _on_owned("blacklist", ApproveBlacklisting, "approve", by=LI_NA),
    "clear": _on_owned("blacklist", RejectBlacklisting, "reject", by=LI_NA),
    "look again": _on_owned("blacklist", ReviewBlacklist, "review", review_at=NOON + 9 * DAY),
    "lift": _on_owned("blacklist", LiftBlacklist, "lift"),
    "assign": _on_owned("ownership", AssignClient, "assign", staff_id=WANG_FANG),
    "reassign": _on_owned("ownership", ReassignClient, "reassign", staff_id=ZHAO_LEI),
    "let pass": _on_owned("ownership", ApproveReassignment, "approve_reassignment", by=LI_NA),
    "let stay": _on_owned("ownership", RejectReassignment, "reject_reassignment", by=LI_NA),
    "follow up": _on_owned("ownership", RecordFollowUp, "follow_up", channel="sms"),
    "release": _on_owned("ownership", ReleaseClient, "release"),
    "place": _on_owned("ownership", PlaceClient, "place", territory="south"),
    "authorise": _on_owned("ownership", AuthoriseCrossing, "authorise_crossing", staff_id=LI_NA),
    "form": _form_rotation,
    "serve": _serve,
    "pass": _pass_turn,
    "find alike": _on_owned(
        "duplicates", DetectDuplicate, "detect", by=OPERATOR, other_id=C1, alike=("phone",)
    ),
    "dismiss": _on_owned("duplicates", DecideDuplicate, "decide", other_id=C1, verdict="dismiss"),
    "merge": _merge,
    "yield use": _on_client(GiveConsent, "give_consent", purpose="marketing"),
    "yield use no more": _on_client(WithdrawConsent, "withdraw_consent", purpose="marketing"),
    "yield what is listed": _export,
    "unmerge": _on_client(UnmergeClient, "unmerge"),
    "keep file": _keep_file,
    "forget person": _forget_person,
    "register staff": lambda busy, pick: busy.register_staff(),
    "post": _on_staff(TakePost, "take_post", post="专员", roles=("staff",)),
    "new post": _on_staff(TakePost, "take_post", post="主管", roles=("director", "staff")),
    "work in a role": _give_role,
    "yield all": _yield_all,
    "yield token": lambda busy, pick: busy.rotate_credential(pick),
    "yield a role": _on_staff(RevokeRole, "revoke_role", role="director"),
    "superior": _on_staff(NameSuperior, "name_superior", superior_id=M1),
    "deputy": _name_deputy,
    "on duty": _on_staff(GoOnDuty, "go_on_duty"),
    "off duty": _on_staff(GoOffDuty, "go_off_duty"),
    "certify": _on_staff(GrantCompetence, "grant_competence", competence=COMPETENCE),
    "take away": _on_staff(WithdrawCompetence, "withdraw_competence", competence=COMPETENCE),
    "credential": lambda busy, pick: busy.issue_credential(pick),
    "revoke": lambda busy, pick: busy.revoke_credential(pick),
    "leave": _leave,
    "assess": assess,
    "draft": lambda busy, pick: busy.draft_pack(pick),
    "switch off": _switch("switch_off"),
    "switch on": _switch("switch_on"),
    "abolish": lambda busy, pick: busy.abolish_pack(pick),
    "yield verdict": judge,
    "yield a hand": help_out,
}
"""Each by whom it is up to: most of what is tried is done."""
