"""What somebody does who may do everything in the database, and who notices it: the sealer at its
next tick, the full scan, the witness. Nobody notices what did not happen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any
from uuid import UUID

import psycopg
import pytest

from application.desk import Actor
from application.instances import RequestRevocation, RevokeInstance
from application.people import IssueCredential, RegisterStaff
from infrastructure.database import Database
from infrastructure.opening import Urls
from infrastructure.schema import DESK, SEALER, as_role
from infrastructure.sealing.judging import Doubt, Trust
from infrastructure.sealing.notes import Kind, SignerKey
from infrastructure.sealing.origins import sign_batch
from infrastructure.sealing.scan import Scanned, Scanning, scan, scanned_at
from infrastructure.sealing.sealer import Sealer, begin, sealing
from infrastructure.sealing.tiles import TileReader
from infrastructure.sealing.witnessing import AskedWitness, Witness
from infrastructure.wiring import Parts
from tests.support.http import SETTINGS
from tests.support.submissions import submission

T = [UUID(int=0x5EA1 + n) for n in range(9)]


class SealedDesk:
    """A desk whose register is sealed; its administrator has all rights on the database."""

    def __init__(self, parts: Parts, url: str, folder: Path) -> None:
        self.parts, self._url, self.folder = parts, url, folder
        self.receipts: list[bytes] = []
        parts._signer.stored = lambda signed: self.receipts.append(signed.receipt)  # type: ignore[method-assign]
        self.sealer_database = Database(as_role(url, SEALER), size=1)
        self.versions = dict.fromkeys(T, 0)

    def append(self, *streams: int) -> None:
        """An event in each of these streams, each by a command of its own."""
        for stream in streams:
            self.versions[T[stream]] += 1
            self.parts.register.append([submission(T[stream], self.versions[T[stream]])])

    def begin(self) -> None:
        [first] = self.parts.instances.all()
        position = self.parts.register.stream(first.id)[0].position
        begin(self.folder, Trust(first.log, position + 1, {first.name: first.vkey}))
        self.sealer = self.restarted()

    def restarted(self) -> Sealer:
        return Sealer(self.folder, lambda: datetime.now(UTC))

    def tick(self) -> int:
        for receipt in self.receipts:
            self.sealer.take(receipt)
        self.receipts.clear()
        return self.sealer_database.run(self.sealer.tick)

    def doubt(self) -> tuple[int, str]:
        """What the sealer says at its next tick; it signs nothing, then or when started again."""
        signed = (self.folder / "checkpoint").read_bytes()
        with pytest.raises(Doubt) as found:
            self.tick()
        with pytest.raises(Doubt, match=found.value.why[:20]):
            self.sealer_database.run(self.restarted().tick)
        assert (self.folder / "checkpoint").read_bytes() == signed
        at = sealing(self.folder)
        assert at is not None
        assert at.doubt == str(found.value)
        return found.value.position, found.value.why

    def scanned(self) -> Scanned:
        url = self.sealer_database.url
        return scan(self.folder, url, lambda done, total: None, datetime.now(UTC))

    def scan_in_time(self, every: timedelta) -> None:
        """As the sealer process does, and to its end."""
        look = Scanning(self.folder, self.sealer_database.url, every, lambda: datetime.now(UTC))
        look.look()
        for thread in threading.enumerate():
            if thread.name == "scan":
                thread.join()

    def attack(self, statement: str, *parameters: Any) -> None:
        """As the database's administrator, past all triggers. It must have changed something."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            done = connection.execute(statement.encode(), parameters)
            assert done.rowcount != 0

    @property
    def head(self) -> int:
        return self.parts.register.head()


@pytest.fixture
def desk(register_url: str, keys_url: str, tmp_path: Path) -> Iterator[SealedDesk]:
    """Nine entries are sealed: the instance's own, and two in each of four streams."""
    urls = Urls(as_role(register_url, DESK), keys_url)
    with closing(Parts(urls, replace(SETTINGS, home=tmp_path))) as parts:
        parts.enrol(lambda: datetime.now(UTC))
        desk = SealedDesk(parts, register_url, tmp_path / "sealer")
        desk.append(0, 1, 2, 3, 0, 1, 2, 3)
        desk.begin()
        assert desk.tick() == desk.head == 9
        yield desk
        desk.sealer_database.close()


FORGED = (
    "INSERT INTO register.entry SELECT position + %s, stream_id, stream_version + 1, topic, state,"
    " clock_timestamp(), actor, 'forged' FROM register.entry WHERE position = 9"
)


