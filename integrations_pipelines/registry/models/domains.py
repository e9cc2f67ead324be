"""Bound domains: tables of other data models whose rows are canonical entities. Only what binds them is kept."""

import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from integrations_pipelines.registry.models.base import Audited, Base, Identified, Key


class DomainBinding(Identified, Audited, Base):
    """A table or view whose rows are entities of one type; ``name`` is the record map's target domain.

    Its rows are source records of ``source_system_id``, the resource called as the binding: anchors of the identity
    graph. ``columns`` is column: attribute; ``relations`` are the relations that make a record the target's: a ticket's
    requester. ``place``: where the table's usernames hold; None means every place. ``poll_seconds``: how long the last
    look at the table took.
    """

    __tablename__ = "domain_binding"
    __table_args__ = ({"schema": "integrations"},)

    name: Mapped[Key] = mapped_column(unique=True)
    source_system_id: Mapped[int] = mapped_column(ForeignKey("integrations.source_system.id"))
    entity_type: Mapped[Key]
    schema_name: Mapped[str]
    table_name: Mapped[str]
    uuid_column: Mapped[str]
    columns: Mapped[dict[str, Any]] = mapped_column(JSONB)
    relations: Mapped[list[Any]] = mapped_column(JSONB)
    place: Mapped[Key | None]
    is_read_only: Mapped[bool]
    polled_at: Mapped[datetime.datetime | None]
    poll_seconds: Mapped[float | None]
