"""What a run did, and how far one is: read from our own tables by the run's id, whoever executes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

RunStatus = Literal["queued", "running", "succeeded", "failed", "canceled", "deferred"]
ResourceStatus = Literal["waiting", "running", "succeeded", "failed", "deferred"]


@dataclass(frozen=True, kw_only=True)
class ResourceOutcome:
    """One resource of a run. ``extracted`` grows while it is ``running``; ``outcomes`` come at its end.

    ``unmapped``: fields that came and that the connector neither maps nor ignores.
    """

    resource: str
    status: ResourceStatus
    entity_type: str = ""
    extracted: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    is_balanced: bool = True
    error: str | None = None
    unmapped: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RunOutcome:
    """A run as it is now; final once ``is_finished``.

    ``import_job`` is the uuid of its job, None before the run has opened one. ``error`` is one scrubbed line.
    ``deferred`` is green: the third party asked for a long pause, and it goes on by itself at ``next_try_at``.
    ``is_resolving`` says that all resources are through and only resolution goes on.
    """

    run_id: str
    system_key: str
    status: RunStatus
    import_job: str | None = None
    resources: tuple[ResourceOutcome, ...] = ()
    is_resolving: bool = False
    error: str | None = None
    next_try_at: datetime | None = None

    @property
    def is_finished(self) -> bool:
        """Nothing more comes of this run."""
        return self.status not in ("queued", "running")

    @property
    def is_green(self) -> bool:
        """The run succeeded, and each resource with it; or it goes on later."""
        return self.status in ("succeeded", "deferred")


OnProgress = Callable[[RunOutcome], None]
"""Takes the run as it is, each time it changed; called in a thread of its own while the run goes on."""
