"""Dagster's run queue, with all its limits, looked through twice a second."""

from dagster import QueuedRunCoordinator


class RunQueue(QueuedRunCoordinator):
    """Takes the same words in ``dagster.yaml``; what they say of the interval between two looks is not heard.

    They can say whole seconds alone: a run that waits for one, and one that came while another run of its source system
    was ending, made the slowest events slow. The daemon's loop sleeps 0.5 s at a time.
    """

    @property
    def dequeue_interval_seconds(self) -> float:  # type: ignore[override]  # int there; the daemon takes any number
        """Return how many seconds are to pass at least: less than one sleep of the daemon's."""
        return 0.4
