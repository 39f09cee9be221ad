"""The composition root: starts the parts in order, hands them to each other, stops them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from consolidation.extract.llm import LlmExtractor
from consolidation.extract.protocol import Extractor
from consolidation.extract.sentences import SentenceExtractor
from consolidation.services import Services as JobServices
from consolidation.services import Work, Workshop
from llm_backend.batching import BatchingEmbedder
from llm_backend.chat import ChatModel
from llm_backend.factory import chat_from, cross_encoder_from, embedder_from, proxy_from, shelf_from
from llm_backend.training.process import ProcessTrainer
from memory_service.auth import Authenticator
from memory_service.charging import Desk
from memory_service.gateway.adapting import Adapting
from memory_service.gateway.catalogue import Catalogue
from memory_service.gateway.chat import Gateway, Server
from memory_service.settings import Settings
from memory_service.telemetry import logger
from memory_service.timing import Stopwatch
from memory_service.usage import UsageNotes
from memory_service.verbs.keys import ensure_admin
from memory_service.verbs.services import Services
from retrieval.recall import Recaller
from retrieval.understanding import language
from stores import upgrade
from stores.artifacts import Artifacts
from stores.database import Database
from stores.embedded import EmbeddedServer
from stores.errors import SetupError, StoreUnavailable
from stores.ids import now
from stores.pads import Pads
from stores.upgrade import ModelRow

_OWNER, _SERVICE, _DATABASE = "memory_owner", "memory_service", "memory"
#: How long `serve` waits for a database that does not answer yet.
_PATIENCE_S = 30.0
#: Seconds between looks at whether the embedded server is still there.
_LOOK_S = 1.0


class Store:
    """The database, wherever it is: joined or started, migrated if it is ours, checked."""

    def __init__(self, settings: Settings, models: list[ModelRow]) -> None:
        self._settings = settings.stores
        self._models = models
        external = self._settings.url is not None
        self._server = None if external else EmbeddedServer(self._settings)
        self._started = False
        self.database: Database | None = None

    async def open(self) -> Database:
        """Ready to use; raises SetupError or StoreUnavailable with one clear line."""
        url = await asyncio.to_thread(self._service_url)
        database = Database(url, self._settings)
        self.database = database
        await database.check(upgrade.latest_revision())
        return database

    def migrate(self) -> None:
        """Bring the schema up to this release (blocking); needs the owner's URL or embedded."""
        service, owner = self._urls()
        if owner is None:
            raise SetupError("to migrate an external database, set MEMORY_DATABASE_OWNER_URL")
        upgrade.upgrade(owner, service, self._models, now())

    async def close(self) -> None:
        """Close the pool and leave the embedded server."""
        if self.database is not None:
            await self.database.close()
            self.database = None
        if self._server is not None:
            await asyncio.to_thread(self._server.stop)

    async def keep_alive(self) -> None:
        """Start the embedded server again whenever it dies, until cancelled."""
        while self._server is not None:
            await asyncio.sleep(_LOOK_S)
            try:
                if await asyncio.to_thread(self._server.revive):
                    logger().warning("database-started-again")
            except SetupError as error:
                logger().error("database-lost", detail=str(error))

    def _service_url(self) -> str:
        service, owner = self._urls()
        if self._settings.url is None and owner is not None:
            upgrade.upgrade(owner, service, self._models, now())
        return service

    def _urls(self) -> tuple[str, str | None]:
        """The URLs of the service role and, if known, the owner role."""
        settings = self._settings
        if settings.url is not None:
            owner = settings.owner_url.get_secret_value() if settings.owner_url else None
            return settings.url.get_secret_value(), owner
        assert self._server is not None  # noqa: S101
        if not self._started:
            self._server.start()
            self._started = True
            superuser = self._server.url("postgres", "postgres")
            upgrade.bootstrap(superuser, owner=_OWNER, service=_SERVICE, database=_DATABASE)
        return self._server.url(_SERVICE, _DATABASE), self._server.url(_OWNER, _DATABASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What there is once the service has started."""

    settings: Settings
    services: Services
    jobs: JobServices
    gateway: Gateway
    authenticator: Authenticator


class Wiring:
    """Everything one process runs, from settings alone."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.embedder: BatchingEmbedder = embedder_from(settings.embedding)
        #: Not started here: only a process that recalls needs it.
        self.cross_encoder = cross_encoder_from(
            settings.cross_encoder, threads=settings.embedding.threads
        )
        self.chat = chat_from(settings.chat)
        home = settings.stores.data_dir
        self.artifacts = Artifacts(home / "artifacts")
        self.pads = Pads(home / "pads")
        self.shelf = shelf_from(settings.chat, blanks=home / "blanks")
        #: Open from the start on, where there is a chat model.
        self.desk: Desk | None = None
        model = self.embedder.model
        self.store = Store(settings, [ModelRow(name=model.name, dimensions=model.dimensions)])
        self.parts: Parts | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> Parts:
        """Open the database and begin to load the model; the model may take a while longer."""
        database = await self._open()
        self._keeping = asyncio.create_task(self.store.keep_alive(), name="keep-alive")
        # Half a second of work, which no question is to wait for, and no start either.
        self._reading = asyncio.create_task(asyncio.to_thread(language.load), name="language")
        self.embedder.start()
        charged = self._open_desk(database)
        recaller = Recaller(
            database, self.embedder, now, cross_encoder=self.cross_encoder,
            chat=self.desk.for_recall if self.desk else None,
        )  # fmt: skip
        usage = UsageNotes(database, now)
        usage.start()
        stopwatch = Stopwatch(database, now)
        stopwatch.start()
        services = Services(
            database=database,
            embedder=self.embedder,
            recaller=recaller,
            usage=usage,
            stopwatch=stopwatch,
            clock=now,
            limits=self.settings.limits,
            strict_spaces=self.settings.strict_spaces,
            artifacts=self.artifacts,
            pads=self.pads,
            shelf=self.shelf,
            chat=self.desk.for_caller if self.desk else None,
            desk=self.desk,
            workshop=self._workshop(),
        )
        jobs = JobServices(
            database=database, embedder=self.embedder, extractor=self._extractor(), clock=now,
            artifacts=self.artifacts, pads=self.pads, shelf=self.shelf,
            chat=self.chat, charged=charged, workshop=services.workshop,
        )  # fmt: skip
        self.parts = Parts(
            settings=self.settings,
            services=services,
            jobs=jobs,
            gateway=Gateway(services, self._chat_server(database)),
            authenticator=Authenticator(database, now),
        )
        return self.parts

    def _open_desk(self, database: Database) -> Callable[[Work, str], ChatModel] | None:
        """Where there is a chat model, how jobs are to use it."""
        if self.chat is None:
            return None
        self.desk = Desk(self.chat, database, now, self.settings.chat.concurrency)
        self.desk.start()
        return self.desk.for_job

    def _chat_server(self, database: Database) -> Server | None:
        """What the gateway passes requests on to."""
        chat = self.settings.chat
        proxy = proxy_from(chat)
        if proxy is None or chat.model is None or self.desk is None or self.shelf is None:
            return None
        adapting = Adapting(database, proxy, self.shelf, self.artifacts, base=chat.model)
        catalogue = Catalogue(proxy, chat.model, salted=chat.cache_salt)
        return Server(proxy=proxy, catalogue=catalogue, desk=self.desk, adapting=adapting)

    def _workshop(self) -> Workshop | None:
        """Where adapters are trained; None without a base model."""
        training, home = self.settings.training, self.settings.stores.data_dir
        if training.base_model is None:
            return None
        return Workshop(
            trainer=ProcessTrainer(), artifacts=self.artifacts,
            folder=home / "training", base_model=training.base_model, device=training.device,
            threads=training.threads,
        )  # fmt: skip

    def _extractor(self) -> Extractor:
        """By rules; where there is a chat model, by that, and by rules while it is away."""
        rules = SentenceExtractor()
        if self.chat is None:
            return rules
        return LlmExtractor(self.chat, rules, max_tokens=self.settings.chat.max_tokens)

    async def ensure_admin(self) -> Path | None:
        """Make the first admin key; returns the file it was written to, if one was made now."""
        assert self.parts is not None  # noqa: S101
        given = self.settings.admin_key
        key = await ensure_admin(
            self.parts.services.database, now, given.get_secret_value() if given else None
        )
        if key is None:
            return None
        path = self.settings.stores.data_dir / "admin-key"
        await asyncio.to_thread(_write_secret, path, key)
        return path

    async def close(self) -> None:
        """Stop everything, the database last."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        if self._reading is not None:
            await asyncio.gather(self._reading, return_exceptions=True)
        if self.parts is not None:
            await self.parts.gateway.close()
            await self.parts.services.usage.stop()
            await self.parts.services.stopwatch.stop()
        if self.cross_encoder is not None:
            await self.cross_encoder.close()
        if self.desk is not None:
            await self.desk.stop()
        if self.shelf is not None:
            await self.shelf.close()
        if self.chat is not None:
            await self.chat.close()
        await self.embedder.close()
        await self.store.close()
        self.parts = None

    async def _open(self) -> Database:
        """Open the database, waiting a while for one that does not answer yet."""
        waited, pause = 0.0, 0.5
        while True:
            try:
                return await self.store.open()
            except SetupError:
                raise
            except StoreUnavailable as error:
                if waited >= _PATIENCE_S:
                    raise
                logger().warning("database-not-answering", detail=str(error))
            await asyncio.sleep(pause)
            waited, pause = waited + pause, min(pause * 2, 5.0)


def _write_secret(path: Path, secret: str) -> None:
    """A file only its owner can read, from the first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(secret + "\n")
