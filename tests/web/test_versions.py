"""Two published versions are compared in words."""

from dataclasses import replace

from rules_engine.model.draft import Draft
from rules_engine.sample_workspace import SLUG
from tests.web.test_story import words


def publish(product, change) -> None:
    """A version whose ruleset's text is the changed one."""
    kept = product.rulesets(SLUG)
    draft: Draft = kept.draft("on-close")
    saved = kept.save(replace(draft, ruleset_text=change(draft.ruleset_text)), "ana", product.clock())
    kept.publish("on-close", saved.revision, "changed", "ana", product.clock())


def test_the_page_of_two_versions_says_what_changed_in_words(browser, product):
    publish(
        product, lambda text: text.replace("more_than: 0", "more_than: 1").replace("title: The deal", "title: A deal")
    )
    page = browser.get("/rulesets/on-close/versions/1..2")
    assert "<del>0</del> <ins>1</ins>" in page
    said = words(page)
    assert "nothing-to-quote there is no line item whose quantity is more than 0 1" in said
    assert "won title The A deal is won" in said


def test_a_text_that_only_looks_different_means_the_same(browser, product):
    publish(product, lambda text: text.replace("\nrules:", "\n# the rules\nrules:"))
    said = words(browser.get("/rulesets/on-close/versions/1..2"))
    assert "The rules mean the same." in said
    assert "added: # the rules" in said


def test_a_version_that_can_no_longer_be_read_is_compared_as_text(browser, product):
    publish(product, lambda text: text.replace("opportunity.stage", "opportunity.gone"))
    said = words(browser.get("/rulesets/on-close/versions/1..2"))
    assert "One of the two cannot be read any more" in said
    assert "opportunity.gone" in said


def test_what_an_author_wrote_is_never_markup(browser, product):
    publish(product, lambda text: text.replace("title: The deal is won", "title: <script>alert(1)</script>"))
    page = browser.get("/rulesets/on-close/versions/1..2")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
