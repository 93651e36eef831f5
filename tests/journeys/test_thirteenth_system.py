"""docs/packs.md, taken at its word: its pack is published, its commands are given, as it tells."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
import yaml
from click.testing import CliRunner

from domain.pack_check import faults
from domain.pack_content import PackContent
from domain.pack_words import ACTOR, THIS, THIS_IN_REPORTS
from domain.rulebook import HAPPENINGS
from infrastructure.pack_files import catalogue
from infrastructure.wiring import Parts
from interface.packs_cli import packs
from tests.interface.given import in_force
from tests.rules.conftest import full_tokens, office  # noqa: F401
from tests.support.facts import LI_NA
from tests.support.http import Office, Person
from tests.support.processes import REPOSITORY

GUIDE = (REPOSITORY / "docs" / "packs.md").read_text("utf-8")
FILE = REPOSITORY / "docs" / "examples" / "lost-property.yaml"
LOST_PROPERTY: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))

Fence = tuple[str, str]


def fences(text: str) -> list[Fence]:
    """What stands between fences: in which language, and what."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


TUTORIAL, _, LANGUAGE = GUIDE.partition("\n# The language\n")
STEPS = [fence for fence in fences(TUTORIAL) if fence[0] != "yaml"]
FRAGMENTS = [yaml.safe_load(said) for kind, said in fences(TUTORIAL) if kind == "yaml"]
SECTIONS = [yaml.safe_load(said) for kind, said in fences(LANGUAGE) if kind == "yaml"]


def seen(part: Any, whole: Any) -> Any:
    """Of the whole, what the part speaks of."""
    if isinstance(part, Mapping) and isinstance(whole, Mapping):
        return {name: seen(said, whole.get(name)) for name, said in part.items()}
    return whole


def joined(parts: list[Any]) -> dict[str, Any]:
    """All that they say together."""
    whole: dict[str, Any] = {}
    for part in parts:
        for name, said in part.items():
            known = whole.get(name)
            both = isinstance(known, dict) and isinstance(said, Mapping)
            whole[name] = joined([known, said]) if both else said
    return whole


class Reader:
    """Somebody who types what the guide says, at the desk of an office."""

    def __init__(self, office: Office) -> None:  # noqa: F811
        self._office, self._clerk = office, office.person(LI_NA)
        self._ticket = ""

    def types(self, line: str) -> Any:
        """One command; what is printed, or the body of the answer."""
        who, *words = shlex.split(line)
        return self._at_the_shell(words) if who == "yice" else self._says(self._clerk, words)

    def _at_the_shell(self, words: list[str]) -> str:
        @contextmanager
        def opened() -> Iterator[Parts]:
            yield self._office.parts

        files = [str(REPOSITORY / word) if word.startswith("docs/") else word for word in words]
        result = CliRunner().invoke(packs, files[1:], obj=opened)
        assert result.exit_code == 0, result.output
        return result.stdout

    def _says(self, who: Person, words: list[str]) -> Any:
        path = words[0].replace("$URL", "/v1").replace("$TICKET", self._ticket)
        if "-d" not in words:
            return who.get(path).body
        body = who.post(path, json.loads(words[words.index("-d") + 1])).body
        self._ticket = self._ticket or body["id"]
        return body


def commands(typed: str) -> list[str]:
    """One command a line, unless it goes on on the next."""
    return re.findall(r"^\w.*(?:\n +.*)*", typed, re.MULTILINE)


def test_the_guide_comes_true(office: Office):  # noqa: F811
    reader, answer = Reader(office), None

    for kind, said in STEPS:
        if kind == "sh":
            for command in commands(said):
                answer = reader.types(command)
        elif kind == "text":
            assert answer == said
        else:
            assert seen(json.loads(said), answer) == json.loads(said)


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_what_grows_in_the_guide_is_in_the_file(fragment: Mapping[str, Any]):
    assert seen(fragment, LOST_PROPERTY) == fragment


def test_the_fragments_are_the_whole_file():
    assert joined(FRAGMENTS) == LOST_PROPERTY


def test_two_people_publish_it_over_http(office: Office):  # noqa: F811
    in_force(office, LOST_PROPERTY)

    shelf = office.person(LI_NA).get("/v1/packs").body["items"]

    [row] = [row for row in shelf if row["name"] == "lost-property"]
    assert row["versions"]["1"]["title"] == LOST_PROPERTY["title"]


def test_only_a_supervisor_disposes_of_what_nobody_claims_in_90_days(office: Office):  # noqa: F811
    in_force(office, LOST_PROPERTY)
    clerk, supervisor = office.person(LI_NA), office.hire("cs_supervisor")
    form = {"kind": "umbrella", "marks": "红色", "place": "大厅"}
    words = {"procedure": "lost-property", "channel": "phone", "matter": "雨伞", "form": form}
    ticket = clerk.post("/v1/tickets", words).headers["Location"]
    clerk.post(f"{ticket}/steps/store", {"form": {"shelf": "A-1"}})

    too_early = supervisor.post(f"{ticket}/steps/dispose")
    office.now = office.now.replace(year=2027, month=2, day=21)
    not_theirs = clerk.post(f"{ticket}/steps/dispose")
    in_time = supervisor.post(f"{ticket}/steps/dispose")

    assert too_early.refusal == (409, "step_not_possible", None)
    assert not_theirs.refusal == (403, "not_for_you", None)
    assert clerk.get(ticket).body["is_closed"], in_time.body


def structs(kind: Any, known: set[type]) -> set[type]:
    """All that a pack is made of."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in known:
        known.add(kind)
        for hint in get_type_hints(kind).values():
            structs(hint, known)
    for inner in get_args(kind):
        structs(inner, known)
    return known


WRITTEN = sorted({n for kind in structs(PackContent, set()) for n in kind.__struct_encode_fields__})


@pytest.mark.parametrize("word", [*WRITTEN, *sorted(HAPPENINGS | THIS | THIS_IN_REPORTS | ACTOR)])
def test_the_reference_names_every_word_of_the_language(word: str):
    assert re.search(rf"(?<![\w-]){word}(?![\w-])", LANGUAGE)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_of_the_reference_is_of_the_language(section: Mapping[str, Any]):
    said = {name: value for name, value in section.items() if name != "effective_from"}

    msgspec.convert({"pack": "example", "version": 1, "title": "例", **said}, PackContent)


def test_the_sections_of_the_reference_make_a_sound_pack():
    content = PackContent.read(
        {n: said for n, said in joined(SECTIONS).items() if n != "effective_from"}
    )

    assert faults(content, catalogue()) == []
