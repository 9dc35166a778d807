"""The workspace `demo`: the two built-in systems connected, sample data in them, the shipped rulesets published."""

import secrets
from base64 import b64encode
from dataclasses import replace

from rules_engine.authoring import NotPublished
from rules_engine.bootstrap import Product
from rules_engine.connectors.sample_data import load_sample_data
from rules_engine.folders import shipped_rulesets
from rules_engine.model.draft import Draft
from rules_engine.model.errors import Permanent
from rules_engine.model.ruleset import Step
from rules_engine.shipped import shipped
from rules_engine.store.rulesets import StoredRoute
from rules_engine.store.workspaces import add_workspace

SLUG, CRM, ORDERS = "demo", "sample-crm", "order-book"
ROUTES = {Step.OPPORTUNITY_TO_QUOTE: "on-close", Step.QUOTE_TO_ORDER: "framework-or-acceptance"}
AUTHOR = "the sample workspace"


def set_up(product: Product, zone: str = "Europe/Berlin") -> None:
    """Make what lacks of it; what people have changed since stays as it is."""
    if SLUG in product.slugs():
        return
    add_workspace(product.engine, SLUG, "Demo", zone, product.clock())
    # A secret of 32 random bytes, as Standard Webhooks 1.0.0 has it.
    webhook = f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"
    product.connect(SLUG, CRM, "sample_crm", "crm", title="Sample CRM", secrets={"webhook": webhook})
    product.connect(SLUG, ORDERS, "order_book", "order", title="Order book")
    load_sample_data(product.sample_crm(SLUG), product.order_book(SLUG), shipped("fixtures"))
    for draft in shipped_rulesets():
        _publish(product, draft)
    for step, ruleset in ROUTES.items():
        product.rulesets(SLUG).set_route(StoredRoute(CRM, step, ruleset, ORDERS), AUTHOR, product.clock())


def _publish(product: Product, draft: Draft) -> None:
    desk, now = product.author(SLUG), product.clock()
    checked = desk.check(draft)
    step = checked.ruleset.step if checked.ruleset else None
    saved = product.rulesets(SLUG).save(replace(draft, step=step), AUTHOR, now)
    published = desk.publish(saved, "as it ships", AUTHOR, now)
    if isinstance(published, NotPublished):
        raise Permanent(f"the ruleset `{draft.name}` that ships is broken: {'; '.join(published.reasons)}")
