"""What persons decide, append-only: the act, the records that it spoke of, and which uuid is whose afterwards."""

import uuid as uuidlib
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from integrations_pipelines.registry.models.base import KEY, Audited, Base, Identified, Key


class Decision(Identified, Audited, Base):
    """One act of a person: accept, reject, merge, split, or undo; what it says of pairs stands in record_decision.

    ``left_entity`` is the entity that keeps its uuid (merge, split); ``right_entity`` the other one, None where there
    is none. ``revokes`` is the act that an undo takes back. ``restates`` is the act that this one says again, of fewer
    records, because an act before it was taken back. ``evidence`` is what was known when it was said.
    """

    __tablename__ = "decision"
    __table_args__ = (
        CheckConstraint("kind in ('accept', 'reject', 'merge', 'split', 'undo')", name="kind"),
        CheckConstraint("(kind = 'undo') = (revokes is not null)", name="undo_revokes"),
        Index("uq_decision_revokes", "revokes", unique=True, postgresql_where=text("revokes is not null")),
        {"schema": "resolution"},
    )

    kind: Mapped[Key]
    entity_type: Mapped[Key]
    reason: Mapped[str] = mapped_column(server_default="")
    left_entity: Mapped[uuidlib.UUID | None]
    right_entity: Mapped[uuidlib.UUID | None]
    review_item: Mapped[uuidlib.UUID | None]
    revokes: Mapped[uuidlib.UUID | None] = mapped_column(ForeignKey("resolution.decision.uuid"))
    restates: Mapped[uuidlib.UUID | None] = mapped_column(ForeignKey("resolution.decision.uuid"))
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))


# The records that a decision spoke of, as they stood then: those of the left entity, and those of the right.
decision_member = Table(
    "decision_member",
    Base.metadata,
    Column("decision", Uuid, ForeignKey("resolution.decision.uuid"), primary_key=True),
    Column("record_id", BigInteger, ForeignKey("staging.source_record.id"), primary_key=True),
    Column("side", KEY, nullable=False),
    CheckConstraint("side in ('left', 'right')", name="side"),
    Index("ix_decision_member_record", "record_id"),
    schema="resolution",
)

# What the two sides had in common when a person told them apart: hashes of values, each with a holder on the left side,
# and of scores (kind "score"). What is shared beyond that is new, and is asked about again.
decision_value = Table(
    "decision_value",
    Base.metadata,
    Column("decision", Uuid, ForeignKey("resolution.decision.uuid"), primary_key=True),
    Column("record_id", BigInteger, ForeignKey("staging.source_record.id"), primary_key=True),
    Column("kind", KEY, primary_key=True),
    Column("hash", BigInteger, primary_key=True),
    Index("ix_decision_value_record", "record_id"),
    schema="resolution",
)

# Which records a uuid stands for, said by decisions for the next resolution, which deletes what it has dealt with:
# without it a uuid goes to the component with most of its records. The highest ``priority`` counts.
reclaim = Table(
    "reclaim",
    Base.metadata,
    Column("uuid", Uuid, primary_key=True),
    Column("record_id", BigInteger, primary_key=True),
    Column("entity_type", KEY, nullable=False),
    Column("priority", Integer, nullable=False),
    schema="resolution",
)
