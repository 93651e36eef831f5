"""What a route may call: parts that are already built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from application.accesses import Accesses
from application.as_of import Past
from application.assessment_file import AssessmentFile
from application.assessments import Assessments
from application.blacklisting import Blacklist
from application.boards import Boards
from application.broadcasts import Broadcasts
from application.checks import Checks
from application.client_files import ClientFiles
from application.client_pages import ClientPages
from application.clients import Clients
from application.conduct import Conduct
from application.dossiers import Dossiers
from application.duplicates import Duplicates
from application.erasures import Erasures
from application.exports import Exports
from application.file_book import FileBook
from application.instances import Instances
from application.labelled_texts import LabelledTexts
from application.ledger import Ledger
from application.levels import Levels
from application.ownership import Ownership
from application.pack_review import PackReview
from application.packs import Packs
from application.people import People
from application.policy import Policy
from application.proofs import Proofs
from application.rankings import Rankings
from application.register import Register
from application.reports.packs import Reports
from application.rotations import Rotations
from application.schedules import Schedules
from application.schemes import Schemes
from application.tickets import Tickets
from application.views.accesses import AccessLog
from application.views.client_file import ClientFile
from application.views.client_ownership import ClientOwnership
from application.views.client_then import ClientsThen
from application.views.ledger import LedgerBook
from application.views.obligation_then import ObligationsThen
from application.views.obligations import Obligations
from application.views.pack_shelf import PackShelf
from application.views.progress import Progress
from application.views.search import Search
from application.views.staff_directory import StaffDirectory
from application.views.staff_then import StaffMembersThen
from application.views.ticket_history import TicketHistory
from application.views.ticket_register import TicketRegister
from application.views.ticket_then import TicketsThen
from application.volunteers import Volunteers
from interface.http.door import Door

EXTENSION = "yice"


@dataclass(frozen=True, kw_only=True)
class Services:
    """`now` is the clock of the process; `open_box` reads a sealed text, None once erased."""

    door: Door
    tickets: Tickets
    dossiers: Dossiers
    erasures: Erasures
    clients: Clients
    ownership: Ownership
    rotations: Rotations
    duplicates: Duplicates
    blacklist: Blacklist
    client_files: ClientFiles
    client_pages: ClientPages
    broadcasts: Broadcasts
    file_book: FileBook
    people: People
    volunteers: Volunteers
    packs: Packs
    ledger: Ledger
    conduct: Conduct
    ledger_book: LedgerBook
    policy: Policy
    boards: Boards
    checks: Checks
    register: Register
    ticket_register: TicketRegister
    ticket_history: TicketHistory
    tickets_then: TicketsThen
    clients_then: ClientsThen
    staff_then: StaffMembersThen
    obligations_then: ObligationsThen
    past: Past
    client_file: ClientFile
    accesses: Accesses
    labelled_texts: LabelledTexts
    access_log: AccessLog
    exports: Exports
    instances: Instances
    client_ownership: ClientOwnership
    staff_directory: StaffDirectory
    pack_shelf: PackShelf
    pack_review: PackReview
    obligations: Obligations
    reports: Reports
    search: Search
    schedules: Schedules
    schemes: Schemes
    levels: Levels
    assessments: Assessments
    assessment_file: AssessmentFile
    rankings: Rankings
    progress: Progress
    proofs: Proofs
    zone: str
    open_box: Callable[[str], str | None]
    now: Callable[[], datetime]


def services() -> Services:
    """Asked many times in a request: the proxy itself would take ten times as long."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    found: Services = app.extensions[EXTENSION]
    return found
