"""The verifier's own Ed25519: as strict as the library, on good signatures and on bad ones."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.sealing.notes import verified
from interface.verifier.verify import L, P, ed25519_pure

# RFC 8032, 7.1: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b4"
        "6bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d"
        "8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6"
        "594a7c15e9716ed28dc027beceea1ec40a",
    ),
]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()


@pytest.mark.parametrize(("public", "message", "signed"), VECTORS)
def test_the_vectors_of_the_standard_hold(public: str, message: str, signed: str):
    arguments = bytes.fromhex(public), bytes.fromhex(signed)

    assert ed25519_pure(*arguments, bytes.fromhex(message))
    assert not ed25519_pure(*arguments, bytes.fromhex(message) + b"x")


@given(st.binary(max_size=200), st.data())
def test_it_agrees_with_the_library_on_every_signature(message: bytes, data: st.DataObject):
    signed = bytearray(KEY.sign(message))
    assert ed25519_pure(PUBLIC, bytes(signed), message)

    signed[data.draw(st.integers(0, 63))] ^= 1 << data.draw(st.integers(0, 7))

    assert not ed25519_pure(PUBLIC, bytes(signed), message)
    assert not verified(PUBLIC, bytes(signed), message)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64))
def test_it_agrees_with_the_library_on_any_key(public: bytes, signed: bytes):
    assert ed25519_pure(public, signed, b"m") == verified(public, signed, b"m")


# Points of small order, and encodings of a coordinate that is not reduced.
STRANGE_KEYS = [
    bytes(32),
    b"\1" + bytes(31),
    b"\1" + bytes(30) + b"\x80",
    (P - 1).to_bytes(32, "little"),
    P.to_bytes(32, "little"),
    (P + 1).to_bytes(32, "little"),
    (2**255 - 1).to_bytes(32, "little"),
    b"\xff" * 32,
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
]


@pytest.mark.parametrize("public", STRANGE_KEYS, ids=bytes.hex)
@pytest.mark.parametrize("point", STRANGE_KEYS, ids=bytes.hex)
def test_what_it_accepts_of_a_strange_key_the_library_accepts(public: bytes, point: bytes):
    for number in (0, 1, 8, L):
        signed = point + number.to_bytes(32, "little")

        if ed25519_pure(public, signed, b"m"):
            assert verified(public, signed, b"m")


@pytest.mark.parametrize("public", [b"\1" + bytes(30) + b"\x80", (P + 1).to_bytes(32, "little")])
def test_a_key_has_one_form(public: bytes):
    neutral = b"\1" + bytes(31)
    signed = neutral + bytes(32)

    assert ed25519_pure(neutral, signed, b"m")
    assert not ed25519_pure(public, signed, b"m")


def test_a_signature_has_one_form():
    signed = KEY.sign(b"m")
    number = int.from_bytes(signed[32:], "little")

    assert not ed25519_pure(PUBLIC, signed[:32] + (number + L).to_bytes(32, "little"), b"m")
    for wrong in (b"", signed[:-1], signed + b"\0"):
        assert not ed25519_pure(PUBLIC, wrong, b"m")
    assert not ed25519_pure(PUBLIC[:-1], signed, b"m")
