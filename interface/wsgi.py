"""The web process: one application, made after the fork, from the environment."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from flask import Flask

from infrastructure.opening import Urls
from infrastructure.settings import Settings
from infrastructure.wiring import Parts, now
from interface.http.app import create_app
from interface.http.door import Door
from interface.http.services import Services
from interface.redaction import log_redacted
from interface.stopping import end_with_master

COLLECT_AFTER = 50_000
"""After how many new objects circles are looked for; Python's own 700 are made by one request."""

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def create() -> Flask:
    """For any WSGI server that calls a factory. Needs both database URLs."""
    settings = Settings.read()
    return create_app(services_of(Parts(Urls(settings.database_url, settings.keys_url), settings)))


def create_in_worker() -> WSGIApplication:
    """For a worker of our own server: it ends with its master, and answers in one piece."""
    log_redacted()
    end_with_master()
    app = create()
    keep_out_of_the_collector()

    def answer_whole(environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        body = app(environ, start)
        try:
            return [b"".join(body)]
        finally:
            if close := getattr(body, "close", None):
                close()

    return answer_whole


def keep_out_of_the_collector() -> None:
    """What lives as long as the process need not be looked through again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


def services_of(parts: Parts) -> Services:
    return Services(
        door=Door(parts.settings.door, parts.provider),
        tickets=parts.tickets,
        dossiers=parts.dossiers,
        erasures=parts.erasures,
        clients=parts.clients,
        ownership=parts.ownership,
        rotations=parts.rotations,
        duplicates=parts.duplicates,
        blacklist=parts.blacklist,
        client_files=parts.client_files,
        client_pages=parts.client_pages,
        broadcasts=parts.broadcasts,
        file_book=parts.file_book,
        people=parts.people,
        volunteers=parts.volunteers,
        packs=parts.packs,
        ledger=parts.ledger,
        conduct=parts.conduct,
        ledger_book=parts.ledger_book,
        policy=parts.policy,
        boards=parts.boards,
        checks=parts.checks,
        register=parts.register,
        ticket_register=parts.ticket_register,
        ticket_history=parts.ticket_history,
        tickets_then=parts.tickets_then,
        clients_then=parts.clients_then,
        staff_then=parts.staff_then,
        obligations_then=parts.obligations_then,
        past=parts.past,
        client_file=parts.client_file,
        accesses=parts.accesses,
        labelled_texts=parts.labelled_texts,
        access_log=parts.access_log,
        exports=parts.exports,
        instances=parts.instances,
        client_ownership=parts.client_ownership,
        staff_directory=parts.staff_directory,
        pack_shelf=parts.pack_shelf,
        pack_review=parts.pack_review,
        obligations=parts.obligations,
        reports=parts.reports,
        search=parts.search,
        schedules=parts.schedules,
        schemes=parts.schemes,
        levels=parts.levels,
        assessments=parts.assessments,
        assessment_file=parts.assessment_file,
        rankings=parts.rankings,
        progress=parts.progress,
        proofs=parts.proofs,
        zone=parts.settings.zone.key,
        open_box=parts.codec.open,
        now=now,
    )
