from __future__ import annotations

import io
import logging

import pytest

from interface.redaction import LEFT_OUT, Redacting, redacted

TOKEN = f"yice_{'0a' * 16}_{'1b' * 8}_mfrggzdfmztwq2lk"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"no credential {TOKEN}", f"no credential yice_{'0a' * 16}_{LEFT_OUT}"),
        (f"'{TOKEN}', again", f"'yice_{'0a' * 16}_{LEFT_OUT}', again"),
        ("Bearer eyJhbGciOi.eyJpc3MiOi.c2lnbmF0dXJl-_", f"Bearer eyJ{LEFT_OUT}"),
        (r"key \x00112233445566778899 read", rf"key \x{LEFT_OUT} read"),
        ("postgresql://yice:p4ss:word@db/yice", f"postgresql://yice:{LEFT_OUT}@db/yice"),
        ("host=db password=p4ss user=yice", f"host=db password={LEFT_OUT} user=yice"),
        ("password = 'p4 ss' user=yice", f"password = {LEFT_OUT} user=yice"),
        ("refused\nDETAIL:  row (王某)\nLINE 1", f"refused\nDETAIL:{LEFT_OUT}\nLINE 1"),
    ],
)
def test_what_looks_like_a_secret_is_left_out(said: str, kept: str) -> None:
    assert redacted(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "a token was refused",
        f"staff {'0a' * 16} has left",
        "postgresql://yice@db1,db2/yice",
        r"C:\xfiles and \x00",
        "password authentication failed for user yice",
        "eyJ alone",
    ],
)
def test_what_does_not_is_kept(said: str) -> None:
    assert redacted(said) == said


def test_a_trace_is_looked_through_as_well() -> None:
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(Redacting("%(message)s"))
    log = logging.Logger("made for this")
    log.addHandler(handler)

    try:
        raise ValueError(f"cannot read {TOKEN}")
    except ValueError:
        log.exception("with %s", TOKEN)

    assert "Traceback" in lines.getvalue()
    assert "mfrggzdfmztwq2lk" not in lines.getvalue()
