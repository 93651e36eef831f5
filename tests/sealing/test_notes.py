from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.sealing.notes import (
    MAX_NOTE_BYTES,
    Kind,
    Note,
    NoteInvalid,
    Signature,
    SignerKey,
    VerifierKey,
    from_base64,
)
from tests.support.sealing import made_key

# From the documentation of golang.org/x/mod/sumdb/note.
PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb"
    "6KE6RyyBwJnAM=\n"
)
KEY, COSIGNER = made_key("desk.example/a"), made_key("w.example", Kind.COSIGNATURE)


def signed(text: str = "a text\n") -> bytes:
    return Note(text, [KEY.sign(text)]).encode()


def test_keys_and_notes_are_those_of_go():
    key, signer = VerifierKey.parse(PUBLIC), SignerKey.parse(SECRET)
    note = Note.parse(f"{TEXT}\n{LINE}".encode())

    assert note.signed_by([key]) == [(key, note.signatures[0])]
    assert (signer.verifier, signer.secret(), str(key)) == (key, SECRET, PUBLIC)
    assert Note(TEXT, [signer.sign(TEXT)]).encode() == f"{TEXT}\n{LINE}".encode()


def test_a_private_key_does_not_show_itself():
    assert "AYEKFALVFGyNhPJEMzD1QIDr" not in f"{SignerKey.parse(SECRET)!r}"


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"])))
def test_any_text_comes_back_from_a_note(line: str):
    text = f"{line}\n\n{line}\n"

    note = Note.parse(signed(text))

    assert note.text == text
    assert [key for key, _ in note.signed_by([KEY.verifier])] == [KEY.verifier]


def test_signatures_of_unknown_keys_are_passed_over():
    stranger = made_key(KEY.name, seed=9)
    note = Note("a text\n", [stranger.sign("a text\n"), KEY.sign("a text\n")])

    assert [key for key, _ in note.signed_by([KEY.verifier])] == [KEY.verifier]
    assert note.signed_by([]) == []


def test_a_known_key_whose_signature_does_not_hold_spoils_the_note():
    note = Note("another text\n", [KEY.sign("a text\n")])

    with pytest.raises(NoteInvalid, match="does not hold"):
        note.signed_by([KEY.verifier])


def test_a_cosignature_tells_when_it_was_made_and_for_what():
    made = COSIGNER.cosign("a text\n", seconds=1_679_315_147)
    note = Note("a text\n", [made])

    assert note.signed_by([COSIGNER.verifier])[0][1].seconds == 1_679_315_147
    later = Signature(made.name, made.key_id, bytes(7) + b"\1" + made.signed[8:])
    with pytest.raises(NoteInvalid, match="does not hold"):
        Note("a text\n", [later]).signed_by([COSIGNER.verifier])


def test_a_key_signs_nothing_of_the_other_kind():
    with pytest.raises(NoteInvalid):
        COSIGNER.sign("a text\n")
    with pytest.raises(NoteInvalid):
        KEY.cosign("a text\n", seconds=1)
    with pytest.raises(NoteInvalid):
        COSIGNER.cosign("a text\n", seconds=2**63)


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"a text\n",
        b"a text\n\n",
        signed().removesuffix(b"\n"),
        signed() + b"\n",
        signed().replace(b"a text", b"a\ttext"),
        signed().replace(b"a text", b"\xff"),
        signed().replace("—".encode(), b"-"),
        signed().replace(b"desk.example/a ", b"desk.example/a  "),
        signed().replace(b"desk.example/a", b"desk+example/a"),
        signed().replace(b"desk.example/a", "desk\u2003example".encode()),
        signed().replace(b"=", b""),
        "a text\n\n— name AAAAAA==\n".encode(),
        signed() + ("— x " + "A" * 96 + "\n").encode() * 100,
        b"a" * MAX_NOTE_BYTES + signed(),
    ],
)
def test_what_is_no_note_is_refused(note: bytes):
    with pytest.raises(NoteInvalid):
        Note.parse(note)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_note_or_refused(data: bytes):
    try:
        note = Note.parse(data)
    except NoteInvalid:
        return
    assert note.encode() == data


@pytest.mark.parametrize(
    "key",
    [
        *("", "a+b", "a+b+c", PUBLIC[:-4], PUBLIC + "=", PUBLIC.replace("c74f20a3", "C74F20A3")),
        *(PUBLIC.replace("c74f20a3", "c74f20a4"), PUBLIC.replace("PeterNeumann", "Peter Neumann")),
        *(PUBLIC.replace("PeterNeumann", ""), PUBLIC.replace("PeterNeumann", "x" * 256)),
        PUBLIC.replace("+ARpc", "+AxpcQ"),
    ],
)
def test_what_is_no_key_is_refused(key: str):
    with pytest.raises(NoteInvalid):
        VerifierKey.parse(key)
    with pytest.raises(NoteInvalid):
        SignerKey.parse(f"PRIVATE+KEY+{key}")


@pytest.mark.parametrize("text", ["AB==", "QQ", "QQ=\n", "Q Q=", "QQ==\n", "é"])
def test_bytes_have_one_way_to_be_written_in_base64(text: str):
    with pytest.raises(NoteInvalid):
        from_base64(text)
