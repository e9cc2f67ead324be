"""Keeps secrets out of logging: every record is scrubbed when it is made, and again before a handler writes it."""

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

from integrations_pipelines.vault.redaction import scrub, scrubbed_traceback

CHATTY = (
    "dlt",
    "urllib3",
    "requests",
    "httpx",
    "httpcore",
    "botocore",
    "hvac",
    "psycopg",
    "sqlalchemy.engine",
)
"""Libraries whose DEBUG lines show requests whole, with parameters and headers (dlt: ``RESTClient._log_request``)."""

_DEEPEST = 8
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class RedactionFilter(logging.Filter):
    """Scrubs message, arguments, exception, stack and extra fields of a record; lets every record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Scrub ``record`` in place and return True."""
        scrub_record(record)
        return True


class ScrubbingFormatter(logging.Formatter):
    """Scrubs what another formatter gives: objects in extra fields get their text only there."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        """Return the inner formatter's line, scrubbed."""
        return scrub(self._inner.format(record))

    def __getattr__(self, name: str) -> Any:
        """Answer for what the inner formatter has beyond the standard."""
        if name == "_inner":
            raise AttributeError(name)
        return getattr(self._inner, name)


class NotBelowInfo(logging.Filter):
    """Drops DEBUG records whatever level the library sets for itself later (dlt does, at each pipeline)."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether ``record`` is INFO or above."""
        return record.levelno >= logging.INFO


def scrub_record(record: logging.LogRecord) -> None:
    """Take the secrets out of ``record``; one without any stays as it is, ``args`` included."""
    _scrub_message(record)
    _scrub_exception(record)
    if record.stack_info:
        record.stack_info = scrub(record.stack_info)
    for name in vars(record).keys() - _STANDARD:
        # Objects stay objects: Dagster's handlers read its events from here. The formatter scrubs their text.
        setattr(record, name, _scrubbed_inside(getattr(record, name)))


def install_redaction() -> None:
    """Scrub all logging of this process, present and future handlers alike, and tracebacks printed at its end.

    To be called at the start of every process, and again where a framework may have put handlers of its own.
    """
    _wrap_record_factory()
    for handler in _all_handlers():
        if not any(isinstance(present, RedactionFilter) for present in handler.filters):
            handler.addFilter(RedactionFilter())
        if handler.formatter is not None and not isinstance(handler.formatter, ScrubbingFormatter):
            handler.setFormatter(ScrubbingFormatter(handler.formatter))
    sys.excepthook = _excepthook
    threading.excepthook = _thread_excepthook
    cap_log_levels()


def cap_log_levels() -> None:
    """Keep the DEBUG lines of ``CHATTY`` libraries from being written, also where they set their own level later."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in CHATTY]
    for name in {*CHATTY, *names}:
        logger = logging.getLogger(name)
        if not any(isinstance(present, NotBelowInfo) for present in logger.filters):
            logger.addFilter(NotBelowInfo())


def _scrub_message(record: logging.LogRecord) -> None:
    try:
        message = record.getMessage()
    except Exception:  # noqa: BLE001 - a record whose arguments do not fit; logging would print them to stderr
        record.msg, record.args = scrub(f"{record.msg!r} with arguments that do not fit"), ()
        return
    if scrub(message) == message:
        return
    if isinstance(record.args, tuple):
        # Some formatters take the arguments one by one (uvicorn's access log).
        record.args = tuple(_scrubbed_value(value) for value in record.args)
        record.msg = scrub(str(record.msg)) if "%" not in str(record.msg) else record.msg
    if not isinstance(record.args, tuple) or scrub(record.getMessage()) != record.getMessage():
        record.msg, record.args = scrub(message), ()


def _scrubbed_value(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = value if isinstance(value, str) else repr(value)
    clean = scrub(text)
    return value if clean == text else clean


def _scrubbed_inside(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if depth > _DEEPEST or type(value) not in (dict, list, tuple):
        return value
    if isinstance(value, dict):
        return {key: _scrubbed_inside(item, depth + 1) for key, item in value.items()}
    return type(value)(_scrubbed_inside(item, depth + 1) for item in value)


def _scrub_exception(record: logging.LogRecord) -> None:
    if record.exc_text:
        record.exc_text = scrub(record.exc_text)
    if record.exc_info and record.exc_info[1] is not None:
        shown = "".join(traceback.format_exception(record.exc_info[1]))
        if (clean := scrub(shown)) != shown:
            # Formatters take the cached text; a handler that would print the exception itself finds none.
            record.exc_text, record.exc_info = clean, None


def _wrap_record_factory() -> None:
    inner = logging.getLogRecordFactory()
    if getattr(inner, "scrubs_secrets", False):
        return

    def scrubbing(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = inner(*args, **kwargs)
        scrub_record(record)
        return record

    scrubbing.scrubs_secrets = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(scrubbing)


def _all_handlers() -> list[logging.Handler]:
    loggers = [logging.root, *(logging.getLogger(name) for name in list(logging.root.manager.loggerDict))]
    return [
        *(handler for logger in loggers for handler in logger.handlers),
        *filter(None, [logging.lastResort]),
    ]


def _excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    sys.stderr.write(scrubbed_traceback(error))


def _thread_excepthook(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None and not issubclass(arguments.exc_type, SystemExit):
        sys.stderr.write(scrubbed_traceback(arguments.exc_value))
