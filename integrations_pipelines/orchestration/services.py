"""Runs on the services of `integrations up`: whether they are there, a run into their queue, and its end."""

import fcntl
import time
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import httpx

from integrations_pipelines.errors import UsageError
from integrations_pipelines.local import ServiceEnded
from integrations_pipelines.orchestration.following import LOOK_SECONDS, Follower
from integrations_pipelines.orchestration.outcome import OnProgress, RunOutcome
from integrations_pipelines.settings import Settings
from integrations_pipelines.vault import scrub

LOCATION = {"repositoryLocationName": "integrations_pipelines", "repositoryName": "__repository__"}
_LAUNCH = """
mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename
  ... on LaunchRunSuccess { run { runId } }
  ... on Error { message }
  ... on RunConfigValidationInvalid { errors { message } }
} }
"""
_KNOWS = """
query ($params: PipelineSelector!) { pipelineOrError(params: $params) { __typename } }
"""
_LOOK_AT_SERVICES_SECONDS = 5.0


class UnknownJob(UsageError):
    """The running services were started before there was such a connector."""


def is_up(settings: Settings) -> bool:
    """Say whether `integrations up` runs on this state folder and its webserver answers."""
    lock = settings.state_dir / "up.lock"
    if not lock.exists():
        return False
    with lock.open() as held:
        try:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _answers(settings)
    return False


def submit(
    settings: Settings,
    job: str,
    keys: Sequence[dg.AssetKey],
    config: Mapping[str, Any],
    tags: Mapping[str, str],
) -> str:
    """Put a run of ``job``, cut down to ``keys`` if any, into the queue; return its id. Raises ``ServiceEnded``."""
    selection = {"assetSelection": [{"path": list(key.path)} for key in keys]} if keys else {}
    params = {
        "selector": {**LOCATION, "jobName": job, **selection},
        "runConfigData": config,
        "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
    }
    if not _knows(settings, job):
        raise UnknownJob(f"{job}: the running services do not know it yet")
    answer = _ask(settings, {"query": _LAUNCH, "variables": {"params": params}})
    launched = (answer.get("data") or {}).get("launchRun") or {}
    if launched.get("__typename") != "LaunchRunSuccess":
        raise UsageError(scrub(f"{job}: Dagster takes no such run: {_first_error(answer, launched)}"))
    return str(launched["run"]["runId"])


def _knows(settings: Settings, job: str) -> bool:
    """Say whether the services have ``job``: to launch one that they do not know, cut down to assets, is HTTP 500."""
    named = {**LOCATION, "pipelineName": job}
    answer = _ask(settings, {"query": _KNOWS, "variables": {"params": named}})
    found = (answer.get("data") or {}).get("pipelineOrError") or {}
    return bool(found.get("__typename") != "PipelineNotFoundError")


def wait_for_end(settings: Settings, follower: Follower, on_progress: OnProgress) -> RunOutcome:
    """Tell ``on_progress`` of the run until it has ended; return it. Raises ``ServiceEnded`` if the services end."""
    looked = time.monotonic()
    while not (outcome := follower.tell(on_progress)).is_finished:
        if time.monotonic() - looked > _LOOK_AT_SERVICES_SECONDS:
            looked = time.monotonic()
            if not is_up(settings):
                raise ServiceEnded(f"run {outcome.run_id}: `integrations up` has ended meanwhile")
        time.sleep(LOOK_SECONDS)
    return outcome


def _answers(settings: Settings) -> bool:
    try:
        return httpx.get(f"{_address(settings)}/server_info", timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False


def _ask(settings: Settings, question: Mapping[str, Any]) -> dict[str, Any]:
    try:
        answer = httpx.post(f"{_address(settings)}/graphql", json=question, timeout=60, trust_env=False)
        return dict(answer.raise_for_status().json())
    except (httpx.HTTPError, ValueError) as error:
        raise ServiceEnded(f"the Dagster webserver does not answer ({type(error).__name__})") from None


def _first_error(answer: Mapping[str, Any], launched: Mapping[str, Any]) -> str:
    found = [launched, *launched.get("errors", []), *(answer.get("errors") or [])]
    return next((str(one["message"]) for one in found if one.get("message")), "no reason given")


def _address(settings: Settings) -> str:
    return f"http://{settings.dagster_host}:{settings.dagster_port}"
