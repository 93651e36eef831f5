"""The web process: one application, made after the fork, from the environment."""

from __future__ import annotations

from flask import Flask

from infrastructure.settings import Settings
from infrastructure.wiring import Parts, Urls, now
from interface.http.app import create_app
from interface.http.services import Services


def create() -> Flask:
    """For any WSGI server: `gunicorn 'interface.wsgi:create()'`. Needs both database URLs."""
    settings = Settings.read()
    return create_app(services_of(Parts(Urls(settings.database_url, settings.keys_url), settings)))


def services_of(parts: Parts) -> Services:
    return Services(
        tickets=parts.tickets,
        dossiers=parts.dossiers,
        clients=parts.clients,
        people=parts.people,
        packs=parts.packs,
        policy=parts.policy,
        boards=parts.boards,
        register=parts.register,
        ticket_register=parts.ticket_register,
        ticket_history=parts.ticket_history,
        client_file=parts.client_file,
        staff_directory=parts.staff_directory,
        pack_shelf=parts.pack_shelf,
        pack_review=parts.pack_review,
        obligations=parts.obligations,
        reports=parts.reports,
        search=parts.search,
        schedules=parts.schedules,
        progress=parts.progress,
        open_box=parts.codec.open,
        now=now,
    )
