"""Names of fields as systems write them, taken apart into words that mean the same everywhere."""

import pytest

from rules_engine.conversion.suggest.words import canonical_words, thesaurus


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("QuantityOrdered", ("quantity", "ordered")),
        ("estimatedclosedate", ("estimated", "close", "date")),
        ("Deal_Owner__c", ("opportunity", "owner")),
        ("x_studio_delivery_window", ("shipping", "window")),
        ("custbody_delivery_note", ("shipping", "note")),
        ("Sell-to Customer No.", ("customer", "number")),
        ("ShippingAddress.PostalCode", ("shipping", "address", "postal", "code")),
        ("Discount %", ("discount", "percent")),
        ("zip", ("postal", "code")),
        ("total_paid_tax_incl", ("grand", "total", "tax", "including")),
        ("transactioncurrencyid", ("currency", "identifier")),
        ("No. of Employees", ("employee", "count")),
        ("Straße", ("street",)),
        ("", ()),
    ],
)
def test_a_name_is_taken_apart_and_said_in_common_words(name, words):
    assert canonical_words(name) == words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("deal", "opportunity"),
        ("estimate", "quotation"),
        ("sales rep", "salesperson"),
        ("PLZ", "zip code"),
        ("VAT number", "tax_id"),
        ("uom", "unit of measure"),
        ("ShipVia", "carrier"),
    ],
)
def test_synonyms_of_the_trade_are_one_word(one, other):
    assert canonical_words(one) == canonical_words(other)


def test_words_that_only_begin_alike_are_not_parted():
    assert canonical_words("validity") != ("val", "id", "ity")
    assert canonical_words("datagrid") == ("datagrid",)


def test_every_concept_that_stands_for_another_is_a_concept():
    known = thesaurus()
    assert {each for pair in known.stands_for for each in pair} <= set(known.concept_names)


def test_every_phrase_of_the_thesaurus_comes_out_as_the_words_it_is_listed_under():
    known = thesaurus()
    wrong = {
        " ".join(phrase): canonical
        for phrase, canonical in known.rewrite.items()
        if canonical_words(" ".join(phrase)) != tuple(dict.fromkeys(canonical)) and len(set(phrase)) == len(phrase)
    }
    assert wrong == {}
