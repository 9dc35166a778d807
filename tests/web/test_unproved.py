"""Publishing in the browser what the production matcher does not live through."""

from dataclasses import replace

from rules_engine.proof import SubprocessProver
from rules_engine.sample_workspace import SLUG
from tests.web.conftest import Browser
from web import create_app

PUBLISH = "/rulesets/on-close/publish"


def test_a_crash_in_the_proof_is_a_reason_on_the_page_and_nothing_is_published(product):
    crashing = replace(product, prover=SubprocessProver("tests.wrong_matchers:OnlyTogether"))
    browser = Browser(create_app(crashing).test_client())
    rulesets = product.rulesets(SLUG)
    draft = rulesets.draft("on-close")
    changed = replace(draft, ruleset_text=draft.ruleset_text + "# a comment\n")
    revision = str(rulesets.save(changed, "Ana", product.clock()).revision)
    form = {"revision": revision, "person": "Ana", "note": "a comment", "despite": "we know better"}
    answer = browser.post(PUBLISH, form, page="/rulesets/on-close/text")
    assert answer.status_code == 422
    assert "the production matcher crashed (signal 6, SIGABRT)" in answer.get_data(as_text=True)
    assert rulesets.current("on-close").number == 1
