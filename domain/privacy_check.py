"""Whether what a pack labels is there: fields of clients, and texts of tickets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from domain.client import CONTACT_KINDS, DETAILS
from domain.client_records import PERSON
from domain.form import FormField
from domain.pack_content import PackContent

FIELDS = (
    {"name"}
    | {f"details.{name}" for name in (DETAILS | PERSON) - {"name"}}
    | {f"contacts.{kind}" for kind in CONTACT_KINDS}
)
"""What of a client's file can have a label or a mask."""

TEXTS: Mapping[str, str] = {
    "opened": "matter",
    "noted": "text",
    "escalated": "question",
    "instructed": "text",
    "transfer-offered": "summary",
    "answered": "text",
    "completed": "result",
    "corrected": "text",
    "evidence-attached": "name",
    "supervision-notice-issued": "demand",
    "supervision-answered": "text",
    "handler-reminded": "text",
}
"""By word, the text that a universal fact of tickets says; all may have a `reason` besides."""

_NOT_SEALED = "is not sealed: rules and reports read it, and a label would not keep it"


def privacy_faults(content: PackContent, beside: Iterable[PackContent]) -> Iterator[str]:
    """What is labelled or masked and is not there, each naming its place."""
    privacy = content.privacy
    if privacy is None:
        return
    for section, named in (("fields", privacy.fields), ("masks", privacy.masks)):
        for field in sorted(named.keys() - FIELDS):
            yield f"privacy.{section}.{field}: clients have no such field"
    packs = [content, *beside]
    for procedure, texts in privacy.texts.items():
        if any(_is_of(pack, procedure) for pack in packs):
            for path in texts:
                if (fault := _fault(path, procedure, packs)) is not None:
                    yield f"privacy.texts.{procedure}.{path}: {fault}"


def unknown_procedures(content: PackContent, beside: Iterable[PackContent]) -> Iterator[str]:
    """Procedures whose texts are labelled and that are not here; they may come later."""
    packs = [content, *beside]
    for procedure in content.privacy.texts if content.privacy else ():
        if not any(_is_of(pack, procedure) for pack in packs):
            yield f"privacy.texts.{procedure}: no pack here has such a procedure"


def _is_of(pack: PackContent, procedure: str) -> bool:
    return pack.pack == procedure and pack.procedure is not None


def _fault(path: str, procedure: str, packs: Iterable[PackContent]) -> str | None:
    word, _, name = path.partition(".")
    forms = [form for pack in packs for form in _forms(pack, word, procedure)]
    if not forms and word not in TEXTS:
        return f"nothing that happens there is called {word}"
    if name in ("reason", TEXTS.get(word)):
        return None
    fields = [form[name] for form in forms if name in form]
    if not fields:
        return f"{word} says no {name}"
    return None if all(_is_sealed(field) for field in fields) else f"{name} {_NOT_SEALED}"


def _forms(pack: PackContent, word: str, procedure: str) -> Iterator[Mapping[str, FormField]]:
    """What is filled in at that word, on tickets of the procedure."""
    if pack.procedure is not None and _is_of(pack, procedure):
        if word == "opened":
            yield pack.procedure.opening.form
        if word in pack.procedure.steps:
            yield pack.procedure.steps[word].form
    if word in pack.activities and (pack.is_overlay or pack.pack == procedure):
        yield pack.activities[word].form


def _is_sealed(field: FormField) -> bool:
    return all(map(_is_sealed, field.fields.values())) if field.fields else field.sealed
