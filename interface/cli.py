"""`yice`: the processes, and what an operator or a reviewer asks from a shell.

Exit codes: 0 done, 1 refused or not found, 2 wrong usage or settings, 3 the store is out of reach.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import click
from gunicorn.app.base import BaseApplication

from application.desk import Actor
from application.people import IssueCredential, RegisterStaff, RevokeCredential, TakePost
from application.register import Unavailable
from application.views.ticket_register import TicketFilter
from domain.errors import DomainError, NotFound
from infrastructure.embedded import EmbeddedPostgresFailed
from infrastructure.settings import Settings, SettingsError
from infrastructure.views.questions import VIEWS
from infrastructure.wiring import Parts, Urls, now, store
from interface import worker as worker_process
from interface import wsgi
from interface.printing import out, print_json, print_table, progress_bar
from interface.supervisor import Child, supervise

OPERATOR = Actor.system("operator")
"""Who acts at the command line: whoever can reach the database and its keys."""

as_json = click.option("--json", "as_json", is_flag=True, help="For a script.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="yice")
def main() -> None:
    """Yice 一册: one register, one owner, one answer."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")


@contextmanager
def opened() -> Iterator[Parts]:
    """The desk, ready to work with."""
    settings = Settings.read()
    with store(settings) as urls:
        parts = Parts(urls, settings)
        try:
            parts.set_up(now)
            yield parts
        finally:
            parts.close()


@main.command()
@click.option("--bind", default="127.0.0.1:8080", show_default=True, help="Address and port.")
@click.option("--workers", default=2, show_default=True, help="Web processes.")
def serve(bind: str, workers: int) -> None:
    """Run the desk: web and worker, on PostgreSQL of its own unless YICE_DATABASE_URL names one."""
    settings = Settings.read()
    with store(settings) as urls:
        _first_start(urls, settings)
        _hand_down(urls)
        web = Child(["web", "--bind", bind, "--workers", str(workers)])
        supervise([web, Child(["worker"])], urls.ensure_running, lambda: _say_where(bind))


@main.command()
@click.option("--bind", default="127.0.0.1:8080", show_default=True, help="Address and port.")
@click.option("--workers", default=2, show_default=True, help="Web processes.")
@click.option("--threads", default=8, show_default=True, help="Threads in each.")
def web(bind: str, workers: int, threads: int) -> None:
    """Run the web processes alone."""
    settings = Settings.read()
    with store(settings) as urls, tempfile.TemporaryDirectory(prefix="yice-metrics-") as metrics:
        _set_up(urls, settings)
        _hand_down(urls)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics
        Web(bind=bind, workers=workers, threads=threads).run()


@main.command()
def worker() -> None:
    """Run the worker alone: it keeps the views up to date."""
    with opened() as parts:
        worker_process.run(parts)


@main.command()
@click.argument("view", type=click.Choice(["all", *(v.name for v in VIEWS)]))
def rebuild(view: str) -> None:
    """Build a view anew from the register, beside the old one, while the desk goes on."""
    with opened() as parts:
        for name in [v.name for v in VIEWS] if view == "all" else [view]:
            with progress_bar(name) as report:
                facts = parts.projector.rebuild(name, report)
            out.print(f"{name}: {facts} events")


@main.command()
@click.argument("ticket")
@as_json
def history(ticket: str, as_json: bool) -> None:
    """Everything that happened to a TICKET, by its id or register number."""
    with opened() as parts:
        parts.projector.catch_up()
        rows = parts.history_of(_ticket_id(parts, ticket))
    if as_json:
        print_json(rows)
        return
    columns = ("version", "topic", "by", "role", "occurred_at", "recorded_at", "reason")
    print_table(ticket, [{name: row[name] for name in columns} for row in rows])


@main.group()
def token() -> None:
    """Bearer tokens of staff."""


