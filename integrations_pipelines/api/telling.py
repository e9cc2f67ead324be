"""Delivers outgoing webhooks from the API's process, beside whatever else it does."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from sqlalchemy.exc import SQLAlchemyError

from integrations_pipelines.errors import IntegrationsError
from integrations_pipelines.hub import Hub
from integrations_pipelines.outbound import deliver_due

LOG = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0
_PAUSE_SECONDS = 5.0


@contextlib.asynccontextmanager
async def telling(hub: Hub) -> AsyncIterator[None]:
    """Deliver what is due, about once a second, while the block runs."""
    task = asyncio.create_task(_tell(hub))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _tell(hub: Hub) -> None:
    while True:
        try:
            tried = await asyncio.to_thread(deliver_due, hub)
            pause = 0.0 if tried else _LOOK_SECONDS
        except (SQLAlchemyError, IntegrationsError) as error:
            LOG.warning("outgoing webhooks wait: %s", type(error).__name__)
            pause = _PAUSE_SECONDS
        await asyncio.sleep(pause)
