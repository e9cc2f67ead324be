"""Webhooks: durable requests a second against pgbench's commits on the same server, and received to mapped by Dagster.

    python -m integrations_pipelines_tests.benchmarks.webhooks [--quick]

Goals: 0.75 of pgbench's commit rate or more at 32 clients, 11.6 kB a body; at most 200 us of processor time an event in
receiver and database; p99 at half the top rate at most 25 ms; mapped after 2.5 s (p50) and 3 s (p95) over 30 events.
Figures: ``.state/bench/webhooks.json``. Processor time is the receiver's and all of PostgreSQL's;
``pgbench_database_us`` is what the same row costs PostgreSQL when pgbench inserts it with a commit of its own. Each
measurement begins after a checkpoint: the rows of the one before are not written during it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import random
from statistics import median
from typing import Any, TypeVar

import httpx
import psycopg
import uvloop

from integrations_pipelines import local
from integrations_pipelines.hub import open_hub
from integrations_pipelines.local import embedded_database, free_port
from integrations_pipelines.local.cluster import wheel_binaries
from integrations_pipelines.registry import migrate, urls
from integrations_pipelines.registry.packing import pack
from integrations_pipelines.registry.sources import Source
from integrations_pipelines.settings import Settings, read_settings
from integrations_pipelines_tests.benchmarks._webhooks.events import event
from integrations_pipelines_tests.benchmarks._webhooks.processes import processor_seconds, tree
from integrations_pipelines_tests.benchmarks._webhooks.senders import Burst, request
from integrations_pipelines_tests.databases import short_folder
from integrations_pipelines_tests.integration.inbox.house import (
    SECRET,
    add_account,
    member_changed,
    slack,
    start_serving,
)

Measured = TypeVar("Measured")
CLIENTS = 32
RESULT = Path(".state/bench/webhooks.json")
_INSERT = """insert into integrations.webhook_event
 (source_system_id, delivery_key, signed_hash, headers, body, unpacked_size)
 values (999999, gen_random_uuid()::text, sha256(gen_random_uuid()::text::bytea),
  '{{"x-github-event": "issues"}}', '\\x{body}', {size});
"""


def pgbench(url: str, seconds: int, *, packed: bool = False) -> float:
    """Return how many commits a second pgbench reaches with the same row, one insert a commit.

    Its body as it came, 11.6 kB; or ``packed``, as the receiver stores it.
    """
    body, size = pack(event(0)) if packed else (event(0), None)
    settle(url)
    binary = next(path for path in wheel_binaries().rglob("pgbench") if path.is_file())
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_INSERT.format(body=body.hex(), size=size or "null"))
        script.flush()
        command = [binary, "-n", "-M", "prepared", "-c", CLIENTS, "-j", 2, "-T", seconds, "-f", script.name]
        answer = subprocess.run(
            [*map(str, command), urls.for_psycopg(url)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "LD_LIBRARY_PATH": str(binary.parents[1] / "lib")},
        )
    line = next(line for line in answer.stdout.splitlines() if line.startswith("tps"))
    return float(line.split()[2])


def settle(url: str) -> None:
    """Let the server write what it holds, and the system too."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("checkpoint")
    os.sync()


_started = 0


def senders(port: int, source: Source, *, seconds: float, rate: float = 0) -> dict[str, Any]:
    """Return what came of sending to the receiver."""
    global _started
    _started += 10_000_000
    words = [port, f"/webhooks/{source.uuid}", CLIENTS, seconds, rate, _started]
    module = "integrations_pipelines_tests.benchmarks._webhooks.senders"
    answer = subprocess.run(
        [sys.executable, "-m", module, *map(str, words)], capture_output=True, text=True, check=True
    )
    figures: dict[str, Any] = json.loads(answer.stdout)
    return figures