@pytest.mark.attack("nothing at all")
def test_nothing_happened_and_nobody_says_anything(desk: SealedDesk) -> None:
    for _ in range(3):
        desk.append(4, 5)
        with pytest.raises(Exception, match="stream"):  # an insert that is aborted burns nothing
            desk.parts.register.append([submission(T[4], 1)])
        assert desk.tick() == 2
    assert desk.tick() == 0
    assert desk.scanned() == Scanned(15)
    assert desk.restarted().size == 15


SEALED_LONG_AGO = {
    "state edited": (
        "UPDATE register.entry SET state = state || '\\x20'::bytea WHERE position = 4",
        4,
    ),
    "topic changed": (
        "UPDATE register.entry SET topic = 'ticket.closed' WHERE position = 4",
        4,
    ),
    "actor changed": (
        "UPDATE register.entry SET actor = 'staff:nobody' WHERE position = 4",
        4,
    ),
    "time changed": (
        "UPDATE register.entry SET recorded_at = recorded_at + interval '1 us' WHERE position = 4",
        4,
    ),
    "states swapped": (
        "UPDATE register.entry e SET state = o.state || '\\x20'::bytea FROM register.entry o"
        " WHERE (e.position, o.position) IN ((4, 5), (5, 4))",
        4,
    ),
    "positions swapped": (
        "UPDATE register.entry SET position = CASE position WHEN 4 THEN -5 ELSE -4 END"
        " WHERE position IN (4, 5);"
        "UPDATE register.entry SET position = -position WHERE position < 0",
        4,
    ),
    "inner row deleted": ("DELETE FROM register.entry WHERE position = 4", 4),
    "deleted and renumbered": (
        "DELETE FROM register.entry WHERE position = 8;"
        "UPDATE register.entry SET position = 8 WHERE position = 9",
        8,
    ),
    "signature deleted": ("DELETE FROM register.origin WHERE first_position = 4", 4),
}


@pytest.mark.parametrize(
    "attack", [pytest.param(name, marks=pytest.mark.attack(name)) for name in SEALED_LONG_AGO]
)
def test_the_full_scan_names_the_first_entry_that_is_not_as_it_was_sealed(
    desk: SealedDesk, attack: str
) -> None:
    statements, position = SEALED_LONG_AGO[attack]
    for statement in statements.split(";"):
        desk.attack(statement)

    found = desk.scanned()

    assert found.position == position
    assert found.why


@pytest.mark.parametrize(
    ("attack", "position", "why"),
    [
        pytest.param(
            "DELETE FROM register.entry WHERE position > 7",
            8,
            "was sealed up to 9",
            marks=pytest.mark.attack("sealed tail cut off"),
        ),
        pytest.param(
            "TRUNCATE register.entry",
            1,
            "was sealed up to 9",
            marks=pytest.mark.attack("truncated"),
        ),
        (
            "UPDATE register.entry SET state = state || '\\x20'::bytea WHERE position = 9",
            9,
            "not what was sealed",
        ),
    ],
    ids=["tail cut off", "truncated", "last entry edited"],
)
def test_a_tick_notices_that_the_sealed_end_is_gone_or_another(
    desk: SealedDesk, attack: str, position: int, why: str
) -> None:
    desk.attack(attack)

    found, said = desk.doubt()

    assert found == position
    assert why in said


@pytest.mark.attack("well-formed entry forged")
def test_a_well_formed_entry_that_no_instance_signed(desk: SealedDesk) -> None:
    desk.attack(FORGED, 1)

    assert desk.doubt() == (10, "no instance signed it")


@pytest.mark.attack("entry put among signed ones")
def test_an_entry_put_among_those_that_were_signed(desk: SealedDesk) -> None:
    desk.attack(FORGED, 1)
    desk.versions[T[3]] += 1
    desk.append(3)

    assert desk.doubt() == (10, "no instance signed it")


@pytest.mark.attack("signed by an unknown key")
def test_an_entry_signed_by_a_key_that_nobody_registered(desk: SealedDesk) -> None:
    [first] = desk.parts.instances.all()
    thief = SignerKey.generate(first.name)
    desk.attack(FORGED, 1)
    batch = sign_batch(thief, log=first.log, first=10, leaves=[b"\0" * 32])
    desk.attack("INSERT INTO register.origin VALUES (10, 10, %s, %s)", first.name, batch.signed)

    position, why = desk.doubt()

    assert position == 10
    assert f"not what {first.name} signed" in why


@pytest.mark.attack("instance registered by itself")
def test_an_instance_that_registered_itself(desk: SealedDesk) -> None:
    desk.append(4)
    desk.attack("UPDATE register.origin SET instance = 'instance/mine' WHERE first_position = 10")

    assert desk.doubt() == (10, "instance/mine is not a registered instance")


