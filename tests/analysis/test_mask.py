"""Masked texts keep their shape and their equality, and say nothing of whom they were about."""

import re
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rules_engine.analysis.mask import Masker, mask_data, mask_record
from rules_engine.folders import fixture_record, full_catalog
from rules_engine.model.values import get, leaves

KEY = b"k" * 32
WORDS = st.text(st.characters(categories=["Lu", "Ll"], max_codepoint=0x24F), min_size=2, max_size=12)


def masked(text: str) -> str:
    return Masker(KEY).text(text)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("Hafenlogistik Hamburg GmbH", r"[A-Z][a-z]{12} [A-Z][a-z]{6} [A-Z][a-z][a-z][A-Z]"),
        ("Jens.Petersen@Hafenlogistik.de", r"[A-Z][a-z]{3}\.[A-Z][a-z]{7}@[A-Z][a-z]{12}\.example"),
        ("a@mail.hafen.co.uk", r"[a-z]@[a-z]{4}\.[a-z]{5}\.[a-z]{2}\.example"),
        ("+49 40 555 0107", r"\+49 [1-9]\d [1-9]\d\d 0\d{3}"),
        ("DE811234567", r"DE\d{9}"),
        ("21129", r"[1-9]\d{4}"),
        ("01067", r"0\d{4}"),
        ("crane-4-signed.pdf", r"[a-z]{5}-\d-[a-z]{6}\.pdf"),
        ("https://crm.hafen.de/files/F-2?x=1", r"https://[a-z]{3}\.[a-z]{5}\.example/[a-z]{5}/[A-Z]-\d\?[a-z]=\d"),
        ("<p>Call <b>Zoë</b> &amp; <a href='mailto:z@h.de'>me</a><!-- him --></p>",
         r"<p>[A-Z][a-z]{3} <b>[A-Z][a-z]{2}</b> &amp; <a>[a-z]{2}</a></p>"),
        ("شركة", "[a-z]{4}"),
        ("  ", "  "),
    ],
)  # fmt: skip
def test_a_text_keeps_its_shape(text, shape):
    found = masked(text)
    assert re.fullmatch(shape, found), found
    assert found != text or not text.strip()


def test_the_same_text_is_masked_the_same_wherever_it_stands():
    masker = Masker(KEY)
    name, mail = masker.text("Jens Petersen"), masker.text("jens.petersen@hafen.de")
    assert mail.startswith(name.lower().replace(" ", "."))
    assert masker.text("JENS PETERSEN") == name.upper()
    assert masker.text(unicodedata.normalize("NFD", "Zoë")) == masker.text("Zoë")


def test_another_key_masks_otherwise():
    assert masked("Petersen") != Masker(b"another key, just as long, 32 byte").text("Petersen")


@given(WORDS, WORDS)
def test_texts_that_differ_stay_different_and_none_stays_itself(one, other):
    assume(unicodedata.normalize("NFC", one).casefold() != unicodedata.normalize("NFC", other).casefold())
    masker = Masker(KEY)
    assert masker.text(one) != masker.text(other)
    assert masker.text(one).lower() != one.lower()


def test_even_texts_of_one_letter_stay_different():
    masker = Masker(KEY)
    assert len({masker.text(each) for each in "abcdefghijklmnopqrst"}) == 20


@pytest.mark.parametrize("name", ["harbour", "bilingual", "osaka_yen", "tram_depot", "kiosk_incomplete"])
def test_of_a_shipped_record_no_personal_text_is_left_and_all_else_is_as_it_was(name):
    record = fixture_record(f"sample_crm/opportunity_{name}.json", "Europe/Berlin")
    found = mask_record(record, full_catalog(), Masker(KEY))
    before, after = dict(leaves(record)), dict(leaves(found.record))
    assert list(before) == list(after)
    changed = {path for path in before if before[path] != after[path]}
    bare = {re.sub(r"\[[^\]]*\]", "", path) for path in changed}
    assert bare <= set(found.paths)
    assert all(isinstance(before[path], str) for path in changed)
    for path in ("contact.name", "contact.email", "account.name", "account.tax_id", "opportunity.description"):
        assert get(record, path) in (None, "", get({}, path)) or path in changed, path
    for path in ("opportunity.id", "opportunity.stage", "opportunity.amount", "account.number", "line_items.sku"):
        assert path not in bare
    words = {word for value in (get(record, "contact.name"),) if isinstance(value, str) for word in value.split()}
    assert [each for each in words if len(each) > 3 and each in str(found.record)] == []


def test_a_line_is_named_after_its_product_or_hides_its_words():
    lines = ({"id": "L-1", "sku": "A", "name": "Crane"}, {"id": "L-2", "sku": None, "name": "for Mr Li"})
    found = mask_record({"line_items": lines}, full_catalog(), Masker(KEY)).record["line_items"]
    assert found[0]["name"] == "Crane"
    assert found[1]["name"] != "for Mr Li"


def test_what_is_to_be_kept_is_kept_and_not_counted():
    record = {"account": {"name": "Hafen", "tax_id": "DE1234"}, "other": {"account.credit_status": "good", "x": "Li"}}
    found = mask_record(record, full_catalog(), Masker(KEY), frozenset({"account.name"}))
    assert get(found.record, "account.name") == "Hafen"
    assert found.record["other"]["account.credit_status"] == "good"  # carried over: it is known what it is
    assert set(found.paths) == {"account.tax_id", "other.x"}


def test_a_code_that_is_somebody_s_address_is_masked():
    found = mask_record({"opportunity": {"owner": "li@hafen.de", "number": "li@hafen.de"}}, full_catalog(), Masker(KEY))
    assert "hafen" not in str(found.record)


def test_an_event_s_data_keep_their_ids():
    found = mask_data({"id": "D-1", "name": "Hafen", "by": {"email": "li@hafen.de"}, "won": True}, Masker(KEY))
    assert (found["id"], found["won"]) == ("D-1", True)
    assert "afen" not in str(found)


@pytest.mark.parametrize(
    "text",
    ["to <mustermann@acme.example>", "see <Mustermann> now", "login erika.mustermann", "Meier&Mustermann; Berlin"],
)
def test_what_only_looks_like_markup_or_a_file_is_masked_too(text):
    assert "mustermann" not in Masker(b"k" * 16).text(text).lower()
