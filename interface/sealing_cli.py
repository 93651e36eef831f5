"""Commands about evidence: instances, the sealer, witnesses, bundles."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import click

from application.instances import RequestInstance, RequestRevocation
from infrastructure.opening import store
from infrastructure.sealing import state
from infrastructure.sealing.bundle import BundleInvalid
from infrastructure.sealing.judging import Doubt, Trust
from infrastructure.sealing.notes import NoteInvalid, VerifierKey
from infrastructure.sealing.scan import scan, scanned_at
from infrastructure.sealing.sealer import (
    NotBegun,
    begin,
    name_witnesses,
    sealing,
    settled,
    witnesses_in,
)
from infrastructure.sealing.signing import instance_key
from infrastructure.sealing.tiles import TileInvalid
from infrastructure.settings import Settings
from infrastructure.wiring import Parts, now
from interface import sealer as process
from interface import witness as witnessing
from interface.demo import free_port
from interface.packs_cli import Opened, as_json
from interface.printing import print_json, print_table, progress_bar
from interface.token_cli import OPERATOR

WITNESS, WITNESS_PORT = "witness", 8090
"""The folder, below the home, of the witness on this machine; and the first port it may have."""

NOT_SEALED = (NotBegun, state.InUse, Doubt, NoteInvalid, TileInvalid, BundleInvalid)
"""What ends a command about evidence, said in one line."""

A_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def instance() -> None:
    """The instances of this desk: homes whose processes sign what they append."""


@instance.command("show")
@as_json
@click.pass_obj
def show_instances(opened: Opened, as_json: bool) -> None:
    """The key of this home, and the instances that are registered."""
    mine = str(instance_key(Settings.read().home).verifier)
    with opened() as parts:
        rows = [
            {
                "name": known.name,
                "vkey": known.vkey,
                "is_revoked": known.is_revoked,
                "is_this_home": known.vkey == mine,
            }
            for known in parts.instances.all()
        ]
        asked = [
            {"vkey": vkey, "asked_for": what} for vkey, what in parts.instances.asked().items()
        ]
    if as_json:
        print_json({"vkey": mine, "instances": rows, "asked_for": asked})
    else:
        click.echo(f"This home: {mine}")
        print_table("Registered", rows)
        if asked:
            print_table("To be approved by another person", asked)


@instance.command("register")
@click.argument("vkey")
@click.pass_obj
def register_instance(opened: Opened, vkey: str) -> None:
    """Ask to let another home append: VKEY as `yice instance show` prints it there.

    It does once another person has approved it, with a token of theirs:
    POST /v1/instances/registration.
    """
    try:
        key = VerifierKey.parse(vkey)
    except NoteInvalid as fault:
        raise click.ClickException(f"VKEY: {fault}") from None
    with opened() as parts:
        command = RequestInstance(
            by=OPERATOR, command_id=f"request-{vkey}", received_at=now(), name=key.name, vkey=vkey
        )
        receipt = parts.instances.request(command)
    click.echo(f"asked for at position {receipt.position}; another person has to approve it")


@instance.command("revoke")
@click.argument("name")
@click.option("--ground", required=True, help="Why, for the record; of no person.")
@click.pass_obj
def revoke_instance(opened: Opened, name: str, ground: str) -> None:
    """Ask that what NAME signs counts no more. What it signed before stays.

    It does not once another person has approved that, with a token of theirs:
    POST /v1/instances/revocation.
    """
    with opened() as parts:
        command = RequestRevocation(
            by=OPERATOR, command_id=str(uuid4()), received_at=now(), name=name, ground=ground
        )
        receipt = parts.instances.request_revocation(command)
    click.echo(f"asked for at position {receipt.position}; another person has to approve it")


@click.group()
def sealer() -> None:
    """Who seals the register: its own process, key and folder (YICE_HOME/sealer)."""


@sealer.command("init")
@click.option("--witness", "witnesses", nargs=2, multiple=True, help="URL and key; repeatable.")
@click.pass_obj
def init_sealer(opened: Opened, witnesses: tuple[tuple[str, str], ...]) -> None:
    """Begin the log: pins the first instance, and where it began to sign."""
    with opened() as parts:
        key = begun(parts, witnesses)
    click.echo(f"the log's key: {key}")


def begun(parts: Parts, witnesses: Sequence[tuple[str, str]] = ()) -> VerifierKey:
    """A log for this register. Raises NotBegun, NoteInvalid, ClickException."""
    first = next(iter(parts.instances.all()), None)
    if first is None:
        raise click.ClickException("no instance is registered yet: start yice serve first")
    [registered] = parts.register.stream(first.id)[:1]
    trust = Trust(first.log, registered.position + 1, {first.name: first.vkey})
    asked = [(url, VerifierKey.parse(key)) for url, key in witnesses]
    return begin(parts.settings.sealer_home, trust, asked)


def seal_here(parts: Parts) -> None:
    """A log of this register, sealed and witnessed on this very machine, unless there is one.

    What that proves, and what not: docs/evidence.md. Raises NoteInvalid.
    """
    folder, home = parts.settings.sealer_home, parts.settings.home
    if sealing(folder) is None:
        begun(parts)
    mine = witnessing.witness_key(home / WITNESS).verifier
    others = [asked for asked in witnesses_in(folder) if asked.key != mine]
    at = f"http://127.0.0.1:{free_port(WITNESS_PORT)}"
    name_witnesses(folder, [*((asked.url, asked.key) for asked in others), (at, mine)])


def sealing_processes() -> list[list[str]]:
    """The words of the commands that seal and witness beside the desk, as `seal_here` left it."""
    settings = Settings.read()
    folder = settings.sealer_home
    key = state.log_key(folder)
    bind = witnesses_in(folder)[-1].url.removeprefix("http://")
    run = ["witness", "run", "--folder", str(settings.home / WITNESS), "--log", str(key)]
    return [[*run, "--bind", bind], ["sealer", "run", "--stay"]]


@sealer.command("run")
@click.option("--once", is_flag=True, help="One round, and end.")
@click.option("--stay", is_flag=True, help="Do not end in doubt: stand still, for all to see.")
def run_sealer(once: bool, stay: bool) -> None:
    """Seal what is new, each second; ends with 3 if there is something to doubt.

    Every YICE_SCAN_HOURS (24) everything is read again, and compared with what was sealed.
    """
    settings = Settings.read()
    with _register_url(settings) as url:
        sys.exit(process.run(settings, url, once=once, stay=stay))


@sealer.command("show")
@as_json
def show_sealer(as_json: bool) -> None:
    """How far it is, its key, and why it stands still if it does."""
    folder = Settings.read().sealer_home
    at = sealing(folder)
    if at is None:
        raise click.ClickException(f"no log in {folder}: yice sealer init")
    key = state.log_key(folder)
    trust = Trust.decode((folder / "trust.json").read_bytes())
    said = {
        "log": trust.log,
        "key": str(key),
        "size": at.size,
        "doubt": at.doubt,
        "scanned_at": scanned_at(folder),
        "instances": sorted(set(trust.keys.values())),
        "signed_from": trust.signed_from,
    }
    if as_json:
        print_json(said)
    else:
        for name, value in said.items():
            told = " ".join(value) if isinstance(value, list) else value
            click.echo(f"{name:<12} {'' if told is None else told}".rstrip())


@sealer.command("fsck")
@as_json
def fsck(as_json: bool) -> None:
    """Recompute the whole register, and compare it with what was sealed; 3 if they differ."""
    settings = Settings.read()
    with _register_url(settings) as url, progress_bar("Entries") as report:
        found = scan(settings.sealer_home, url, report, now())
    said = {"sealed": found.size, "position": found.position, "why": found.why}
    if as_json:
        print_json(said)
    else:
        click.echo(found.why or f"all {found.size} entries are as they were sealed")
    sys.exit(process.DOUBTFUL if found.why else 0)


@sealer.command("settle")
@click.option("--ground", required=True, help="What was found out, for the record.")
def settle(ground: str) -> None:
    """A person has looked into the doubt, and the sealer may try again."""
    kept = settled(Settings.read().sealer_home, ground, now())
    if kept is None:
        raise click.ClickException("there is no doubt")
    click.echo(f"settled; kept as {kept}")


@contextmanager
def _register_url(settings: Settings) -> Iterator[str]:
    """By a role that only reads, where there is one."""
    if settings.sealer_url:
        yield settings.sealer_url
        return
    with store(settings) as urls:
        yield urls.sealer


@click.group()
def witness() -> None:
    """A witness of other desks' logs. Run it where their administrators have no rights."""


@witness.command("key")
@click.option("--folder", required=True, type=A_FOLDER)
@click.option("--name", default="witness", show_default=True)
def show_witness_key(folder: Path, name: str) -> None:
    """Its public key, made at first use."""
    click.echo(str(witnessing.witness_key(folder, name).verifier))


@witness.command("run")
@click.option("--folder", required=True, type=A_FOLDER)
@click.option("--log", "logs", required=True, multiple=True, help="Key of a log; repeatable.")
@click.option("--bind", default="127.0.0.1:8090", show_default=True)
def run_witness(folder: Path, logs: tuple[str, ...], bind: str) -> None:
    """Answer POST /add-checkpoint (C2SP tlog-witness)."""
    try:
        [VerifierKey.parse(log) for log in logs]
    except NoteInvalid as fault:
        raise click.ClickException(f"--log: {fault}") from None
    witnessing.serve(folder, logs, bind)
