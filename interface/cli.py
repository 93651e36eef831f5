"""`yice`: the processes, and what an operator or a reviewer asks from a shell.

Exit codes: 0 done, 1 refused or not found, 2 wrong usage or settings, 3 the store is out of reach.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from io import StringIO
from pathlib import Path
from shlex import quote

import click

from application.desk import Actor
from application.event_log import of_logs
from application.importing import Import
from application.log_map import LogMap
from application.people import IssueCredential, IssuedToken, RegisterStaff, TakePost
from application.register import Unavailable
from application.reports.event_log import event_log, log_asked_for
from domain.errors import DomainError
from infrastructure.crew import rebuild_views
from infrastructure.embedded import EmbeddedPostgresFailed
from infrastructure.log_files import read_log, read_map
from infrastructure.opening import Urls, store
from infrastructure.settings import Settings, SettingsError
from infrastructure.views.questions import VIEW_NAMES
from infrastructure.views.rebuilding import RebuildFailed
from infrastructure.wiring import Parts, now
from interface import server
from interface import worker as worker_process
from interface.accesses_cli import accesses
from interface.as_of_cli import as_of, compare, diff
from interface.bundle_cli import bundle
from interface.demo import Before, closing_text, free_port, interruptible, told_week
from interface.demo_quarter import Backstage, told_quarter
from interface.event_log import run_import, show_import, show_report
from interface.figures import OF_PACK, Reporting
from interface.filing_cli import import_clients, import_staff
from interface.ledger_cli import statement
from interface.named import ticket_named
from interface.numbering_cli import verify_register
from interface.packs_cli import packs
from interface.permissions_cli import permissions
from interface.printing import err, out, print_json, print_table, progress_bar
from interface.redaction import log_redacted, redacted
from interface.report_cli import report_of_pack
from interface.review_cli import review
from interface.sealing_cli import (
    NOT_SEALED,
    instance,
    seal_here,
    sealer,
    sealing_processes,
    witness,
)
from interface.stopping import end_with_supervisor
from interface.supervisor import Child, supervise
from interface.token_cli import OPERATOR, token
from interface.verifier import verify as verifier

WORKER = "interface.wsgi:create_in_worker"
"""By its name, so that it is imported after the folder for the metrics is known."""

log = logging.getLogger(__name__)

as_json = click.option("--json", "as_json", is_flag=True, help="For a script.")

A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="yice")
def main() -> None:
    """Yice 一册: one register, one owner, one answer."""
    end_with_supervisor()
    click.get_current_context().obj = opened
    log_redacted()


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


@contextmanager
def metrics_folder() -> Iterator[str]:
    """Where the web processes count together; gone with the one that made it, not with a child."""
    folder, made_in = tempfile.mkdtemp(prefix="yice-metrics-"), os.getpid()
    try:
        yield folder
    finally:
        if os.getpid() == made_in:
            shutil.rmtree(folder, ignore_errors=True)


@main.command()
@click.option("--bind", default="127.0.0.1:8080", show_default=True, help="Address and port.")
@click.option("--workers", default=2, show_default=True, help="Web processes.")
def serve(bind: str, workers: int) -> None:
    """Run the desk: web and worker, on PostgreSQL of its own unless YICE_DATABASE_URL names one."""
    settings = Settings.read()
    with store(settings) as urls:
        _say_first_token(_first_start(urls, settings))
        _hand_down(urls, settings)
        _keep_running(urls, bind, workers, lambda: _say_where(bind))


@main.command()
@click.option("--port", default=8080, show_default=True, help="Or the next one that is free.")
@click.option("--once", is_flag=True, help="Tell the week, say what to try, and end.")
@as_json
def demo(port: int, once: bool, as_json: bool) -> None:
    """A quarter and a week at a made-up service centre, on a desk beside the real one."""
    settings = Settings.read()
    settings = replace(settings, home=settings.home / "demo", database_url="")
    bind = f"127.0.0.1:{free_port(port)}"
    here = quote(str(settings.home)), quote(str(Path(sys.executable).with_name("yice")))
    yice = "YICE_DATABASE_URL= YICE_HOME={} {}".format(*here)

    def tell() -> None:
        with interruptible(), progress_bar(f"A week at http://{bind}") as report:
            started_at = first.receipt.recorded_at
            summary = told_week(f"http://{bind}", before, started_at, report, yice=yice)
        if as_json:
            print_json(summary)
        else:
            click.echo(closing_text(summary))
        if once:
            click.get_current_context().exit()
        err.print("Ctrl-C ends it; the next `yice demo` finds it as it was left.")

    with store(settings) as urls:
        first = _first_start(urls, settings)
        with interruptible(), progress_bar("A quarter before it") as report:
            before = _tell_quarter(urls, settings, first.token, report)
        _hand_down(urls, settings)
        _keep_running(urls, bind, 2, tell)


@main.command()
@click.option("--bind", default="127.0.0.1:8080", show_default=True, help="Address and port.")
@click.option("--workers", default=2, show_default=True, help="Web processes.")
@click.option("--threads", default=8, show_default=True, help="Threads in each.")
def web(bind: str, workers: int, threads: int) -> None:
    """Run the web processes alone."""
    settings = Settings.read()
    with store(settings) as urls, metrics_folder() as metrics:
        _set_up(urls, settings)
        _hand_down(urls, settings)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics
        os.environ.setdefault("YICE_POOL_SIZE", str(threads))
        server.serve(WORKER, bind=bind, workers=workers, threads=threads)


@main.command()
def worker() -> None:
    """Run the worker alone: it keeps the views up to date."""
    with opened() as parts:
        worker_process.run(parts)


@main.command()
@click.argument(
    "views", metavar="VIEW…", nargs=-1, required=True, type=click.Choice(["all", *VIEW_NAMES])
)
@click.option("--processes", type=click.IntRange(1), help="Else: one for each processor.")
def rebuild(views: tuple[str, ...], processes: int | None) -> None:
    """Build views anew from the register, beside those in use, while the desk goes on.

    Several, or `all`, are fed by one pass over the register.
    """
    named = [name for name in VIEW_NAMES if "all" in views or name in views]
    with opened() as parts:
        begun = time.perf_counter()
        with progress_bar(", ".join(named) if len(named) < 3 else f"{len(named)} views") as report:
            facts = rebuild_views(parts, named, report, processes=processes)
        seconds = time.perf_counter() - begun
    for name in named:
        click.echo(f"{name}: {facts} events")
    err.print(f"{seconds:.1f} s, {facts / seconds:,.0f} events/s")


@main.command()
@click.argument("what")
@as_json
def history(what: str, as_json: bool) -> None:
    """Everything that happened to a ticket, client, member of staff … by id or ticket number."""
    with opened() as parts:
        parts.projector.catch_up()
        rows = parts.history_of(ticket_named(parts.ticket_register, what))
    if as_json:
        print_json(rows)
        return
    columns = ("version", "topic", "by", "role", "occurred_at", "recorded_at", "reason")
    print_table(what, [{name: row[name] for name in columns} for row in rows])


@main.command("import")
@click.argument("file", type=A_FILE)
@click.option("--map", "map_file", type=A_FILE, required=True, help="What the columns mean: YAML.")
@click.option("--no-wait", is_flag=True, help="Leave the views to the worker.")
@as_json
def import_log(file: Path, map_file: Path, no_wait: bool, as_json: bool) -> None:
    """Take over a recorded event log, CSV or XLSX; break it off and run it again as you like."""
    log, rows = LogMap.read(read_map(map_file)), read_log(file)
    with opened() as parts:
        importing = Import(parts.desk, log, by=OPERATOR, now=now)
        imported = run_import(importing, rows, None if no_wait else partial(_catch_up, parts))
    show_import(imported, as_json=as_json)
    sys.exit(imported.exit_code)


@main.group(cls=Reporting)
def report() -> None:
    """Figures: `event-log`, PACK/REPORT of a pack, or its code (R-03)."""


@report.command("event-log")
@click.option("--procedure", help="The log's own, where several were imported.")
@as_json
def report_event_log(procedure: str | None, as_json: bool) -> None:
    """Cases, activities, variants, throughput times and hand-overs of an imported log."""
    with opened() as parts:
        parts.projector.catch_up()
        names = [row.name for row in parts.pack_shelf.packs()]
        logs = [name for name in names if of_logs(parts.packs.pack(name))]
        name = log_asked_for(procedure, logs)
        figures = event_log(name, parts.ticket_history.steps(name))
    show_report(figures, as_json=as_json)


report.add_command(report_of_pack, OF_PACK)


@main.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def verify(words: tuple[str, ...]) -> None:
    """Check an evidence bundle, offline: as the one file interface/verifier/verify.py does."""
    sys.exit(verifier.main(words))


COMMANDS = (
    *(packs, token, permissions, verify_register),
    *(as_of, diff, compare, review, accesses, statement),
    *(import_clients, import_staff),
    *(instance, sealer, witness, bundle),
)

for command in COMMANDS:
    main.add_command(command)


def _keep_running(urls: Urls, bind: str, workers: int, started: Callable[[], None]) -> None:
    web = Child(["web", "--bind", bind, "--workers", str(workers)])
    children = [web, Child(["worker"]), *(Child(words) for words in sealing_processes())]
    supervise(children, partial(_ensure_store, urls), started)


def _ensure_store(urls: Urls) -> None:
    """A full disk may be freed: who keeps the desk running tries again and again."""
    try:
        urls.ensure_running()
    except EmbeddedPostgresFailed as failed:
        log.error("%s", failed)


def _hand_down(urls: Urls, settings: Settings) -> None:
    os.environ["YICE_HOME"] = str(settings.home)
    os.environ["YICE_DATABASE_URL"], os.environ["YICE_KEYS_URL"] = urls.register, urls.keys
    os.environ["YICE_SEALER_URL"] = urls.sealer


def _set_up(urls: Urls, settings: Settings) -> None:
    parts = Parts(urls, settings)
    parts.set_up(now)
    parts.close()


def _first_start(urls: Urls, settings: Settings) -> IssuedToken:
    """Schema, log and packs; and, on an empty desk, the first administrator and their token."""
    parts = Parts(urls, settings)
    parts.enrol(now)
    parts.set_up(now)
    seal_here(parts)
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
    return issued


def _tell_quarter(
    urls: Urls, settings: Settings, token: str, report: Callable[[int, int], None]
) -> Before:
    """Before anybody serves; what the week finds."""
    # Here, since all other commands would load the web framework for nothing.
    from interface.http.app import create_app
    from interface.wsgi import services_of

    parts = Parts(urls, replace(settings, door=replace(settings.door, requests_a_minute=0)))
    parts.projector.prepare()
    backstage = Backstage(
        app=create_app(services_of(parts)),
        desk=parts.desk,
        packs=parts.packs,
        evidence=parts.evidence,
        actor_of=lambda bearer: parts.people.authenticate(bearer, now(), list),
        catch_up=parts.projector.catch_up,
        claim=lambda: parts.ledger_claims.tick(now()),
        now=now(),
    )
    try:
        return told_quarter(backstage, token, report)
    finally:
        parts.close()


def _say_first_token(issued: IssuedToken) -> None:
    if not issued.receipt.replayed:
        out.print("First start. The administrator's token, shown this once:", highlight=False)
        click.echo(issued.token)


def _say_where(bind: str) -> None:
    click.echo(f"Yice answers at http://{bind} (documentation: http://{bind}/docs/)")


def _catch_up(parts: Parts, report: Callable[[int, int], None]) -> list[str]:
    """Bring the views up to date; those that stopped, and why."""
    head = parts.register.head()
    begun = min((v.position for v in parts.progress.views()), default=head)
    parts.projector.catch_up(lambda read: report(read, head - begun))
    return [f"{v.view} stopped {v.failure}" for v in parts.progress.views() if v.failure]


def run() -> None:
    """The command `yice`, errors said in one line."""
    try:
        main.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as wrong:
        said = StringIO()
        wrong.show(said)
        click.echo(redacted(said.getvalue()), err=True, nl=False)
        sys.exit(2)
    except (SettingsError, server.AddressTaken) as wrong:
        click.echo(f"yice: {wrong}", err=True)
        sys.exit(2)
    except DomainError as refused:
        click.echo(redacted(f"yice: {refused.code}: {refused.detail}"), err=True)
        sys.exit(1)
    except (RebuildFailed, *NOT_SEALED) as failed:
        click.echo(redacted(f"yice: {failed}"), err=True)
        sys.exit(1)
    except (Unavailable, EmbeddedPostgresFailed) as gone:
        click.echo(redacted(f"yice: {gone}"), err=True)
        sys.exit(3)
    except Exception:
        log.critical("unforeseen", exc_info=True)
        sys.exit(1)


if __name__ == "__main__":
    run()
