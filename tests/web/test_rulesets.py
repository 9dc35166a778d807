"""Writing a ruleset in the browser: findings at their lines, drafts, fixtures, publishing, versions."""

import pytest

from rules_engine.sample_workspace import SLUG
from tests.web.test_story import words

TEXT = "/rulesets/on-close/text"


@pytest.fixture
def form(product):
    """The form of the text page as it comes."""
    draft = product.rulesets(SLUG).draft("on-close")
    return {
        "ruleset": draft.ruleset_text,
        "mapping": draft.mapping_text,
        "cases": draft.cases_text,
        "revision": str(draft.revision),
        "person": "Ana",
    }


def changed(form, **texts):
    return {**form, **texts}


def test_a_finding_stands_at_its_line_and_nothing_typed_is_lost(browser, form):
    before, found, after = form["ruleset"].rpartition("opportunity.stage")
    assert found
    typed = f"{before}opportunity.stagee{after}"
    page = browser.post(TEXT, changed(form, ruleset=typed, do="check"), page=TEXT).get_data(as_text=True)
    line = 1 + typed[: typed.index("stagee")].count("\n")
    assert f'href="#ruleset-{line}"' in page
    assert f'id="ruleset-{line}"' in page
    assert f'data-marks="{line} error"' in page
    assert "opportunity.stagee" in page
    assert "did you mean" in words(page)


def test_checking_saves_nothing(browser, form, product):
    browser.post(TEXT, changed(form, ruleset=form["ruleset"] + "\n# mine\n", do="check"), page=TEXT)
    assert product.rulesets(SLUG).draft("on-close").ruleset_text == form["ruleset"]


def test_a_saved_draft_leaves_what_is_live_alone(browser, form, product):
    title = form["ruleset"].replace("title: Quote as soon as the deal is won", "title: Quote at once")
    answer = browser.post(TEXT, changed(form, ruleset=title.replace("\n", "\r\n"), do="save"), page=TEXT)
    assert answer.status_code == 303
    draft = product.rulesets(SLUG).draft("on-close")
    assert (draft.ruleset_text, draft.edited_by) == (title, "Ana")
    assert len(product.rulesets(SLUG).versions("on-close")) == 1
    assert "Review and publish" in browser.get("/rulesets/on-close")


def test_a_stale_save_keeps_what_was_typed_and_says_who_was_faster(browser, form):
    browser.post(TEXT, changed(form, ruleset=form["ruleset"] + "# theirs\n", person="Ben", do="save"), page=TEXT)
    answer = browser.post(TEXT, changed(form, ruleset=form["ruleset"] + "# mine\n", do="save"), page=TEXT)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "# mine" in page
    assert "Ben saved on-close" in words(page)
    assert "removed: # theirs" in words(page)


def test_fixtures_of_the_typed_text_run_without_saving_it(browser, form):
    wrong = form["cases"].replace("verdict: ignore", "verdict: hold", 1)
    page = browser.post(TEXT, changed(form, cases=wrong, do="run"), page=TEXT).get_data(as_text=True)
    assert "9 of 10 as expected" in words(page)
    assert "expected hold, got ignore" in words(page)
    assert "Trace" in page


def save(browser, form, **texts):
    assert browser.post(TEXT, changed(form, do="save", **texts), page=TEXT).status_code == 303


def publish(browser, product, **form):
    revision = str(product.rulesets(SLUG).draft("on-close").revision)
    path = "/rulesets/on-close/publish"
    return browser.post(path, {"revision": revision, "person": "Ana", **form}, page=TEXT)


def test_publishing_needs_a_note(browser, form, product):
    save(browser, form, ruleset=form["ruleset"] + "# new\n")
    answer = publish(browser, product, note=" ")
    assert answer.status_code == 422
    assert "say in a note what changes" in words(answer.get_data(as_text=True))
    assert publish(browser, product, note="a comment").status_code == 303
    assert product.rulesets(SLUG).current("on-close").number == 2


def test_a_failing_fixture_is_published_only_with_a_reason(browser, form, product):
    save(browser, form, cases=form["cases"].replace("verdict: ignore", "verdict: hold", 1))
    assert publish(browser, product, note="stricter").status_code == 422
    assert publish(browser, product, note="stricter", despite="the case is changed next week").status_code == 303
    assert "the case is changed next week" in product.rulesets(SLUG).current("on-close").note


def test_a_finding_is_never_published(browser, form, product):
    save(browser, form, ruleset=form["ruleset"].replace("is: closed_won", "is: closed_one"))
    answer = publish(browser, product, note="x", despite="y")
    assert answer.status_code == 422
    assert product.rulesets(SLUG).current("on-close").number == 1


def test_a_draft_that_changed_since_the_review_is_not_published(browser, form, product):
    save(browser, form, ruleset=form["ruleset"] + "# new\n")
    answer = publish(browser, product, note="x", revision=form["revision"])
    assert answer.status_code == 409
    assert product.rulesets(SLUG).current("on-close").number == 1


def test_two_versions_are_compared_and_an_old_one_becomes_the_draft_again(browser, form, product):
    save(browser, form, ruleset=form["ruleset"].replace("title: The deal is won", "title: Won"))
    publish(browser, product, note="shorter")
    compared = words(browser.get("/rulesets/on-close/versions/1..2"))
    assert "removed: title: The deal is won" in compared
    assert "added: title: Won" in compared
    answer = browser.post("/rulesets/on-close/versions/1/back", {}, page="/rulesets/on-close/versions")
    assert answer.location == "/rulesets/on-close/publish"
    assert product.rulesets(SLUG).draft("on-close").ruleset_text == form["ruleset"]
    assert product.rulesets(SLUG).current("on-close").number == 2


@pytest.mark.parametrize("revision", ["", "-1", "x", "99999999999999"])
def test_a_form_without_its_revision_is_refused(browser, form, revision):
    assert browser.post(TEXT, changed(form, revision=revision, do="save"), page=TEXT).status_code == 400


def test_a_text_that_is_too_large_is_refused(browser, form):
    assert browser.post(TEXT, changed(form, cases="#" * 1_000_001, do="check"), page=TEXT).status_code == 413


def test_markup_in_a_ruleset_is_shown_as_text(browser, form):
    evil = form["ruleset"].replace("title: The deal is won", "title: </textarea><script>alert(1)</script>")
    save(browser, form, ruleset=evil)
    for path in (TEXT, "/rulesets/on-close", "/rulesets", "/rulesets/on-close/publish", "/rulesets/on-close/fixtures"):
        assert "<script>alert" not in browser.get(path), path
