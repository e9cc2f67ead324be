import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest

from integrations_pipelines.vault import SecretValue, cap_log_levels, install_redaction
from integrations_pipelines.vault.logs import RedactionFilter

CANARY = "canary-30cc7be81f"


class Opaque:
    """Something whose text shows a secret, as an event of a framework may."""

    def __repr__(self) -> str:
        return f"Opaque({CANARY})"


class JsonFormatter(logging.Formatter):
    """Writes every field of a record, as structured loggers do."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps({**vars(record), "text": super().format(record)}, default=str)


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    SecretValue(CANARY)
    stream, before = io.StringIO(), (logging.getLogRecordFactory(), sys.excepthook, logging.root.level)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.root.addHandler(handler)
    logging.root.setLevel(logging.DEBUG)
    install_redaction()
    yield stream
    logging.root.removeHandler(handler)
    logging.setLogRecordFactory(before[0])
    sys.excepthook = before[1]
    logging.root.setLevel(before[2])


def fail() -> None:
    raise ValueError(f"with {CANARY}")


LOGGER = logging.getLogger("integrations_pipelines.tests")


def test_no_way_of_logging_shows_a_secret(output: io.StringIO) -> None:
    LOGGER.info(CANARY)
    LOGGER.info("percent %s", CANARY)
    LOGGER.info("named %(a)s", {"a": CANARY})
    LOGGER.info("in a structure %s %r", {"a": [CANARY]}, (CANARY,))
    LOGGER.info("100%% of %s", CANARY)
    LOGGER.info(f"100% of {CANARY}")
    LOGGER.info("object", extra={"object": Opaque(), "list": [(CANARY,)]})
    LOGGER.info("extra", extra={"more": CANARY, "deeper": {"a": CANARY}})
    LOGGER.warning("too many %s", *(CANARY, CANARY))
    LOGGER.info("stack", stack_info=True)
    try:
        fail()
    except ValueError:
        LOGGER.exception("failed")
    assert output.getvalue().count("\n") == 11
    assert CANARY not in output.getvalue()


def test_a_record_without_a_secret_keeps_its_arguments_and_its_error(output: io.StringIO) -> None:
    record = LOGGER.makeRecord("x", logging.INFO, "f", 1, "took %d of %s", (3, "rows"), None)
    assert (record.msg, record.args) == ("took %d of %s", (3, "rows"))


def test_an_object_in_an_extra_field_stays_the_object(output: io.StringIO) -> None:
    event, seen = Opaque(), list[object]()
    handler = logging.Handler()
    handler.emit = lambda record: seen.append(vars(record)["event"])  # type: ignore[method-assign]
    LOGGER.addHandler(handler)
    LOGGER.info("framework", extra={"event": event})
    LOGGER.removeHandler(handler)
    assert seen == [event]


def test_arguments_keep_their_number_for_formatters_that_unpack_them(output: io.StringIO) -> None:
    arguments = ("127.0.0.1", "GET", f"/path?x={CANARY}", "1.1", 200)
    record = LOGGER.makeRecord(
        "uvicorn.access", logging.INFO, "f", 1, '%s - "%s %s HTTP/%s" %d', arguments, None
    )
    assert record.args == ("127.0.0.1", "GET", "/path?x=[redacted]", "1.1", 200)


def test_a_handler_added_later_is_covered(output: io.StringIO) -> None:
    later = io.StringIO()
    logger = logging.getLogger("integrations_pipelines.tests.later")
    logger.propagate = False
    logger.addHandler(logging.StreamHandler(later))
    logger.error("with %s", CANARY)
    assert later.getvalue() == "with [redacted]\n"


def test_installing_twice_filters_once(output: io.StringIO) -> None:
    install_redaction()
    filters = [
        f for handler in logging.root.handlers for f in handler.filters if isinstance(f, RedactionFilter)
    ]
    assert len(filters) == len(logging.root.handlers)


def test_a_chatty_library_cannot_write_debug_lines(
    output: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    logger = logging.getLogger("dlt")
    monkeypatch.setattr(logger, "propagate", True)  # a run of dlt's before, in this process, turns it off
    cap_log_levels()
    logger.setLevel(logging.DEBUG)
    logger.debug("Making GET request to x with params={'a': 'unknown-credential'}")
    logger.info("loaded")
    assert "unknown-credential" not in output.getvalue()
    assert "loaded" in output.getvalue()


UNCAUGHT = f"""
import threading
from integrations_pipelines.vault import SecretValue, install_redaction
install_redaction()
SecretValue("{CANARY}")
def fail():
    raise ValueError("with " + bytes.fromhex("{CANARY.encode().hex()}").decode())
thread = threading.Thread(target=fail)
thread.start()
thread.join()
fail()
"""


def test_an_error_that_ends_a_process_or_a_thread_shows_no_secret() -> None:
    ended = subprocess.run([sys.executable, "-c", UNCAUGHT], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.count("ValueError: with [redacted]") == 2
    assert CANARY not in ended.stderr + ended.stdout
