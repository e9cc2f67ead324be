"""The API as one ASGI application: webhooks by a way of their own, everything else by FastAPI."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from typing import Literal

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from integrations_pipelines.api import changes, consents
from integrations_pipelines.api.doors import Doors
from integrations_pipelines.api.problems import tell_problems
from integrations_pipelines.api.receiver import PREFIX, Receive, Receiver, Scope, Send
from integrations_pipelines.api.storing import Store
from integrations_pipelines.api.telling import telling
from integrations_pipelines.egress import HERE
from integrations_pipelines.errors import IntegrationsError
from integrations_pipelines.hub import Hub
from integrations_pipelines.registry.inbox import count_refusals
from integrations_pipelines.settings import Settings

LOG = logging.getLogger(__name__)
_COUNT_SECONDS = 1.0
Only = Literal["webhooks", "api"]
Lifespan = Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]


class Application:
    """What uvicorn runs. ``rest`` takes whatever is no webhook: routers are included there.

    ``only``: "webhooks" has nothing but the receiver and the two questions after its health, and needs no more than the
    role ``integrations_receiver``; "api" has all but the receiver.
    """

    def __init__(self, settings: Settings, hub: Hub, only: Only | None = None) -> None:
        self._hub, self._only = hub, only
        self.doors = Doors(hub)
        self.store = Store(hub.url)
        self.receiver = Receiver(self.doors, self.store, public_url=settings.public_url)
        self.rest = rest_application(hub, self._running, base_url=base_url_of(settings), only=only)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live through start and end."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX) and self._only != "api":
            await self.receiver(scope, receive, send)
        else:
            await self.rest(scope, receive, send)

    @contextlib.asynccontextmanager
    async def _running(self, _app: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            if self._only != "api":
                await stack.enter_async_context(self._receiving())
            if self._only != "webhooks":
                await stack.enter_async_context(telling(self._hub))
            yield

    @contextlib.asynccontextmanager
    async def _receiving(self) -> AsyncIterator[None]:
        await self.doors.start()
        self.store.start()
        counting = asyncio.create_task(self._count())
        try:
            yield
        finally:
            await self.store.stop()
            await self.doors.stop()
            counting.cancel()
            await asyncio.gather(counting, return_exceptions=True)
            await self._write_counts()

    async def _count(self) -> None:
        while True:
            await asyncio.sleep(_COUNT_SECONDS)
            await self._write_counts()

    async def _write_counts(self) -> None:
        counted = self.receiver.refused.copy()
        if not counted:
            return
        try:
            await asyncio.to_thread(_write_counts, self._hub, dict(counted))
            self.receiver.refused -= counted
        except (SQLAlchemyError, IntegrationsError) as error:
            LOG.warning("refusals wait for being counted: %s", type(error).__name__)


def base_url_of(settings: Settings) -> str | None:
    """Return where browsers reach the API, None where nobody has said so and it is not this machine's own."""
    if settings.public_url or settings.api_host not in HERE:
        return settings.public_url
    host = f"[{settings.api_host}]" if ":" in settings.api_host else settings.api_host
    return f"http://{host}:{settings.api_port}"


def rest_application(
    hub: Hub, lifespan: Lifespan | None = None, *, base_url: str | None = None, only: Only | None = None
) -> FastAPI:
    """Return what answers beside the webhooks: health, and the routers of other rooms.

    ``base_url`` is where browsers reach it, None where that is not known.
    """
    rest = FastAPI(title="Integrations Pipelines", lifespan=lifespan, docs_url=None, redoc_url=None)
    rest.state.hub, rest.state.base_url = hub, base_url
    tell_problems(rest)
    for one in (changes.router, consents.router) if only != "webhooks" else ():
        rest.include_router(one)

    @rest.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Say that the process is there."""
        return {"status": "ok"}

    @rest.get("/readyz")
    def readyz() -> JSONResponse:
        """Say whether the database answers too."""
        try:
            with hub.engine.connect() as connection:
                connection.execute(text("select 1"))
        except SQLAlchemyError:
            return JSONResponse({"status": "the database does not answer"}, 503, {"retry-after": "5"})
        return JSONResponse({"status": "ok"})

    return rest


def _write_counts(hub: Hub, counted: dict[tuple[int, str], int]) -> None:
    with hub.engine.begin() as connection:
        count_refusals(connection, counted)
