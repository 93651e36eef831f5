from __future__ import annotations

from typing import Any

import pytest

from domain.errors import Invalid
from domain.pack_content import PackContent, PackInvalid
from domain.privacy import NO_PRIVACY, Label, Mask, Privacy, Purpose, Sight, joined

PRIVACY = Privacy(
    labels={
        "personal": Label(full=frozenset({"owner", "director"})),
        "sensitive": Label(full=frozenset({"director"}), purpose=True, record=False),
    },
    fields={"contacts.phone": "personal", "details.birthday": "sensitive"},
    masks={"contacts.phone": Mask(head=3, tail=4)},
    purposes={"care": Purpose(title="客户关怀"), "marketing": Purpose(title="营销", consent=True)},
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("13812345678", "138****5678"),
        ("138123456", "138**3456"),
        ("13812345", "****"),
        ("", "****"),
    ],
)
def test_a_mask_leaves_the_ends_of_what_is_long_enough(text: str, shown: str) -> None:
    assert PRIVACY.masked("contacts.phone", text) == shown
    assert PRIVACY.masked("contacts.wechat", text) == "****"


@pytest.mark.parametrize(
    ("label", "who", "purpose", "sight"),
    [
        (None, set(), None, Sight.FULL),
        ("personal", {"owner"}, None, Sight.FULL),
        ("personal", {"staff"}, "care", Sight.MASKED),
        ("sensitive", {"director"}, None, Sight.PURPOSE_MISSING),
        ("sensitive", {"director"}, "care", Sight.FULL),
        ("sensitive", {"owner"}, "care", Sight.MASKED),
        ("unheard of", {"director"}, "care", Sight.MASKED),
    ],
)
def test_a_label_says_who_sees_and_whether_for_a_purpose(
    label: str | None, who: set[str], purpose: str | None, sight: Sight
) -> None:
    assert PRIVACY.sight(label, who, purpose) is sight


def test_what_is_labelled_is_put_on_record_unless_its_label_says_otherwise() -> None:
    recorded = [PRIVACY.is_recorded(label) for label in (None, "personal", "sensitive")]

    assert recorded == [False, True, False]


def test_a_purpose_is_one_of_the_list_and_some_want_consent() -> None:
    PRIVACY.must_be_purpose("care")
    PRIVACY.must_be_purpose(None)
    with pytest.raises(Invalid, match="purpose gossip is none of: care, marketing"):
        PRIVACY.must_be_purpose("gossip")
    assert [PRIVACY.needs_consent(one) for one in ("care", "marketing", "gossip")] == [
        False,
        True,
        False,
    ]


def test_of_several_packs_the_last_one_says_it() -> None:
    stricter = Privacy(labels={"personal": Label(full=frozenset({"director"}))}, export_days=3)

    both = joined([PRIVACY, stricter])

    assert both.sight("personal", {"owner"}, None) is Sight.MASKED
    assert (both.fields, both.export_days) == (PRIVACY.fields, 3)
    assert joined([]) == NO_PRIVACY


@pytest.mark.parametrize(
    ("privacy", "fault"),
    [
        (
            {"fields": {"contacts.phone": "x"}},
            "privacy.fields.contacts.phone: no label is called x",
        ),
        (
            {"texts": {"complaint": {"noted.text": "x"}}},
            "privacy.texts.complaint.noted.text: no label is called x",
        ),
        ({"labels": {"x": {"full": ["boss"]}}}, "privacy.labels.x.full: no role boss"),
        ({"labels": {"x": {"purpose": True}}}, "privacy.labels.x.purpose: no purpose is listed"),
    ],
)
def test_a_pack_whose_privacy_does_not_fit_together_is_refused(privacy: Any, fault: str) -> None:
    content = {"pack": "secrecy", "version": 1, "title": "保密", "privacy": privacy}

    with pytest.raises(PackInvalid) as refusal:
        PackContent.read(content)

    assert refusal.value.facts["faults"] == [fault]


def test_of_one_procedure_several_packs_label_texts_together() -> None:
    one = Privacy(texts={"complaint": {"opened.matter": "a", "noted.text": "a"}, "gift": {}})
    other = Privacy(texts={"complaint": {"noted.text": "b"}})

    assert joined([one, other]).texts == {
        "complaint": {"opened.matter": "a", "noted.text": "b"},
        "gift": {},
    }
