"""The pages over the sample workspace on a real database, and what a browser does with them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from rules_engine.bootstrap import Product
from rules_engine.delivery.worker import work_once
from rules_engine.sample_workspace import SLUG
from tests.builtin_systems import Watch
from tests.demo import new_demo
from web import create_app

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Browser:
    """Loads pages and sends the forms that are in them."""

    client: FlaskClient

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, f"{path}: {answer.status}"
        return answer.get_data(as_text=True)

    def post(self, path: str, form: dict[str, str], *, page: str = "/sample-crm/D-1001") -> TestResponse:
        """With the token of the forms on `page`."""
        token = TOKEN.search(self.get(page))
        assert token is not None, f"{page} has no form"
        return self.client.post(path, data={"csrf_token": token[1], **form})

    def act(self, action: str, deal: str = "D-1001") -> TestResponse:
        return self.post(f"/sample-crm/{deal}/act", {"action": action})


@pytest.fixture
def watch() -> Watch:
    return Watch(datetime(2026, 3, 3, 9, 0, tzinfo=UTC))


@pytest.fixture
def product(tmp_path: Path, watch: Watch) -> Iterator[Product]:
    made = new_demo(tmp_path, watch)
    yield made
    made.matcher.close()
    made.engine.dispose()


@pytest.fixture
def app(product: Product) -> Flask:
    return create_app(product)


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def work(product: Product) -> Callable[[], None]:
    """The worker's steps until nothing is due."""

    def all_that_is_due() -> None:
        while work_once(product.workspace(SLUG), product.work):
            pass

    return all_that_is_due
