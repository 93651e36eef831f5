from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.sealing.checkpoint import (
    AddCheckpoint,
    Answer,
    Checkpoint,
    cosignatures,
    judge,
    opened,
)
from infrastructure.sealing.notes import Note, NoteInvalid, SignerKey
from infrastructure.sealing.tree import EMPTY_ROOT, consistency_proof, root_of
from tests.sealing.test_tree import Nodes, made_leaves
from tests.support.sealing import LOG_KEY, ORIGIN, WITNESS, WITNESSED, made_key, sealed

# From the specification of tlog-witness, c2sp.org.
EXAMPLE = """old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gG\
zGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEj\
w6QUXTS5Rovnzv++qbSzm9Q=
"""
LEAVES = made_leaves(700)
LOGS = [LOG_KEY.verifier]


def at(size: int, leaves: list[bytes] = LEAVES) -> Checkpoint:
    return Checkpoint(ORIGIN, size, root_of(leaves[:size]))


def request(old: int, new: int, *, key: SignerKey = LOG_KEY) -> bytes:
    proof = consistency_proof(old, new, Nodes(LEAVES[:new]))
    return AddCheckpoint(old, proof, sealed(at(new), key=key)).encode()


def ask(body: bytes, known: Checkpoint | None) -> Answer:
    return judge(body, logs=LOGS, known=known)


def test_the_example_of_the_specification_is_read_and_written():
    asked = AddCheckpoint.parse(EXAMPLE.encode())

    assert (asked.old, len(asked.proof)) == (20_852_014, 4)
    assert Checkpoint.parse(asked.note.text).size == 20_852_163
    assert asked.encode() == EXAMPLE.encode()


@given(st.integers(0, 700))
def test_a_checkpoint_is_read_as_it_was_written(size: int):
    found = opened(sealed(at(size)), log=LOGS, witnesses=[WITNESS.verifier], quorum=1)

    assert found.checkpoint == at(size)
    assert found.witnessed == {WITNESS.name: WITNESSED}


@pytest.mark.parametrize(
    "text",
    [
        *("", "\n", "origin\n1\n", str(at(1)) + "more\n", str(at(1)) + "\n", str(at(1))[:-1]),
        *(
            str(at(7)).replace("\n7\n", f"\n{size}\n")
            for size in ("07", "-7", "+7", "७", str(2**63))
        ),
        *(str(at(1)).replace("=", ""), str(at(1)).replace(ORIGIN, "")),
        str(Checkpoint(ORIGIN, 0, b"x" * 32)),
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str):
    with pytest.raises(NoteInvalid):
        Checkpoint.parse(text)


def test_a_checkpoint_needs_the_key_of_its_origin():
    foreign = made_key(ORIGIN, seed=9)
    elsewhere = made_key("elsewhere.example", seed=9)

    for key in (foreign, elsewhere):
        with pytest.raises(NoteInvalid, match="no known key"):
            opened(sealed(at(7), key=key), log=[*LOGS, elsewhere.verifier])


def test_a_checkpoint_whose_witness_was_stripped_does_not_reach_the_quorum():
    note = replace(sealed(at(7)), signatures=sealed(at(7)).signatures[:1])

    with pytest.raises(NoteInvalid, match="0 of the 1 witnesses"):
        opened(note, log=LOGS, witnesses=[WITNESS.verifier], quorum=1)


@pytest.mark.parametrize(
    ("old", "new"), [(0, 0), (0, 1), (0, 700), (1, 2), (256, 700), (7, 7), (699, 700)]
)
def test_a_witness_cosigns_what_goes_on_from_what_it_knows(old: int, new: int):
    answer = ask(request(old, new), at(old) if old else None)

    assert answer == Answer(200, cosign=at(new))
    line = str(WITNESS.cosign(str(answer.cosign), seconds=5)).encode()
    assert cosignatures(line) == [WITNESS.cosign(str(at(new)), seconds=5)]


def test_a_witness_tells_the_size_it_knows_to_who_knows_another():
    for known, body in [(at(9), request(7, 700)), (at(9), request(0, 700)), (None, request(7, 9))]:
        answer = ask(body, known)
        size = known.size if known else 0
        assert (answer.status, answer.body, answer.content_type) == (
            409,
            f"{size}\n",
            "text/x.tlog.size",
        )


def test_a_witness_does_not_cosign_a_second_history():
    other = [b"o" * 32, *LEAVES[1:]]

    assert ask(request(7, 7), at(7, other)).status == 409
    assert ask(request(7, 700), at(7, other)).status == 422
    short = AddCheckpoint(7, [], sealed(at(700))).encode()
    assert ask(short, at(7)).status == 422
    padded = AddCheckpoint(0, [EMPTY_ROOT], sealed(at(7))).encode()
    assert ask(padded, None).status == 422


def test_a_witness_takes_nothing_back():
    body = AddCheckpoint(9, [], sealed(at(7))).encode()

    answer = ask(body, at(9))

    assert answer.status == 400


def test_a_witness_knows_its_logs_and_their_keys():
    assert judge(request(0, 7), logs=[], known=None).status == 404
    assert ask(request(0, 7, key=made_key(ORIGIN, seed=9)), None).status == 403
    forged = request(0, 7).replace(str(at(7)).encode(), str(at(8)).encode())
    assert ask(forged, None).status == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n\n",
        request(0, 7).replace(b"old 0", b"old 00"),
        request(0, 7).replace(b"old 0", b"old -1"),
        request(0, 7).replace(b"old 0", b"Old 0"),
        request(0, 7).replace(b"old 0\n", b"old 0\nAAAA\n"),
        request(0, 7).replace(b"old 0\n", b"old 0\n!\n"),
        request(0, 7).replace(b"old 0\n", b"old 0\n" + (b"A" * 43 + b"=\n") * 64),
        request(0, 7).removesuffix(b"\n"),
        request(0, 7) + b"x" * 1_000_000,
    ],
)
def test_what_is_no_request_is_answered_as_such(body: bytes):
    assert ask(body, None).status == 400


@given(st.binary(max_size=300))
def test_any_bytes_are_answered(body: bytes):
    assert ask(b"old 0\n\n" + body, None).status == 400


@pytest.mark.parametrize("body", [b"", b"409\n", b"\xff", "— w AAAA\n".encode()])
def test_an_answer_without_cosignatures_is_refused(body: bytes):
    with pytest.raises(NoteInvalid):
        cosignatures(body)


def test_a_head_of_another_log_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="remembered"):
        ask(request(0, 7), Checkpoint("other", 0, EMPTY_ROOT))


def test_a_note_that_is_no_checkpoint_is_not_cosigned():
    note = Note("a\nb\nc\n", [LOG_KEY.sign("a\nb\nc\n")])

    assert ask(b"old 0\n\n" + note.encode(), None).status == 400
