"""The demo's quarter: the cast, what happened to them, what was decided on it, and its figures.

Told to the application itself, before anybody serves: what happened in July is not late for a clock
that runs in November. The story is data, `demo_quarter.yaml`; telling it again adds nothing twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.request import Request

from msgspec import Struct

from application.desk import Actor, Desk
from application.evidence import EvidenceStore
from application.packs import Packs
from interface.demo import (
    ZONE,
    Before,
    Caller,
    Deed,
    Said,
    Story,
    StoryBroken,
    Try,
    instant,
    load,
    play,
)
from interface.demo_everyday import Everyday, House, tell

NEVER = datetime.min.replace(tzinfo=ZONE)
"""Fixed times need no Monday to be counted from."""


if TYPE_CHECKING:
    from flask import Flask

WORD = re.compile(r"\$\{?(\w+)\}?(?:\.(\d+))?")
"""Stands for what a row says: $name or ${name}, and $name.1 for the second of several."""


class Road(Struct, frozen=True, forbid_unknown_fields=True):
    over: list[dict[str, Any]]
    acts: list[dict[str, Any]]

    def walked(self) -> Iterator[dict[str, Any]]:
        for row in self.over:
            for act in self.acts:
                said = _of_row(act, row)
                times = said.pop("times", 1)
                for number in range(times):
                    yield said | {"opens": f"{said['opens']}-{number}"} if number else said


class Month(Struct, frozen=True, forbid_unknown_fields=True):
    month: str
    at: str
    denominator: int


class Rates(Struct, frozen=True, forbid_unknown_fields=True):
    who: str
    denominator_is: str
    months: list[Month]


class Verdict(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What became of the entries of a table, of all holders or some; they are approved if not said.

    `appealed`, with `ground`, and `upheld`, by `decided_by`: when. So is `paid`, by `paid_by`,
    who confirms it before if it is `confirmed`.
    """

    table: str
    at: str
    by: str
    reason: str
    verdict: str | None = None
    sanction: str | None = None
    amount: int | None = None
    only: list[str] = []
    not_of: list[str] = []
    appealed: str | None = None
    ground: str | None = None
    upheld: str | None = None
    decided_by: str | None = None
    confirmed: bool = False
    paid: str | None = None
    paid_by: str | None = None
    mode: str | None = None


class Draft(Struct, frozen=True, forbid_unknown_fields=True):
    """The next version of a pack: as its first one, but for what stands at these places."""

    at: str
    who: str
    pack: str
    version: int
    places: dict[str, Any]


class Quarter(Struct, frozen=True, forbid_unknown_fields=True):
    deeds: dict[str, Deed]
    people: list[dict[str, Any]]
    roads: list[Road]
    acts: list[dict[str, Any]]
    rates: Rates
    verdicts: list[Verdict]
    drafts: list[Draft]
    everyday: Everyday
    tries: list[Try]

    def story(self) -> Story:
        """All acts that somebody wrote down, as a story."""
        walked = [act for road in self.roads for act in road.walked()]
        return Story(deeds=self.deeds, people=self.people, tickets=[*walked, *self.acts])


@dataclass(frozen=True)
class Backstage:
    """What is behind the surface: the desk, and what the worker would do by now.

    `catch_up` brings the views up to date; `claim` proposes to the ledger what packs propose.
    """

    app: Flask
    desk: Desk
    packs: Packs
    evidence: EvidenceStore
    actor_of: Callable[[str], Actor]
    catch_up: Callable[[], object]
    claim: Callable[[], int]
    now: datetime


class Inside(Caller):
    """Asks an application in this process, by no network."""

    def __init__(self, app: Flask, tokens: dict[str, str]) -> None:
        super().__init__("http://inside", tokens)
        self._client = app.test_client()

    def _call(self, request: Request) -> tuple[int, Any]:
        answer = self._client.open(
            request.full_url,
            method=request.get_method(),
            data=request.data,
            headers=dict(request.header_items()),
        )
        return answer.status_code, answer.json


def told_quarter(
    backstage: Backstage, admin_token: str, report: Callable[[int, int], None]
) -> Before:
    """Tell the quarter, and what is known of it then. Raises StoryBroken."""
    quarter = load("demo_quarter.yaml", Quarter)
    caller = Inside(backstage.app, {"admin": admin_token})
    story = quarter.story()
    ids, acts = story.ids(), story.ordered(NEVER)
    ids["admin"] = str(backstage.actor_of(admin_token).staff_id)
    everyday = quarter.everyday
    is_told = False
    for done, (number, act) in enumerate(acts):
        if not is_told and instant(act["at"], NEVER).date() >= everyday.since:
            _tell_everyday(backstage, everyday, caller)
            is_told = True
        _carry_out(backstage, story, caller, act, f"quarter-{number:04}", ids)
        report(done, len(acts))
    backstage.catch_up()
    for draft in quarter.drafts:
        _draft(draft, caller)
    _publish_rates(quarter.rates, caller)
    _decide(backstage, quarter.verdicts, caller, ids)
    backstage.catch_up()
    return Before(tokens=caller.tokens, ids=ids, tries=quarter.tries)


