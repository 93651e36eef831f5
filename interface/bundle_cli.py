"""`yice bundle`: evidence that a stranger can check, and what people and process miners read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import click
from eventsourcing.utils import get_topic

from application.instances import ExportEvidence
from application.register import Fact
from application.views.ticket_register import TicketFilter
from domain.sealed import Sealed
from infrastructure.exports import OpenText, exported, extras, withheld
from infrastructure.sealing.bundle import Scope
from infrastructure.sealing.bundling import Log
from infrastructure.wiring import Parts, now
from interface.packs_cli import Opened
from interface.token_cli import OPERATOR

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

PAGE = 1_000

AN_INSTANT = click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"])


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--all", "everything", is_flag=True, help="The payloads of everything.")
@click.option("--ticket", "streams", type=click.UUID, multiple=True, help="Of a ticket.")
@click.option("--client", "clients", type=click.UUID, multiple=True, help="And their tickets.")
@click.option("--staff", "staff", type=click.UUID, multiple=True, help="What they did.")
@click.option("--from", "start", type=AN_INSTANT, help="Recorded from then on.")
@click.option("--until", "end", type=AN_INSTANT, help="Recorded before then.")
@click.option("--positions", nargs=2, type=click.IntRange(1), help="First and last.")
@click.option("--selected", is_flag=True, help="Leave out the entries that are not in scope.")
@click.option("--texts", is_flag=True, help="Open texts about persons, but for what packs label.")
@click.pass_obj
def bundle(
    opened: Opened,
    file: Path,
    everything: bool,
    streams: tuple[UUID, ...],
    clients: tuple[UUID, ...],
    staff: tuple[UUID, ...],
    start: datetime | None,
    end: datetime | None,
    positions: tuple[int, int] | None,
    selected: bool,
    texts: bool,
) -> None:
    """Write evidence that a stranger can check: FILE, a zip archive. It is put on record."""
    with opened() as parts, parts.database.connection() as connection:
        parts.projector.catch_up()
        log = Log(parts.settings.sealer_home, connection)
        tickets = [ticket_id for client in clients for ticket_id in _tickets_of(parts, client)]
        ranges = {positions} if positions else set[tuple[int, int]]()
        if start or end:
            period = log.recorded_between(start or EARLIEST, end or now())
            ranges |= {period} if period else set()
        scope = Scope(
            everything=everything,
            streams=frozenset([*streams, *clients, *tickets, *staff]),
            actors=frozenset(f"staff:{member}" for member in staff),
            positions=frozenset(ranges),
        )
        extra = for_readers(parts, scope, log.checkpoint.size, texts=texts, at=now())
        digest = log.write(file, scope, selected=selected, extra=extra)
        command = ExportEvidence(
            by=OPERATOR,
            command_id=str(uuid4()),
            received_at=now(),
            scope="".join(scope.lines()).strip(),
            size=log.checkpoint.size,
            digest=digest,
        )
        parts.instances.export_evidence(command)
    click.echo(f"{file}: {log.checkpoint.size} entries, sha256 {digest}")


def _tickets_of(parts: Parts, client_id: UUID) -> Iterator[UUID]:
    """Those of the files that follow theirs, too."""
    files = (client_id, *parts.client_file.merged_into(client_id))
    asked = TicketFilter(client_ids=files)
    return (row.ticket_id for row in parts.ticket_register.all(asked))


def for_readers(
    parts: Parts, scope: Scope, size: int, *, texts: bool, at: datetime
) -> Mapping[str, bytes]:
    """For people and for process miners: not evidence, and it says so.

    `at`: which packs say what is labelled.
    """

    def open_text(sealed: Sealed) -> str | None:
        return parts.codec.open(sealed.box) if sealed.box else None

    def opener(fact: Fact) -> OpenText:
        """What packs label stays shut: nobody here can say who they are."""
        labelled = parts.labelled_texts.within(fact, at) if texts else []
        shut = {id(text) for text in labelled}
        return lambda sealed: withheld(sealed) if id(sealed) in shut else open_text(sealed)

    facts = _facts(parts, scope, size)
    opened = (exported(fact, opener(fact) if texts else withheld) for fact in facts)
    return extras(opened, zone=parts.settings.zone)


def _facts(parts: Parts, scope: Scope, size: int) -> Iterator[Fact]:
    after = 0
    while after < size and (facts := parts.register.facts(after, min(PAGE, size - after))):
        for fact in facts:
            event = fact.event
            told = (fact.position, event.originator_id, event.by, get_topic(type(event)))
            if scope.covers(*told):
                yield fact
        after = facts[-1].position
