"""What the pages ask of the product; the composition root gives it to `create_app`."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy.orm import Session

from rules_engine.authoring import Desk
from rules_engine.config import Settings
from rules_engine.connectors.order_book import OrderBook
from rules_engine.connectors.sample_crm import SampleCrm
from rules_engine.model.catalog import Catalog
from rules_engine.ports import Workspace
from rules_engine.store.rulesets import Rulesets


class Received(Protocol):
    """The answer to a webhook: the HTTP status and the JSON body."""

    @property
    def status(self) -> int: ...

    @property
    def body(self) -> Mapping[str, object]: ...


class Product(Protocol):
    """One running installation with its workspaces, each named by its slug."""

    @property
    def settings(self) -> Settings: ...

    def slugs(self) -> Sequence[str]:
        """The first is the one that the pages open with."""
        ...

    def workspace(self, slug: str) -> Workspace: ...

    def session(self, slug: str) -> Session:
        """Of this workspace only; a context manager. The pages read with it and write nothing."""
        ...

    def rulesets(self, slug: str) -> Rulesets: ...

    def catalog(self, slug: str) -> Catalog:
        """The case catalog with custom fields, and the connected systems' native types."""
        ...

    def author(self, slug: str) -> Desk: ...

    def receive(self, slug: str, connection: str, headers: Mapping[str, str], body: bytes) -> Received:
        """Raises NotFound where there is no such connection."""
        ...

    def sign(self, slug: str, connection: str, message: str, body: bytes) -> Mapping[str, str]:
        """The headers that the connection's own system would send with this body."""
        ...

    def sample_crm(self, slug: str) -> SampleCrm: ...

    def order_book(self, slug: str) -> OrderBook: ...

    def wake(self) -> None:
        """The worker looks at once."""
        ...