def _carry_out(
    backstage: Backstage,
    story: Story,
    caller: Caller,
    act: Mapping[str, Any],
    key: str,
    ids: dict[str, str],
) -> None:
    """Unless it was done before, and its answer is not needed."""
    deed, by = story.deed(act), f"staff:{ids[act['who']]}"
    is_done = backstage.desk.register.receipt(by, key) is not None
    if is_done and not (deed.found or deed.token):
        return
    if deed.first_views and not is_done:
        backstage.catch_up()
    said = story.said_of(act, key, ids, NEVER)
    answer = play(caller, said)
    if deed.found:
        ids[said.it] = answer["id"]


def _tell_everyday(backstage: Backstage, everyday: Everyday, caller: Caller) -> None:
    actors = {who: backstage.actor_of(token) for who, token in caller.tokens.items()}
    house = House(
        desk=backstage.desk,
        packs=backstage.packs,
        evidence=backstage.evidence,
        actors=actors,
        zone=ZONE,
        now=backstage.now,
    )
    tell(house, everyday)


def _draft(draft: Draft, caller: Caller) -> None:
    """Unless it is there already: what a pack says is not always said in the same order."""
    with suppress(StoryBroken):
        caller.get(f"/v1/packs/{draft.pack}/{draft.version}", draft.who)
        return
    content = caller.get(f"/v1/packs/{draft.pack}/1", draft.who) | {"version": draft.version}
    for place, value in draft.places.items():
        *above, last = place.split(".")
        inside = content
        for name in above:
            inside = inside[name]
        inside[last] = value
    path = f"/v1/packs/{draft.pack}/versions"
    _done(caller, draft.who, path, f"draft-{draft.pack}", draft.at, {"content": content})


def _publish_rates(rates: Rates, caller: Caller) -> None:
    """As the report of the confirmed cases of each month says."""
    for row in rates.months:
        year, month = map(int, row.month.split("-"))
        days = f"from={date(year, month, 1)}&to={date(year, month + 1, 1)}"
        report = caller.get(f"/v1/reports/complaint/confirmed?{days}", rates.who)
        [group] = report["groups"] or [report]
        form = {
            "month": row.month,
            "confirmed_cases": group["measures"]["cases"]["value"],
            "denominator": row.denominator,
            "denominator_is": rates.denominator_is,
        }
        review = {
            "channel": "internal",
            "matter": f"审视投诉 {row.month}",
            "procedure": "complaint-review",
            "form": {"period": row.at[:7]},
        }
        opened = _done(caller, rates.who, "/v1/tickets", f"rate-{row.month}", row.at, review)
        path = f"/v1/tickets/{opened['id']}/steps/publish_rate"
        _done(caller, rates.who, path, f"rate-{row.month}-published", row.at, {"form": form})


def _decide(
    backstage: Backstage, verdicts: list[Verdict], caller: Caller, ids: Mapping[str, str]
) -> None:
    """What is proposed is decided as its line says, appealed against, confirmed and paid."""
    while backstage.claim():
        backstage.catch_up()
    backstage.catch_up()
    names = {f"staff:{id}": name for name, id in ids.items()}
    for line, verdict in enumerate(verdicts):
        path = f"/v1/ledger/entries?table_name={verdict.table}&limit=100"
        for entry in caller.get(path, verdict.by)["items"]:
            holder = names[entry["holder"]]
            if holder not in verdict.not_of and holder in (verdict.only or [holder]):
                _see_through(caller, verdict, entry["entry_id"], holder, f"verdict-{line}-{holder}")


def _see_through(caller: Caller, verdict: Verdict, entry_id: str, holder: str, key: str) -> None:
    path, key = f"/v1/ledger/entries/{entry_id}", f"{key}-{entry_id}"
    words = ("reason", "verdict", "sanction", "amount")
    said = {name: getattr(verdict, name) for name in words}
    decided = {name: value for name, value in said.items() if value is not None}
    _done(caller, verdict.by, f"{path}/decision", f"{key}-decided", verdict.at, decided)
    if verdict.appealed and verdict.upheld and verdict.decided_by:
        appeal, upheld = {"reason": verdict.ground}, {"verdict": "upheld", "reason": "理由成立"}
        _done(caller, holder, f"{path}/appeal", f"{key}-appeal", verdict.appealed, appeal)
        decision = f"{path}/appeal/decision"
        _done(caller, verdict.decided_by, decision, f"{key}-upheld", verdict.upheld, upheld)
    if verdict.paid and verdict.paid_by:
        if verdict.confirmed:
            _done(caller, verdict.paid_by, f"{path}/confirmation", f"{key}-sure", verdict.paid)
        mode = {"mode": verdict.mode}
        _done(caller, verdict.paid_by, f"{path}/execution", f"{key}-paid", verdict.paid, mode)


def _done(
    caller: Caller, who: str, path: str, key: str, at: str, body: Mapping[str, Any] | None = None
) -> Any:
    words = {"occurred_at": instant(at, NEVER), **(body or {})}
    return play(caller, Said(who=who, it=who, path=path, body=words, key=key, refused=None))


def _of_row(value: Any, row: Mapping[str, Any]) -> Any:
    """The same, with what the row says in place of $words."""
    if isinstance(value, dict):
        return {name: _of_row(inner, row) for name, inner in value.items()}
    if isinstance(value, list):
        return [_of_row(inner, row) for inner in value]
    if not isinstance(value, str):
        return value
    if whole := WORD.fullmatch(value):
        return _word(whole, row)
    return WORD.sub(lambda found: str(_word(found, row)), value)


def _word(found: re.Match[str], row: Mapping[str, Any]) -> Any:
    name, place = found.groups()
    return row[name] if place is None else row[name][int(place)]
