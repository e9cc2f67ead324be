"""Where a step's output goes: into its own file, for the UI, and once the step is over to the run's own output.

Dagster copies it there as it comes, by four more processes a run, two of them Pythons.
"""

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from dagster._core.execution.compute_logs import redirect_to_file
from dagster._core.storage.compute_log_manager import CapturedLogContext, ComputeIOType
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._serdes import ConfigurableClassData

from integrations_pipelines.settings import get_settings


class StepLogs(LocalComputeLogManager):
    """Dagster's local log files, in its home, written by the run itself."""

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """There is nothing to say: the files are where Dagster keeps them unasked."""
        return {}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "StepLogs":
        """Return it as ``dagster.yaml`` asks for it."""
        return cls(base_dir=str(get_settings().home_of_dagster / "storage"), inst_data=inst_data)

    @contextmanager
    def capture_logs(self, log_key: Sequence[str]) -> Iterator[CapturedLogContext]:
        """Send output into the step's files while the block runs."""
        out, err = (self._file(log_key, io_type) for io_type in (ComputeIOType.STDOUT, ComputeIOType.STDERR))
        try:
            with redirect_to_file(sys.stdout, str(out)), redirect_to_file(sys.stderr, str(err)):
                yield CapturedLogContext(log_key)
        finally:
            _copy(out, sys.stdout)
            _copy(err, sys.stderr)
        Path(self.complete_artifact_path(log_key)).touch()  # type: ignore[no-untyped-call]  # Dagster's

    def _file(self, log_key: Sequence[str], io_type: ComputeIOType) -> Path:
        names = {ComputeIOType.STDOUT: "out", ComputeIOType.STDERR: "err"}
        path = Path(self.get_captured_local_path(log_key, names[io_type]))
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def _copy(path: Path, stream: IO[str]) -> None:
    with suppress(OSError), path.open(errors="replace") as written:
        shutil.copyfileobj(written, stream)
        stream.flush()
