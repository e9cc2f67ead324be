"""From the inbox into the corridor: what waits for a source system, by one run at a time, until nothing waits.

An event's work may be done twice: what is taken twice counts once. So events are finished after their records are
applied, and a run that dies in between loses nothing.
"""

from integrations_pipelines.draining.work import Drained, drain

__all__ = ["Drained", "drain"]
