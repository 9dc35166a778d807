"""The only file that puts the pieces together: from settings to a product that runs, from a folder to a desk."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from rules_engine import folders, pipeline
from rules_engine.authoring import Desk
from rules_engine.config import Settings
from rules_engine.connectors.order_book import OrderBook
from rules_engine.connectors.sample_crm import SampleCrm
from rules_engine.connectors.tryton import Tryton
from rules_engine.connectors.tryton_rpc import Rpc
from rules_engine.delivery.alone import only_worker
from rules_engine.delivery.receive import Received, receive
from rules_engine.delivery.schema_watch import Refreshed, Routed, SchemaWatch
from rules_engine.delivery.sweep import sweep
from rules_engine.delivery.webhooks import sign
from rules_engine.delivery.worker import Work, Worker
from rules_engine.durable_matcher import DurableMatcher
from rules_engine.folders import fixture_record, full_catalog, shared_catalog, systems
from rules_engine.formats.mapping_text import read_mapping
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.catalog import Catalog
from rules_engine.model.errors import NotFound, Permanent, Problem, Unreadable
from rules_engine.ports import Clock, CrmConnector, OrderConnector, Prover, Route, Workspace
from rules_engine.proof import SubprocessProver
from rules_engine.store.cursors import TableCursors
from rules_engine.store.inbox import TableInbox
from rules_engine.store.migrate import migrate
from rules_engine.store.rates import TableRates
from rules_engine.store.rulesets import Rulesets, StoredRoute
from rules_engine.store.runs import TableRuns
from rules_engine.store.schemas import TableSchemas
from rules_engine.store.secrets import Secrets, open_secrets
from rules_engine.store.session import open_engine, unbound_session, workspace_session
from rules_engine.store.tables import ConnectionRow, WorkspaceRow


def now() -> datetime:
    """The clock of everything that is not a test."""
    return datetime.now(UTC)


@cache
def file_desk(folder: Path | None = None) -> Desk:
    """Where rulesets in folders are checked, tested and proved; cases name files of this `folder`."""
    return replace(folders.file_desk(folder), prover=SubprocessProver())


def open_product(settings: Settings, clock: Clock = now) -> "Product":
    """The product on its database, which is brought to the newest migration first. Raises Permanent."""
    migrate(settings.database_url)
    return Product(
        settings, clock, open_engine(settings.database_url), open_secrets(settings.folder, settings.secret_keys)
    )


@dataclass(frozen=True)
class Product:
    """One running installation with its workspaces, each named by its slug."""

    settings: Settings
    clock: Clock
    engine: Engine
    secrets: Secrets
    matcher: DurableMatcher = field(default_factory=DurableMatcher)
    prover: Prover = field(default_factory=SubprocessProver)
    # Called when something may be due; each running worker has one here.
    wakers: list[Callable[[], None]] = field(default_factory=list)
    _workspaces: dict[str, WorkspaceRow] = field(default_factory=dict)
    _connectors: dict[tuple[str, str], SampleCrm | OrderBook | Tryton] = field(default_factory=dict)
    _routes: dict[tuple[int, str], Route] = field(default_factory=dict)
    _watches: dict[str, SchemaWatch] = field(default_factory=dict)

    # --- workspaces ------------------------------------------------------------------------------------------

    def slugs(self) -> list[str]:
        """In the order they were made; the pages open with the first."""
        with unbound_session(self.engine) as session:
            return list(session.scalars(select(WorkspaceRow.slug).order_by(WorkspaceRow.id)))

    def row(self, slug: str) -> WorkspaceRow:
        """Raises NotFound."""
        if slug not in self._workspaces:
            with unbound_session(self.engine) as session:
                found = session.scalar(select(WorkspaceRow).where(WorkspaceRow.slug == slug))
            if found is None:
                raise NotFound(f"there is no workspace `{slug}`")
            self._workspaces[slug] = found
        return self._workspaces[slug]

    def workspace(self, slug: str) -> Workspace:
        """The ports that the pipeline works with, as the workspace is set now."""
        self._workspaces.pop(slug, None)
        row = self.row(slug)
        inbox, runs = TableInbox(self.engine, row.id), TableRuns(self.engine, row.id, self.clock)
        connections, rates = Connected(self, slug), TableRates(self.engine, row.id)
        ports = (self.catalog(slug), self.clock, self.matcher, inbox, runs, connections, row.fiscal_start, rates.all)
        return Workspace(slug, row.zone, *ports, drifted=self.schema_watch(slug).drifted)

    def schema_watch(self, slug: str) -> SchemaWatch:
        """What the connections' schemas have otherwise than they had, and what of the workspace that breaks."""
        if slug not in self._watches:
            schemas = TableSchemas(self.engine, self.row(slug).id)
            self._watches[slug] = SchemaWatch(schemas, Connected(self, slug), self.clock, partial(self._routed, slug))
        return self._watches[slug]

    def _routed(self, slug: str) -> list[Routed]:
        stored = self.rulesets(slug).routes()
        return [Routed(each.ruleset, each.crm_connection, each.order_connection, self._read_route(slug, each))
                for each in stored]  # fmt: skip

    def _read_route(self, slug: str, stored: StoredRoute) -> Route | None:
        """None, too, for a version that can no longer be read: it is said where it should decide."""
        try:
            return self.route(slug, stored)
        except Unreadable:
            return None

    def refresh(self, slug: str, name: str, accept_by: str = "") -> Refreshed:
        """Ask a connection for its schema now; see `SchemaWatch.report`. Raises NotFound, Retryable, Permanent."""
        return self.schema_watch(slug).report(name, self.connector(slug, name), accept_by)

    def session(self, slug: str) -> Session:
        """A session that reads this workspace only."""
        return workspace_session(self.engine, self.row(slug).id, read_only=True)

    def rulesets(self, slug: str) -> Rulesets:
        return Rulesets(self.engine, self.row(slug).id)

    def catalog(self, slug: str) -> Catalog:
        """The shared types, every system's native ones, and the custom fields of this workspace's sample CRM."""
        self.row(slug)
        return full_catalog()

    def author(self, slug: str) -> Desk:
        drifted = self.schema_watch(slug).of_draft
        return Desk(self.catalog(slug), fixture_record, self.matcher, self.rulesets(slug), self.prover, drifted)

    # --- work ------------------------------------------------------------------------------------------------

    @contextmanager
    def working(self) -> Iterator[Worker]:
        """A worker in a thread of its own, until the end of the block. Raises Permanent where another one works."""
        with only_worker(self.engine) as alone:
            worker = Worker(lambda: [self.workspace(slug) for slug in self.slugs()], self.work, alone)
            self.wakers.append(worker.wake)
            worker.start()
            try:
                yield worker
            finally:
                self.wakers.remove(worker.wake)
                worker.stop()

    @property
    def work(self) -> Work:
        """What is done with what is due."""
        return Work(pipeline.on_event, pipeline.resume, pipeline.on_timer, self.sweep_all)

    def wake(self) -> None:
        """The worker looks at once."""
        for each in self.wakers:
            each()

    def sweep(self, slug: str, connection: str) -> int:
        """Ask a CRM what changed; how many changes were not known yet. Raises NotFound, Retryable, Permanent."""
        self.connection(slug, connection)
        return sweep(self.workspace(slug), connection, TableCursors(self.engine, self.row(slug).id))

    def sweep_all(self, workspace: Workspace) -> int:
        """Sweep every CRM of the workspace that is active."""
        crms = select(ConnectionRow.name).where(ConnectionRow.role.in_(("crm", "both")), ConnectionRow.active.is_(True))
        with self.session(workspace.name) as session:
            names = list(session.scalars(crms.order_by(ConnectionRow.id)))
        found, problems = 0, []
        for name in names:
            try:
                found += self.sweep(workspace.name, name)
            except Problem as problem:
                problems.append(problem)
        if problems:
            # One CRM that is down must not keep the others from being asked.
            raise problems[0]
        return found

    # --- connections -----------------------------------------------------------------------------------------

    def connect(
        self,
        slug: str,
        name: str,
        system: str,
        role: str,
        *,
        title: str = "",
        config: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> None:
        """Add a connection, or change the one of this name. `secrets` are encrypted and never shown again."""
        if system not in systems():
            raise NotFound(f"there is no system `{system}`; there are {', '.join(f'`{each}`' for each in systems())}")
        with workspace_session(self.engine, self.row(slug).id) as session, session.begin():
            row = session.scalar(select(ConnectionRow).where(ConnectionRow.name == name))
            if row is None:
                row = ConnectionRow(name=name, created_at=self.clock())
                session.add(row)
            row.system, row.role, row.title = system, role, title or name
            row.config, row.secrets = dict(config or {}), self.secrets.encrypt(secrets or {})
        self._connectors.pop((slug, name), None)

    def connection(self, slug: str, name: str) -> ConnectionRow:
        """Raises NotFound."""
        with self.session(slug) as session:
            found = session.scalar(select(ConnectionRow).where(ConnectionRow.name == name))
        if found is None:
            raise NotFound(f"the workspace `{slug}` has no connection `{name}`")
        return found

    def connector(self, slug: str, name: str) -> SampleCrm | OrderBook | Tryton:
        """The connector of a connection; made once, as it may hold a session with the other system."""
        if (slug, name) not in self._connectors:
            self._connectors[slug, name] = self._make(slug, self.connection(slug, name))
        return self._connectors[slug, name]

    def _make(self, slug: str, row: ConnectionRow) -> SampleCrm | OrderBook | Tryton:
        match row.system:
            case "sample_crm":
                return self.sample_crm(slug)
            case "order_book":
                return self.order_book(slug)
            case "tryton":
                config, secrets = row.config, self.secrets.decrypt(row.secrets)
                lacking = [each for each in ("url", "database", "user") if not config.get(each)]
                if lacking or "password" not in secrets:
                    raise Permanent(f"the connection `{row.name}` lacks {', '.join([*lacking, 'password'])}")
                rpc = Rpc(
                    config["url"],
                    config["database"],
                    config["user"],
                    secrets["password"],
                    allow_internal=self.settings.allow_internal,
                )
                return Tryton(rpc, systems()["tryton"])
            case other:
                raise Permanent(f"the connection `{row.name}` is of the system `{other}`, which is not built in")

    def sample_crm(self, slug: str) -> SampleCrm:
        """The sample CRM of the workspace, whatever its connection is called."""
        workspace = self.row(slug)
        return SampleCrm(self.engine, workspace.id, self.clock, shared_catalog(), workspace.zone)

    def order_book(self, slug: str) -> OrderBook:
        return OrderBook(self.engine, self.row(slug).id, shared_catalog())

    # --- webhooks --------------------------------------------------------------------------------------------

    def receive(self, slug: str, connection: str, headers: Mapping[str, str], body: bytes) -> Received:
        """Take a webhook's raw bytes in. Raises NotFound where there is no such workspace or connection."""
        row = self.connection(slug, connection)
        secrets = self._webhook_secrets(row)
        source = f"/workspaces/{slug}/connections/{connection}"
        subject = str(row.config.get("subject", "data.id"))
        inbox = TableInbox(self.engine, self.row(slug).id)
        received = receive(inbox, connection, source, headers, body, secrets, self.clock(), subject)
        if received.status == 202:
            self.wake()
        return received

    def sign(self, slug: str, connection: str, message: str, body: bytes) -> Mapping[str, str]:
        """The headers that the connection's own system would send with this body; `message` is its id."""
        return sign(message, self.clock(), body, self._webhook_secrets(self.connection(slug, connection))[:1])

    def _webhook_secrets(self, row: ConnectionRow) -> list[str]:
        """One, or while it is being changed several, separated by white space in the secret `webhook`."""
        return self.secrets.decrypt(row.secrets).get("webhook", "").split()

    # --- routes ----------------------------------------------------------------------------------------------

    def route(self, slug: str, stored: StoredRoute) -> Route | None:
        """The route with its newest published version, read once; None while nothing is published."""
        version = self.rulesets(slug).current(stored.ruleset)
        if version is None:
            return None
        orders = self.connector(slug, stored.order_connection)
        if isinstance(orders, SampleCrm):
            raise Permanent(f"`{stored.order_connection}` is a CRM and takes no orders")
        known = self._routes.get((version.id, stored.order_connection))
        if known is None or known.orders is not orders:
            ruleset = read_ruleset(version.ruleset_text, self.catalog(slug), "ruleset.yaml")
            mapping = read_mapping(version.mapping_text, self.catalog(slug), "mapping.yaml")
            number, order_connection = version.number, stored.order_connection
            known = Route(stored.step, ruleset, mapping, number, version.id, order_connection, orders)
            self._routes[version.id, stored.order_connection] = known
        return known


@dataclass(frozen=True)
class Connected:
    """The port `Connections` of one workspace."""

    product: Product
    slug: str

    def crm(self, name: str) -> CrmConnector:
        found = self.product.connector(self.slug, name)
        if isinstance(found, OrderBook):
            raise Permanent(f"`{name}` is an order system and has no opportunities")
        return found

    def orders(self, name: str) -> OrderConnector:
        found = self.product.connector(self.slug, name)
        if isinstance(found, SampleCrm):
            raise Permanent(f"`{name}` is a CRM and takes no orders")
        return found

    def routes(self, crm_connection: str) -> Sequence[Route]:
        stored = self.product.rulesets(self.slug).routes(crm_connection)
        return [route for each in stored if (route := self.product.route(self.slug, each))]
