"""dlt, told everything in code: no settings from files or environment, no telemetry, no signals, no state of its own.

dlt looks for settings in the environment, ``~/.dlt`` and ``./.dlt``. A setting left there for something else would
change how we land rows, so this process's dlt gets one provider that holds our values and nothing else.
"""

import tempfile
import threading
from typing import Any

from dlt.common.configuration.container import Container
from dlt.common.configuration.providers.provider import ConfigProvider
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from dlt.common.runtime.run_context import RunContext

# dlt's own names; a change of name there shows in test_dlt_reads_nothing_from_the_environment.
_VALUES: dict[str, Any] = {
    "dlthub_telemetry": False,
    "intercept_signals": False,
    "restore_from_destination": False,
    "enable_runtime_trace": False,
    "log_level": "ERROR",
    "enable_airflow_secrets": False,
    "delete_completed_jobs": True,
    "workers": 1,
    # The Parquet file lives for seconds in a temporary folder: packing it costs a fifth of our share of a landing.
    "compression": "none",
    # A copy that broke off at its commit may have landed: land() starts again from a clean place, dlt must not.
    "raise_on_max_retries": 1,
    "start_method": "spawn",
    "pool_type": "none",
    "http_show_error_body": False,
}

_lock = threading.Lock()


class _OurValues(ConfigProvider):
    """The only place where dlt may look. Sections do not matter: each name means one thing."""

    name = "integrations"
    supports_secrets = True
    supports_sections = True

    def get_value(
        self, key: str, hint: type[Any], pipeline_name: str | None, *sections: str
    ) -> tuple[Any | None, str]:
        """Return our value for ``key``, or None: then dlt's own default holds."""
        del hint, pipeline_name
        return _VALUES.get(key), ".".join((*sections, key))


class _Isolated(RunContext):
    """A run context whose folders are temporary and whose only provider is ours."""

    def __init__(self) -> None:
        super().__init__(tempfile.gettempdir())
        self._global_dir = tempfile.gettempdir()

    @property
    def run_dir(self) -> str:
        """A folder without settings, whatever the environment says."""
        return tempfile.gettempdir()

    def initial_providers(self) -> list[ConfigProvider]:
        """Return our values, and neither the environment nor any file."""
        return [_OurValues()]


def isolate_dlt() -> None:
    """Give this process's dlt our settings and nobody else's. Once is enough; again costs nothing."""
    with _lock:
        plugged = Container()[PluggableRunContext]
        if not isinstance(plugged.context, _Isolated):
            plugged.reload(_Isolated())
