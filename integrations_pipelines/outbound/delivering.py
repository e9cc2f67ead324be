"""Delivers what is due: signed, within seconds, again after pauses, until it is taken or given up."""

import binascii
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import orjson
from requests import RequestException, Session

from integrations_pipelines.egress import guarded_session
from integrations_pipelines.errors import IntegrationsError
from integrations_pipelines.hub import Hub
from integrations_pipelines.outbound.signing import headers_of
from integrations_pipelines.outbound.subscribing import live_secrets
from integrations_pipelines.registry import feed
from integrations_pipelines.registry.feed import Claimed

# Pauses after each failure, as Standard Webhooks proposes them: about three days in all.
PAUSES = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
_AT_ONCE = 32
_TIMEOUT = (5.0, 15.0)  # seconds to connect, and of silence


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """What came of a delivery; ``error`` is None where it was taken."""

    status: int | None
    error: str | None


def deliver_due(hub: Hub) -> int:
    """Make messages of what changed, and deliver those that are due; return how many were tried.

    Any number of processes may do so at once. A process that dies gives its messages back within a minute.
    """
    with hub.engine.begin() as connection:
        feed.make_deliveries(connection)
    with hub.engine.begin() as connection:
        claimed = feed.claim(connection, _AT_ONCE)
    if not claimed:
        return 0
    secrets = live_secrets(hub, [one.subscription for one in claimed])
    by_endpoint: dict[str, list[Claimed]] = {}
    for one in claimed:
        by_endpoint.setdefault(str(one.subscription), []).append(one)

    def send(messages: list[Claimed]) -> None:
        with guarded_session() as session:
            for message in messages:
                _settle(hub, message, _send(session, message, secrets[message.subscription]))

    # Endpoints beside one another, so that a slow one keeps nobody waiting; one endpoint's messages in their order.
    with ThreadPoolExecutor(max_workers=min(8, len(by_endpoint))) as beside:
        list(beside.map(send, by_endpoint.values()))
    return len(claimed)


def body_of(message: Claimed) -> bytes:
    """Return what is sent: the type, when the message was made, and the changes in order."""
    said = {
        "type": message.kind,
        "timestamp": message.created_at.isoformat(),
        "data": {"changes": message.changes},
    }
    return orjson.dumps(said)


def _send(session: Session, message: Claimed, secrets: Sequence[str]) -> _Answer:
    if not secrets:
        return _Answer(status=None, error="its signing secret is missing or does not open")
    body = body_of(message)
    try:
        signed = headers_of(secrets, f"msg_{message.uuid}", int(time.time()), body)
        status = _post(session, message.url, body, signed)
    except IntegrationsError as error:
        return _Answer(status=None, error=str(error))
    except RequestException as error:
        return _Answer(status=None, error=type(error).__name__)
    except binascii.Error:
        return _Answer(status=None, error="its signing secret is no base64")
    return _Answer(status=status, error=None if 200 <= status < 300 else f"HTTP {status}")


def _post(session: Session, url: str, body: bytes, signed: dict[str, str]) -> int:
    """Return the status of the answer; redirects are not followed, and of the answer's body nothing is read."""
    headers = {**signed, "content-type": "application/json"}
    with session.post(
        url, data=body, headers=headers, timeout=_TIMEOUT, allow_redirects=False, stream=True
    ) as answer:
        return answer.status_code


def _settle(hub: Hub, message: Claimed, answer: _Answer) -> None:
    with hub.engine.begin() as connection:
        if answer.error is None and answer.status is not None:
            feed.note_delivered(connection, message, answer.status)
            return
        is_last = message.attempts > len(PAUSES) or answer.status == 410
        pause = None if is_last else PAUSES[message.attempts - 1]
        feed.note_failed(
            connection, message, answered=answer.status, error=answer.error or "no answer", pause=pause
        )