@token.command("issue")
@click.argument("staff_id", type=click.UUID)
@as_json
def issue_token(staff_id: UUID, as_json: bool) -> None:
    """A new token for a member of staff: shown now, and never again."""
    with opened() as parts:
        issued = parts.people.issue_credential(
            IssueCredential(
                by=OPERATOR, command_id=str(uuid4()), received_at=now(), staff_id=staff_id
            )
        )
    if as_json:
        print_json({"token": issued.token, "credential_id": issued.credential_id})
    else:
        click.echo(issued.token)


@token.command("revoke")
@click.argument("staff_id", type=click.UUID)
@click.argument("credential_id")
def revoke_token(staff_id: UUID, credential_id: str) -> None:
    """Make a token worth nothing, at once."""
    with opened() as parts:
        parts.people.revoke_credential(
            RevokeCredential(
                by=OPERATOR,
                command_id=str(uuid4()),
                received_at=now(),
                staff_id=staff_id,
                credential_id=credential_id,
            )
        )
    click.echo("revoked")


@token.command("list")
@as_json
def list_tokens(as_json: bool) -> None:
    """Who has which tokens; not what they are."""
    with opened() as parts:
        parts.projector.catch_up()
        rows = [
            {"staff_id": str(row.staff_id), "post": row.post, "credential_id": credential_id}
            for row in parts.staff_directory.page(before=None, limit=10_000)
            for credential_id in row.credentials
        ]
    if as_json:
        print_json(rows)
    else:
        print_table("Tokens", rows)


class Web(BaseApplication):  # type: ignore[misc]  # gunicorn is not typed
    """Gunicorn, told in code; each worker makes its application after its fork."""

    def __init__(self, **options: object) -> None:
        self._options = {
            "worker_class": "gthread",
            "accesslog": None,
            "graceful_timeout": 5,
            "preload_app": False,
            "control_socket_disable": True,
        } | options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> object:
        return wsgi.create()


def _hand_down(urls: Urls) -> None:
    os.environ["YICE_DATABASE_URL"], os.environ["YICE_KEYS_URL"] = urls.register, urls.keys


def _set_up(urls: Urls, settings: Settings) -> None:
    parts = Parts(urls, settings)
    parts.set_up(now)
    parts.close()


def _first_start(urls: Urls, settings: Settings) -> None:
    """Schema and packs; and, on an empty desk, the first administrator and their token."""
    parts = Parts(urls, settings)
    parts.set_up(now)
    setup = Actor.system("setup")
    first = RegisterStaff(
        by=setup, command_id="first-administrator", received_at=now(), name="管理员"
    )
    receipt = parts.people.register(first)
    parts.people.take_post(
        TakePost(
            by=setup,
            command_id="first-administrator-post",
            received_at=now(),
            staff_id=receipt.stream_id,
            post="administrator",
            roles=("administrator",),
        )
    )
    issued = parts.people.issue_credential(
        IssueCredential(
            by=setup,
            command_id="first-administrator-token",
            received_at=now(),
            staff_id=receipt.stream_id,
        )
    )
    parts.close()
    if not issued.receipt.replayed:
        out.print("First start. The administrator's token, shown this once:", highlight=False)
        click.echo(issued.token)


def _say_where(bind: str) -> None:
    out.print(f"Yice answers at http://{bind} (documentation: http://{bind}/docs/)")


def _ticket_id(parts: Parts, ticket: str) -> UUID:
    try:
        return UUID(ticket)
    except ValueError:
        pass
    rows = parts.ticket_register.page(TicketFilter(number=ticket), before=None, limit=2)
    if len(rows) != 1:
        raise NotFound(f"{'several tickets have' if rows else 'no ticket has'} number {ticket}")
    return rows[0].ticket_id


def run() -> None:
    """The command `yice`, errors said in one line."""
    try:
        main.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(2)
    except SettingsError as wrong:
        click.echo(f"yice: {wrong}", err=True)
        sys.exit(2)
    except DomainError as refused:
        click.echo(f"yice: {refused.code}: {refused.detail}", err=True)
        sys.exit(1)
    except (Unavailable, EmbeddedPostgresFailed) as gone:
        click.echo(f"yice: {gone}", err=True)
        sys.exit(3)


if __name__ == "__main__":
    run()
