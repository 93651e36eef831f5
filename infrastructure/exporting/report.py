"""Facts as one page that a person reads and prints: no script, and nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from html import escape
from typing import Any

from domain.sealed import ERASED
from infrastructure.exporting.exported import SEALED, Exported, by_position, is_in_utc
from infrastructure.exporting.ocel import in_words

LATE = timedelta(minutes=1)
"""What was recorded so long after it happened is marked."""

MOST = 60
"""Most values of one event on the page; all of them are in the other files."""

LONGEST = 2_000
"""Longest value on the page, in characters; the whole of it is in the other files."""

KINDS: Mapping[str, tuple[str, str]] = {
    "ticket": ("Ticket", "Tickets"),
    "client": ("Client", "Clients"),
    "staff": ("Staff member", "Staff"),
    "pack": ("Pack", "Packs"),
    "instance": ("Instance", "Instances"),
}
"""In which order they stand, and what one and many of them are called; others come behind."""

_STYLE = """
body{font:14px/1.45 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:2em;color:#111}
table{border-collapse:collapse;table-layout:fixed;width:100%;margin:0 0 2em}
table.events th:nth-child(-n+6){width:12%}table.events th:nth-child(1){width:6%}
th,td{border:1px solid #bbb;padding:.3em .5em;text-align:left;vertical-align:top}
th{background:#eee}
td{overflow-wrap:anywhere;unicode-bidi:isolate}
td.when,td.at{font-variant-numeric:tabular-nums}
.note{border:2px solid #111;padding:.5em 1em;margin:1em 0}
.late{font-weight:bold}
.gone{font-style:italic;color:#555}
dl{margin:0}dt{display:inline;color:#555}dd{display:inline;margin:0;white-space:pre-wrap}
dd::after{content:"";display:block}
code{overflow-wrap:anywhere}
@media print{body{margin:0;font-size:10px}thead{display:table-header-group}
tr{break-inside:avoid}h2,h3{break-after:avoid}a{color:inherit;text-decoration:none}}
"""

_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def report(facts: Iterable[Exported], zone: tzinfo) -> bytes:
    """Its times are those of `zone`, and say so."""
    ordered = by_position(facts)
    page = _Page(zone, _People.of(ordered))
    return "\n".join(page.lines(ordered)).encode()


@dataclass(frozen=True)
class _People:
    """Names of those who act and are named, as far as the facts tell them and may be read."""

    names: Mapping[str, str]

    @classmethod
    def of(cls, facts: Iterable[Exported]) -> _People:
        names: dict[str, str] = {}
        for fact in facts:
            name = fact.fields.get("name")
            if fact.topic in ("staff.registered", "client.registered") and _is_told(name):
                names[fact.object_id] = str(name)
        return cls(names)

    def label(self, ref: str) -> str:
        """A name, and enough of the id to tell two of one name apart; systems by their name."""
        kind, _, id = ref.partition(":")
        if kind == "system":
            return ref
        return f"{self.names.get(ref, kind)} …{id[-8:]}"


@dataclass(frozen=True)
class _Page:
    zone: tzinfo
    people: _People

    def lines(self, facts: list[Exported]) -> Iterator[str]:
        digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
        yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
        yield (
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
            f" style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'\">"
        )
        yield '<meta name="viewport" content="width=device-width">'
        yield f"<title>What happened</title>\n<style>{_STYLE}</style>\n</head>\n<body>"
        yield from self._head(facts)
        for kind, streams in _by_kind(facts).items():
            one, many = KINDS.get(kind, (kind, kind))
            yield f"<h2>{_text(many)}</h2>"
            for ref, told in streams.items():
                yield from self._stream(one, ref, told)
        yield from self._legend(facts)
        yield "</body>\n</html>\n"

    def _head(self, facts: list[Exported]) -> Iterator[str]:
        yield "<h1>What happened</h1>"
        yield (
            '<div class="note"><p><strong>This page is no evidence.</strong> It was written for'
            " people to read, from the events that lie beside it in the bundle; anybody could have"
            " written another. What proves them is the bundle, and anybody can check it, offline,"
            " with keys that the desk gave out on another way:</p>"
            "<p><code>python verify.py BUNDLE --key KEY --instance KEY</code></p></div>"
        )
        yield f"<p>{self._covers(facts)}</p>"
        yield (
            "<p>“Happened” is when it happened, as told by who entered it; “recorded” is by the"
            f" clock of the store, and <span class=late>bold</span> where that was more than"
            f" {LATE.seconds} seconds later. Texts about persons read"
            f" {SEALED} where whoever exported them may not read them, and {ERASED} where the"
            f" person was erased. Times are those of {_text(str(self.zone))}.</p>"
        )

    def _covers(self, facts: list[Exported]) -> str:
        if not facts:
            return "It covers no events."
        kinds = ", ".join(
            f"{len(streams)} × {_text(KINDS.get(kind, (kind, kind))[0].lower())}"
            for kind, streams in _by_kind(facts).items()
        )
        earliest, latest = facts[0].recorded_at, facts[-1].recorded_at
        return (
            f"It covers {len(facts)} events, from position {facts[0].position} to"
            f" {facts[-1].position} of the register, recorded from {self._time(earliest)} to"
            f" {self._time(latest)}, about: {kinds}."
        )

    def _stream(self, one: str, ref: str, facts: list[Exported]) -> Iterator[str]:
        number = next((fact.number for fact in facts if fact.topic == "ticket.opened"), None)
        called = number or self.people.names.get(ref, "")
        title = f"{one} {called}".strip()
        yield f'<h3 id="{_text(ref)}">{_text(title)}</h3>\n<p><code>{_text(ref)}</code></p>'
        yield (
            '<table class="events"><thead><tr><th>Position</th><th>Happened</th><th>Recorded</th>'
            "<th>What</th><th>Who</th><th>Why</th><th>What it says</th></tr></thead><tbody>"
        )
        for fact in facts:
            yield self._row(fact)
        yield "</tbody></table>"

    def _row(self, fact: Exported) -> str:
        late = " late" if fact.recorded_at - fact.occurred_at > LATE else ""
        number = "" if fact.number is None else f"<br>{_text(fact.number)}"
        return (
            f'<tr><td class="at">{fact.position}</td>'
            f'<td class="when">{self._time(fact.occurred_at)}</td>'
            f'<td class="when{late}">{self._time(fact.recorded_at)}</td>'
            f"<td>{_text(_what(fact))}{number}</td>"
            f"<td>{self._who(fact)}</td>"
            f"<td>{_said(fact.reason)}</td>"
            f"<td>{self._details(fact)}</td></tr>"
        )

    def _who(self, fact: Exported) -> str:
        words = [self._ref(fact.actor)]
        if fact.acting_for is not None:
            words.append(f"for {self._ref(fact.acting_for)}")
        if fact.role is not None:
            words.append(f"as {_text(fact.role)}")
        return "<br>".join(words)

    def _details(self, fact: Exported) -> str:
        called = {
            str(link.id): self.people.names.get(f"{link.kind}:{link.id}") for link in fact.links
        }
        told = list(_leaves("", fact.fields))
        lines = [
            f"<dt>{_text(name)}: </dt><dd>{self._value(value, called)}</dd>"
            for name, value in told[:MOST]
        ]
        if len(told) > MOST:
            lines.append(f"<dt>… {len(told) - MOST} more: all of them are in ocel.json</dt>")
        return f"<dl>{''.join(lines)}</dl>" if lines else ""

    def _value(self, value: Any, called: Mapping[str, str | None]) -> str:
        if is_in_utc(value):
            return self._time(datetime.fromisoformat(value))
        who = called.get(value) if isinstance(value, str) else None
        return _said(value if who is None else f"{who} ({value})")

    def _legend(self, facts: list[Exported]) -> Iterator[str]:
        yield "<h2>Who is who</h2>"
        yield "<table><thead><tr><th>Shown as</th><th>Stands for</th></tr></thead><tbody>"
        refs = {ref for fact in facts for ref in (fact.actor, fact.acting_for) if ref is not None}
        for ref in sorted(refs):
            label, whole = _text(self.people.label(ref)), _text(ref)
            yield f'<tr id="who-{whole}"><td>{label}</td><td><code>{whole}</code></td></tr>'
        yield "</tbody></table>"

    def _ref(self, ref: str) -> str:
        return f'<a href="#who-{_text(ref)}">{_text(self.people.label(ref))}</a>'

    def _time(self, at: datetime) -> str:
        return at.astimezone(self.zone).isoformat(" ", "seconds")


def _by_kind(facts: list[Exported]) -> dict[str, dict[str, list[Exported]]]:
    """By kind and stream, each in the order of its first event."""
    found: dict[str, dict[str, list[Exported]]] = {kind: {} for kind in KINDS}
    for fact in facts:
        found.setdefault(fact.kind, {}).setdefault(fact.object_id, []).append(fact)
    return {kind: streams for kind, streams in found.items() if streams}


def _what(fact: Exported) -> str:
    """The topic without its kind, which stands above; for steps, the pack's word for it too."""
    what = fact.activity.removeprefix(f"{fact.kind}.")
    word = fact.fields.get("word")
    return f"{what} ({word})" if word else what


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What is said in it, however deep, each with the way to it; nothing of what is empty."""
    if isinstance(value, Mapping):
        for key, one in sorted(value.items()):
            yield from _leaves(f"{name}.{key}" if name else key, one)
    elif isinstance(value, list):
        for nth, one in enumerate(value, start=1):
            yield from _leaves(f"{name} {nth}", one)
    elif value is not None:
        yield name, value


def _is_told(name: Any) -> bool:
    return isinstance(name, str) and name not in (SEALED, ERASED)


def _said(value: Any) -> str:
    if value is None:
        return ""
    text = in_words(value)
    if text in (SEALED, ERASED):
        return f'<span class="gone">{text}</span>'
    if len(text) > LONGEST:
        rest = f" … ({len(text)} characters; all of them are in ocel.json)"
        return f"<bdi>{_text(text[:LONGEST])}</bdi>{rest}"
    return f"<bdi>{_text(text)}</bdi>"


def _text(text: str) -> str:
    return escape(_NOT_TEXT.sub("\ufffd", text))