@pytest.mark.attack("revoked instance goes on")
def test_what_a_revoked_instance_signs_counts_no_more(desk: SealedDesk) -> None:
    [first] = desk.parts.instances.all()
    asked = {"command_id": "revoke", "received_at": datetime.now(UTC)}
    desk.parts.instances.request_revocation(
        RequestRevocation(by=Actor.system("operator"), **asked, name=first.name, ground="stolen")
    )
    director = Actor(ref="staff:1", roles=frozenset({"director"}))
    desk.parts.instances.revoke(RevokeInstance(by=director, **asked, vkey=first.vkey))
    assert desk.tick() == 2  # the revocation itself still counts
    desk.append(4)

    assert desk.doubt() == (12, f"{first.name} is not a registered instance")


@pytest.mark.attack("clock set back or ahead")
@pytest.mark.parametrize("delta", [timedelta(days=-1), timedelta(minutes=1)])
def test_a_clock_that_was_set_back_or_ahead(desk: SealedDesk, delta: timedelta) -> None:
    """In entries that nobody has to have signed, as they were before sealing began."""
    trust = Trust.decode((desk.folder / "trust.json").read_bytes())
    trust.signed_from = 100
    desk.attack(FORGED, 1)
    desk.attack("UPDATE register.entry SET recorded_at = %s WHERE position = 10", _in(delta))

    with pytest.raises(Doubt, match="recorded at") as found:
        desk.sealer_database.run(lambda c: list(trust.read(c, 10, datetime.now(UTC))))

    assert found.value.position == 10


def _in(delta: timedelta) -> datetime:
    return datetime.now(UTC) + delta


@pytest.mark.attack("second writer leaves a gap")
def test_a_writer_who_left_a_gap(desk: SealedDesk) -> None:
    desk.attack(FORGED, 2)

    position, why = desk.doubt()

    assert position == 10
    assert "gap" in why


@pytest.mark.attack("newest unsealed entry deleted")
def test_the_newest_entry_deleted_before_it_was_sealed(desk: SealedDesk) -> None:
    """The instance that stored it has told the sealer so, past the database."""
    desk.append(4)
    desk.attack("DELETE FROM register.entry WHERE position = 10")
    desk.attack("DELETE FROM register.origin WHERE first_position = 10")

    position, why = desk.doubt()

    assert position == 10
    assert "and it is gone" in why


@pytest.mark.attack("newest unsealed entry replaced")
def test_the_newest_entry_replaced_before_it_was_sealed(desk: SealedDesk) -> None:
    """By one that the same instance has signed as well: an answer that somebody holds is denied."""
    desk.append(4)
    desk.attack("DELETE FROM register.entry WHERE position = 10")
    desk.attack("DELETE FROM register.origin WHERE first_position = 10")
    desk.attack("DELETE FROM register.command WHERE position = 10")
    desk.append(5)

    position, why = desk.doubt()

    assert position == 10
    assert "stored" in why


@pytest.mark.attack("register number changed")
def test_a_register_number_changed(desk: SealedDesk) -> None:
    desk.parts.register.append([submission(T[4], numbered_in="main/slip/2026")])
    assert desk.tick() == 1
    desk.attack("UPDATE register.entry SET number = '2026-0002' WHERE position = 10")

    assert desk.scanned() == Scanned(
        10, 10, "at position 10: its register number is not the next one of its register"
    )


@pytest.mark.attack("old copy of the database")
def test_an_old_copy_of_the_database_written_on(desk: SealedDesk) -> None:
    """Restored to position 8 and used again, until it is longer than what was sealed."""
    for table, column in (("entry", "position"), ("origin", "first_position")):
        desk.attack(f"DELETE FROM register.{table} WHERE {column} = 9")
    desk.attack("DELETE FROM register.command WHERE position = 9")
    desk.receipts.clear()
    desk.append(4, 5, 6)
    desk.receipts.clear()

    assert desk.doubt() == (9, "not what was sealed at this position")


@contextmanager
def witnessed(desk: SealedDesk, folder: Path) -> Iterator[Callable[[], AskedWitness]]:
    """A witness elsewhere, asked without a network between; it knows the log's key."""
    key = SignerKey.generate("witness.example", Kind.COSIGNATURE)
    witness = Witness(folder, key, [desk.sealer.key.verifier])

    class Near(AskedWitness):
        def _asked(self, note: Any, checkpoint: Any, tree: TileReader) -> tuple[int, bytes]:
            status, _, body = witness.answer(self.request(note, checkpoint, tree))
            return status, body

    yield lambda: Near("http://elsewhere", key.verifier)


