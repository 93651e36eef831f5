from __future__ import annotations

from dataclasses import replace

import pytest

from infrastructure.sealing.notes import NoteInvalid
from infrastructure.sealing.origins import (
    MAX_BATCH,
    OriginSignature,
    check_batch,
    sign_batch,
    signed_text,
)
from infrastructure.sealing.tree import (
    check_inclusion,
    inclusion_proof,
    root_of,
)
from tests.sealing.test_tree import Nodes, made_leaves
from tests.support.sealing import FIRST, ORIGIN, SECOND

LEAVES = made_leaves(10)
BATCH = sign_batch(FIRST, log=ORIGIN, first=41, leaves=LEAVES)


def check(batch: OriginSignature = BATCH, **other: object) -> None:
    asked = {"key": FIRST.verifier, "log": ORIGIN, "leaves": LEAVES} | other
    check_batch(batch, **asked)  # type: ignore[arg-type]  # of the names above


def test_an_instance_signs_what_it_appends():
    check()

    assert (BATCH.first, BATCH.last, BATCH.instance) == (41, 50, FIRST.name)
    assert OriginSignature.parse(str(BATCH)) == BATCH


def test_what_is_signed_can_be_read_by_a_person():
    assert signed_text(ORIGIN, 41, 50, b"r" * 32) == (
        "yice-origin/v1\ndesk.example/register\n41\n50\n"
        "cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=\n"
    )


@pytest.mark.parametrize(
    "other",
    [
        {"batch": replace(BATCH, first=42, last=51)},
        {"batch": replace(BATCH, signed=bytes(64))},
        {"batch": replace(BATCH, signed=b"")},
        {"batch": replace(BATCH, instance=SECOND.name)},
        {"batch": replace(BATCH, instance=SECOND.name), "key": SECOND.verifier},
        {"log": "another.example"},
        {"leaves": [*LEAVES[:-1], b"x" * 32]},
        {"leaves": [LEAVES[1], LEAVES[0], *LEAVES[2:]]},
        {"leaves": LEAVES[:-1]},
        {"leaves": [*LEAVES, LEAVES[0]]},
        {"leaves": []},
    ],
    ids=str,
)
def test_a_signature_holds_for_nothing_else(other: dict[str, object]):
    with pytest.raises(NoteInvalid):
        check(**other)  # type: ignore[arg-type]  # as above


def test_a_single_row_is_checked_without_the_rest_of_its_batch():
    proof = inclusion_proof(3, 10, Nodes(LEAVES))

    check_inclusion(proof, index=3, size=10, leaf=LEAVES[3], root=root_of(LEAVES))


@pytest.mark.parametrize(
    "line",
    [
        *("", str(BATCH)[:-1], str(BATCH) + "\n", str(BATCH).replace("41", "041")),
        *(str(BATCH).replace("41 50", "51 50"), str(BATCH).replace("41", "0")),
        *(str(BATCH).replace("50", str(41 + MAX_BATCH)), str(BATCH).replace(" ", "\t")),
        str(BATCH).replace("==", "=x"),
    ],
)
def test_what_is_no_origin_signature_is_refused(line: str):
    with pytest.raises(NoteInvalid):
        OriginSignature.parse(line)


def test_a_batch_has_a_first_entry_and_not_too_many():
    for first, leaves in [(1, []), (0, LEAVES), (1, LEAVES[:1] * (MAX_BATCH + 1))]:
        with pytest.raises(NoteInvalid):
            sign_batch(FIRST, log=ORIGIN, first=first, leaves=leaves)