def receiving(seconds: int) -> dict[str, Any]:
    """Return the figures of the receiver alone, beside pgbench on the same server."""
    with short_folder() as folder, embedded_database(folder / "postgres", durable=True) as url:
        migrate.upgrade(url)
        settings, port = read_settings(database_url=url, state_dir=folder), free_port()
        with open_hub(settings, url) as hub:
            source = add_account(hub, secret=SECRET)
        receiver = start_serving(settings, url, port)
        postmaster = int((folder / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        try:
            pids = (receiver.pid, postmaster)
            senders(port, source, seconds=2)
            commits, (_, floor) = measured(pids, lambda: pgbench(url, seconds))
            settle(url)
            top, used = measured(pids, lambda: senders(port, source, seconds=seconds))
            again = pgbench(url, seconds)
            beside = pgbench(url, seconds, packed=True)
            settle(url)
            half = senders(port, source, seconds=seconds, rate=rate_of(top) / 2)
            stored = _count(url, source)
        finally:
            receiver.terminate()
            receiver.wait()
    rate = rate_of(top)
    return {
        "pgbench_commits_per_second": [round(commits), round(again)],
        "requests_per_second": round(rate),
        "of_pgbench": round(rate / median([commits, again]), 3),
        "of_pgbench_with_a_packed_body": round(rate / beside, 3),
        "top": top,
        "at_half": half,
        "receiver_us": round(used[0] / top["sent"] * 1e6),
        "database_us": round(used[1] / top["sent"] * 1e6),
        "pgbench_database_us": round(floor / (commits * seconds) * 1e6),
        "stored": stored,
    }


def measured(pids: tuple[int, int], work: Callable[[], Measured]) -> tuple[Measured, tuple[float, float]]:
    """Return what ``work`` returns, and the processor seconds that receiver and database used meanwhile."""
    receiver, postmaster = pids
    before = processor_seconds([receiver]), processor_seconds(tree(postmaster))
    done = work()
    after = processor_seconds([receiver]), processor_seconds(tree(postmaster))
    return done, (after[0] - before[0], after[1] - before[1])


def rate_of(figures: Mapping[str, Any]) -> float:
    """Return the deliveries a second."""
    return float(figures["sent"] / figures["seconds"])


def _count(url: str, source: Source) -> int:
    with psycopg.connect(url) as connection:
        query = "select count(*) from integrations.webhook_event where source_system_id = %s"
        return int((connection.execute(query, [source.id]).fetchone() or [0])[0])


def mapping(events: int, burst: int) -> dict[str, Any]:
    """Return how long events take from the request to the record map, one by one and in a burst, through Dagster."""
    ports = {"dagster_port": free_port(), "api_port": free_port()}
    with short_folder() as folder:
        settings = read_settings(state_dir=folder).model_copy(update=ports)
        with local.whole_house(settings) as (url, _), open_hub(settings, url) as hub:
            source = add_account(hub, "slack")
            with (
                httpx.Client(trust_env=False, timeout=60) as client,
                psycopg.connect(url, autocommit=True) as watch,
            ):
                single = [_mapped_after(settings, client, watch, source, n) for n in range(events + 1)][1:]
                more = _burst(settings, watch, source, burst)
    ordered = sorted(single)
    return {
        "events": events,
        "p50_s": round(median(ordered), 2),
        "p95_s": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 2),
        **more,
    }


def _deliver(settings: Settings, client: httpx.Client, source: Source, number: int) -> None:
    body = member_changed(number, 1_000_000 + number)
    address = f"http://127.0.0.1:{settings.api_port}/webhooks/{source.uuid}"
    answer = client.post(address, content=body, headers=slack(body))
    assert answer.status_code == 202, answer.status_code


def _mapped_after(
    settings: Settings, client: httpx.Client, watch: "psycopg.Connection[Any]", source: Source, number: int
) -> float:
    time.sleep(0.3 + 5 * random())
    began = time.perf_counter()
    _deliver(settings, client, source, number)
    _wait_for(watch, number + 1)
    return time.perf_counter() - began


def _wait_for(watch: "psycopg.Connection[Any]", many: int) -> None:
    query = "select count(*) from integrations.record_map where target_uuid is not null"
    deadline = time.monotonic() + 600
    while (watch.execute(query).fetchone() or (0,))[0] < many:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{many} records are not mapped after 600 s")
        time.sleep(0.02)


def _burst(settings: Settings, watch: "psycopg.Connection[Any]", source: Source, many: int) -> dict[str, Any]:
    jobs = "select count(*) from integrations.import_job where job_type = 'webhook'"
    before = (watch.execute(jobs).fetchone() or (0,))[0]
    there = (watch.execute("select count(*) from integrations.record_map").fetchone() or (0,))[0]
    bodies = [member_changed(number, 1_000_000 + number) for number in range(there, there + many)]
    requests = [request(f"/webhooks/{source.uuid}", slack(body), body) for body in bodies]
    began = time.perf_counter()
    uvloop.run(_burst_of(settings.api_port, requests))
    delivered = time.perf_counter() - began
    _wait_for(watch, there + many)
    took = time.perf_counter() - began
    after = (watch.execute(jobs).fetchone() or (0,))[0]
    return {
        "burst_events": many,
        "burst_delivered_s": round(delivered, 1),
        "burst_mapped_s": round(took, 1),
        "burst_runs": after - before,
    }


async def _burst_of(port: int, requests: Sequence[Sequence[bytes]]) -> None:
    await Burst(requests).run(port, CLIENTS)


def main() -> None:
    """Measure, print, and keep the figures."""
    quick = "--quick" in sys.argv
    figures = {"receiver": receiving(2 if quick else 10)}
    figures["dagster"] = mapping(*((2, 300) if quick else (30, 10_000)))
    receiver, dagster = figures["receiver"], figures["dagster"]
    goals = {
        "0.75 of pgbench": receiver["of_pgbench"] >= 0.75,
        "200 us an event": receiver["receiver_us"] + receiver["database_us"] <= 200,
        "p99 25 ms at half": receiver["at_half"]["p99_ms"] <= 25,
        "mapped p50 2.5 s": dagster["p50_s"] <= 2.5,
        "mapped p95 3 s": dagster["p95_s"] <= 3.0,
    }
    figures["goals"] = goals
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