@pytest.mark.attack("database and sealer put back together")
def test_database_and_sealer_put_back_together(desk: SealedDesk, tmp_path: Path) -> None:
    with witnessed(desk, tmp_path / "elsewhere") as ask:
        desk.sealer.have_cosigned(ask())
        copytree(desk.folder, tmp_path / "backup")
        desk.append(4, 5)
        desk.tick()
        desk.sealer.have_cosigned(ask())

        rmtree(desk.folder)
        copytree(tmp_path / "backup", desk.folder)
        for table, column in (("entry", "position"), ("origin", "first_position")):
            desk.attack(f"DELETE FROM register.{table} WHERE {column} > 9")
        desk.attack("DELETE FROM register.command WHERE position > 9")
        desk.sealer = desk.restarted()
        desk.append(6)
        desk.receipts.clear()
        desk.tick()

        with pytest.raises(Doubt, match="has seen the log when it was longer"):
            desk.sealer.have_cosigned(ask())
        assert desk.doubt()[0] == 0


@pytest.mark.attack("log key stolen, log written anew")
def test_the_log_s_key_stolen_and_the_log_written_anew(desk: SealedDesk, tmp_path: Path) -> None:
    with witnessed(desk, tmp_path / "elsewhere") as ask:
        desk.sealer.have_cosigned(ask())
        trust = Trust.decode((desk.folder / "pinned.json").read_bytes())
        for name in ("checkpoint", "trust.json", "pinned.json"):
            (desk.folder / name).unlink()
        rmtree(desk.folder / "tile")
        desk.attack("UPDATE register.entry SET actor = 'staff:other' WHERE position = 1")
        begin(desk.folder, trust)
        desk.sealer = desk.restarted()
        assert desk.tick() == 9

        with pytest.raises(Doubt, match="has seen another log"):
            desk.sealer.have_cosigned(ask())


@pytest.mark.attack("tiles edited")
def test_tiles_that_are_not_those_of_the_checkpoint(desk: SealedDesk) -> None:
    [tile] = desk.folder.glob("tile/0/000.p/*")
    tile.write_bytes(bytes(len(tile.read_bytes())))

    with pytest.raises(Doubt, match="the tiles are not those of the checkpoint"):
        desk.restarted()


def test_everything_is_scanned_in_time_and_what_is_found_is_a_doubt(desk: SealedDesk) -> None:
    day = timedelta(days=1)
    desk.scan_in_time(timedelta(0))
    assert scanned_at(desk.folder) is None
    desk.scan_in_time(day)
    at = scanned_at(desk.folder)
    assert at is not None

    desk.attack("UPDATE register.entry SET actor = 'staff:other' WHERE position = 4")
    desk.scan_in_time(day)
    assert desk.tick() == 0

    desk.scan_in_time(timedelta(microseconds=1))
    assert desk.doubt() == (0, "at position 4: not what was sealed at this position")
    assert scanned_at(desk.folder) == at


def test_a_sealer_killed_between_tiles_and_checkpoint_goes_on(desk: SealedDesk) -> None:
    before = {name: (desk.folder / name).read_bytes() for name in ("checkpoint", "trust.json")}
    desk.append(4)
    desk.tick()
    for name, contents in before.items():
        (desk.folder / name).write_bytes(contents)
    desk.sealer = desk.restarted()

    assert desk.tick() == 1
    assert desk.scanned() == Scanned(10)


def test_a_sealer_killed_behind_the_checkpoint_goes_on(desk: SealedDesk) -> None:
    before = (desk.folder / "trust.json").read_bytes()
    desk.append(4)
    desk.tick()
    (desk.folder / "trust.json").write_bytes(before)
    desk.sealer = desk.restarted()

    assert (desk.sealer.size, desk.tick()) == (10, 0)


@pytest.mark.attack("credential changed in SQL")
def test_a_credential_given_to_somebody_else_in_the_database(desk: SealedDesk) -> None:
    admin = Actor.system("setup")
    said = {"by": admin, "received_at": datetime.now(UTC)}
    hired = desk.parts.people.register(RegisterStaff(command_id="hire", name="李娜", **said))
    issued = desk.parts.people.issue_credential(
        IssueCredential(command_id="token", staff_id=hired.stream_id, **said)
    )
    desk.tick()
    desk.attack(
        "UPDATE register.entry SET state = replace(convert_from(state, 'UTF8'), %s, %s)::bytea"
        " WHERE topic = 'staff.credential-issued'",
        issued.credential_id,
        "0" * len(issued.credential_id),
    )

    assert desk.scanned().position == issued.receipt.position
