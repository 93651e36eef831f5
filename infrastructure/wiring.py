"""Settings to real parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from application.accesses import Accesses
from application.across import AcrossTickets
from application.as_of import Past
from application.assessment_file import AssessmentFile
from application.assessments import Assessments
from application.blacklisting import Blacklist
from application.blind_index import BlindIndex
from application.boards import Boards
from application.broadcasts import Broadcasts
from application.cards import Cards
from application.checks import Checks
from application.client_figures import ClientAudience
from application.client_files import ClientFiles
from application.client_matters import ClientMatters
from application.client_pages import ClientPages
from application.clients import Clients
from application.clock import Clock
from application.conduct import Conduct
from application.desk import Actor, Desk
from application.dossiers import Dossiers
from application.duplicates import Duplicates
from application.erasures import Erasures
from application.exports import Exports
from application.file_book import FileBook
from application.instances import BeginLog, DoubtSeal, Instances
from application.labelled_texts import LabelledTexts
from application.ledger import Ledger
from application.ledger_claims import LedgerClaims
from application.levels import Levels
from application.matching import MatchIndex
from application.ownership import Ownership
from application.pack_review import PackReview
from application.packs import Packs
from application.people import People
from application.people_asked import PeopleAsked
from application.policy import Policy
from application.rankings import Rankings
from application.readings import Readings
from application.reports.packs import Reports
from application.reports.sources import Sources
from application.rotations import Rotations
from application.schedules import Schedules
from application.schemes import Schemes
from application.tickets import Tickets
from application.views.client_match import ClientMatchView
from application.views.search import SearchView
from application.views.showing import plain
from application.views.ticket_history import described
from application.volunteers import Volunteers
from domain.errors import NotFound
from domain.zone import Zone
from infrastructure.codec import Codec
from infrastructure.database import Database
from infrastructure.evidence import PostgresEvidenceStore
from infrastructure.keystore import PostgresKeyStore
from infrastructure.numbering import PostgresNumbering
from infrastructure.openid import OpenIdProvider
from infrastructure.opening import Urls
from infrastructure.pack_files import catalogue
from infrastructure.register import PostgresRegister
from infrastructure.sealing.proofs import FolderProofs
from infrastructure.sealing.signing import InstanceSigner, instance_key
from infrastructure.settings import Settings
from infrastructure.shipped import shipped_calendars, shipped_packs
from infrastructure.views.assessments import PostgresAssessmentList
from infrastructure.views.client_match import PostgresClientMatches
from infrastructure.views.client_ownership import PostgresClientOwnership
from infrastructure.views.clients import PostgresClientHistory, PostgresClientStanding
from infrastructure.views.comparing import Comparison
from infrastructure.views.figures import PostgresFigures
from infrastructure.views.ledger import PostgresClaims, PostgresLedgerBook
from infrastructure.views.obligations import PostgresObligations
from infrastructure.views.progress import PostgresProgress
from infrastructure.views.projector import Projector
from infrastructure.views.questions import (
    VIEW_NAMES,
    VIEWS,
    PostgresAccessLog,
    PostgresClientFile,
    PostgresPackShelf,
    PostgresStaffDirectory,
    PostgresTicketHistory,
    PostgresTicketRegister,
)
from infrastructure.views.search import PostgresSearch
from infrastructure.views.table import definition_of
from infrastructure.views.then import (
    PostgresClientsThen,
    PostgresObligationsThen,
    PostgresStaffThen,
    PostgresTicketsThen,
)


class Parts:
    """Everything one process works with. Make it after a fork, close it at the end."""

    def __init__(self, urls: Urls, settings: Settings) -> None:
        self.urls, self.settings = urls, settings
        pool: dict[str, Any] = {"size": settings.pool_size, "prepare": settings.prepare}
        self.database = Database(urls.register, **pool)
        self.keys_database = Database(urls.keys, **pool)
        self.keys = PostgresKeyStore(self.keys_database)
        self.codec = Codec(self.keys)
        self._signer = InstanceSigner(settings.home, lambda: self.instances.all())
        self.register = PostgresRegister(self.database, self.codec, self._signer)
        self.desk = Desk(self.register, self.keys, settings.zone)
        self.packs = Packs(self.desk, shipped_calendars())
        self.policy = Policy(self.packs)
        self.schemes = Schemes(self.packs)
        self.people = People(self.desk, settings.tokens, self.schemes.ladders)
        self.levels = Levels(self.desk, self.schemes)
        self.volunteers = Volunteers(self.desk, self.packs)
        self.instances = Instances(self.desk)
        self.provider = OpenIdProvider(settings.openid) if settings.openid else None
        self.clients = Clients(self.desk, self.packs)
        self.ownership = Ownership(self.desk, self.packs)
        self.rotations = Rotations(self.desk, self.ownership)
        self.figures = PostgresFigures(self.database)
        self.staff_directory = PostgresStaffDirectory(self.database)
        self.past = Past(self.register, definition_of)
        self.client_history = PostgresClientHistory(self.database)
        self.client_standing = PostgresClientStanding(self.database)
        self.audience = ClientAudience(self.client_standing, self.client_history, settings.zone)
        self.ledger_book = PostgresLedgerBook(self.database)
        self.assessment_list = PostgresAssessmentList(self.database)
        self.numbering = PostgresNumbering(self.database)
        zone = Zone(settings.zone.key)
        sources = Sources(
            *(self.packs, self.past, self.audience, self.ledger_book, self.assessment_list),
            *(self.numbering, zone),
        )
        self.reports = Reports(self.packs, self.figures, self.past, sources, zone)
        people = PeopleAsked(
            AcrossTickets(self.figures, self.desk), self.staff_directory, self.figures, zone
        )
        across = Readings(self.reports, people)
        self.tickets = Tickets(self.desk, self.packs, across)
        self.evidence = PostgresEvidenceStore(self.database, self.keys)
        self.dossiers = Dossiers(self.desk, self.packs, self.evidence, across)
        index = BlindIndex(lambda: self.keys.secret("search"))
        self.matching = MatchIndex(lambda: self.keys.secret("match"))
        self.matches = PostgresClientMatches(self.database)
        views = (
            *VIEWS,
            SearchView(index, self.codec.open, self.codec.fetch_keys),
            ClientMatchView(self.matching, self.codec.open, self.codec.fetch_keys),
        )
        self.projector = Projector(self.database, self.register, views)
        self.comparison = Comparison(self.database, self.codec)
        self.progress = PostgresProgress(self.database, VIEW_NAMES)
        self.proofs = FolderProofs(settings.sealer_home, self.database)
        self.ticket_register = PostgresTicketRegister(self.database)
        self.ticket_history = PostgresTicketHistory(self.database)
        self.tickets_then = PostgresTicketsThen(self.database)
        self.clients_then = PostgresClientsThen(self.database)
        self.staff_then = PostgresStaffThen(self.database)
        self.obligations_then = PostgresObligationsThen(self.database)
        self.client_file = PostgresClientFile(self.database)
        self.access_log = PostgresAccessLog(self.database)
        self.accesses = Accesses(
            self.desk, self.packs, self.ticket_register, self.client_file, self.codec.open
        )
        self.exports = Exports(self.desk, self.packs, self.client_file, self.accesses)
        self.client_ownership = PostgresClientOwnership(self.database)
        self.pack_shelf = PostgresPackShelf(self.database)
        self.pack_review = PackReview(self.packs, catalogue())
        self.obligations = PostgresObligations(self.database)
        self.checks = Checks(self.packs, self.figures, self.staff_directory)
        self.boards = Boards(self.packs, self.figures, self.staff_directory)
        self.file_book = FileBook(self.packs)
        self.client_matters = ClientMatters(
            self.desk, self.tickets, self.client_history, self.staff_directory
        )
        self.client_files = ClientFiles(
            self.desk, Cards(self.desk, self.packs), self.file_book, self.client_matters
        )
        self.broadcasts = Broadcasts(self.desk, self.client_files, self.file_book, self.audience)
        self.labelled_texts = LabelledTexts(self.desk, self.packs, self.accesses)
        self.client_pages = ClientPages(
            self.client_file,
            self.client_history,
            self.client_standing,
            self.ticket_register,
            self.file_book,
            self.accesses,
            self.ledger_book,
            self.labelled_texts,
            settings.zone,
        )
        self.ledger = Ledger(self.desk, self.packs, shipped_calendars())
        self.conduct = Conduct(self.desk, self.ledger)
        self.ledger_claims = LedgerClaims(self.ledger, self.conduct, PostgresClaims(self.database))
        self.assessments = Assessments(
            self.desk, self.schemes, self.levels, self.reports, self.client_file
        )
        self.rankings = Rankings(
            self.desk, self.schemes, self.assessments, self.assessment_list, self.ledger
        )
        self.assessment_file = AssessmentFile(self.desk, self.schemes, self.assessment_list)
        self.search = PostgresSearch(self.database, self.codec, index)
        self.erasures = Erasures(
            self.desk, self.client_file, self.ticket_register, self.packs, self.forget_erased
        )
        self.blacklist = Blacklist(self.desk, self.packs, self.tickets, self.client_ownership)
        self.duplicates = Duplicates(
            self.desk,
            self.packs,
            self.tickets,
            matches=self.matches,
            ownership=self.client_ownership,
        )
        self.clock = Clock(self.tickets, self.obligations)
        self.schedules = Schedules(
            self.desk,
            self.tickets,
            self.packs,
            shipped_calendars(),
            staff=self.staff_directory,
            clients=self.client_file,
            register=self.ticket_register,
            audience=self.audience,
            open_box=self.codec.open,
        )

    def set_up(
        self, now: Callable[[], datetime], packs: Sequence[Mapping[str, Any]] | None = None
    ) -> None:
        """Packs (those of the release) and tables of the views, in databases that are `ready`.

        Safe at every start of every process.
        """
        self.packs.publish_shipped(shipped_packs() if packs is None else packs, now())
        self.projector.prepare()

    def enrol(self, now: Callable[[], datetime]) -> None:
        """The first instance of a register is that of this home, and the log begins with it.

        Raises Unavailable if there are others and this home is none of them.
        """
        if not self.instances.all():
            key = instance_key(self.settings.home)
            self.instances.begin(
                BeginLog(
                    by=Actor.system("instance"),
                    command_id=f"register-{key.name}",
                    received_at=now(),
                    name=key.name,
                    vkey=str(key.verifier),
                )
            )
        self._signer.look_again()
        self._signer.ready()

    def watch_seal(self, at: datetime) -> int:
        """Put on record, once, why the sealer of this home stands still; how many are new."""
        sealing = self.proofs.sealing()
        if sealing is None or sealing.doubt is None:
            return 0
        doubt = DoubtSeal(
            by=Actor.system("sealer"),
            command_id=f"{sealing.size}-{sha256(sealing.doubt.encode()).hexdigest()}",
            received_at=at,
            sealed=sealing.size,
            why=sealing.doubt,
        )
        return int(not self.instances.doubt_seal(doubt).replayed)

    def history_of(self, id: UUID) -> list[dict[str, Any]]:
        """All that happened to a ticket, client, member of staff …, sealed texts opened.

        Of tickets by the view, of all else by its stream. Raises NotFound.
        """
        rows = self.ticket_history.of_ticket(id, after=0, limit=1_000_000)
        rows = rows or [described(fact) for fact in self.register.stream(id)]
        if not rows:
            raise NotFound(f"nothing is called {id}", field="id")
        return [_under_its_name(plain(row, self.codec.open)) for row in rows]

    def forget_erased(self) -> int:
        """Leave nothing to find by of who was erased; how many texts and files had something."""
        gone = self.keys.destroyed()
        return self.search.forget(gone) + self.matches.forget(gone)

    def close(self) -> None:
        self._signer.close()
        self.database.close()
        self.keys_database.close()


def now() -> datetime:
    return datetime.now(UTC)


def _under_its_name(entry: dict[str, Any]) -> dict[str, Any]:
    """Whose history it is: `client_id`, `staff_id` …"""
    kind = entry["topic"].partition(".")[0]
    return {f"{kind}_id": entry.pop("ticket_id"), **entry}
