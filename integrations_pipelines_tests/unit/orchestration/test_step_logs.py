import subprocess
import sys
from pathlib import Path

STEP = """
import os, sys
from integrations_pipelines.orchestration.step_logs import StepLogs
logs, key = StepLogs(base_dir=sys.argv[1]), ["run", "compute_logs", "step"]
with logs.capture_logs(key):
    print("said by Python")
    os.write(2, b"said by a library\\n")
    assert not logs.is_capture_complete(key)
    1 / int(sys.argv[2])
assert logs.is_capture_complete(key)
"""


def step(folder: Path, divisor: str) -> tuple[dict[str, str], "subprocess.CompletedProcess[str]"]:
    """Return the files of a step, and its process."""
    command = [sys.executable, "-c", STEP, str(folder), divisor]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return {path.suffix: path.read_text() for path in folder.rglob("step.*")}, ended


def test_what_a_step_writes_is_in_its_files_and_in_the_runs_own_output(tmp_path: Path) -> None:
    files, ended = step(tmp_path, "1")
    assert files == {".out": "said by Python\n", ".err": "said by a library\n", ".complete": ""}
    assert (ended.stdout, ended.stderr) == ("said by Python\n", "said by a library\n")


def test_what_a_step_wrote_before_it_failed_is_kept(tmp_path: Path) -> None:
    files, ended = step(tmp_path, "0")
    assert files == {".out": "said by Python\n", ".err": "said by a library\n"}
    assert ended.stdout == "said by Python\n"
    assert "ZeroDivisionError" in ended.stderr
