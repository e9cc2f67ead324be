"""What third parties say of records that are one there."""

import datetime
import uuid as uuidlib

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from integrations_pipelines.registry.models.base import NOW, Base, Key


class ToldMerge(Base):
    """The record ``lost`` went into ``kept``, so a third party says; ``decision`` is what followed, null until then."""

    __tablename__ = "told_merge"
    __table_args__ = (
        Index(
            "ix_told_merge_undecided",
            "source_system_id",
            "resource",
            postgresql_where=text("decision is null"),
        ),
        {"schema": "resolution"},
    )

    source_system_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    resource: Mapped[Key] = mapped_column(primary_key=True)
    lost: Mapped[Key] = mapped_column(primary_key=True)
    kept: Mapped[Key] = mapped_column(primary_key=True)
    told_at: Mapped[datetime.datetime] = mapped_column(server_default=NOW)
    decision: Mapped[uuidlib.UUID | None] = mapped_column(ForeignKey("resolution.decision.uuid"))
