"""The scored tier's stored state: what records are compared by, blocking keys, pair scores, frozen models."""

import uuid as uuidlib
from typing import Any

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from integrations_pipelines.registry.models.base import Audited, Base, Identified, Key


class ScoredRecord(Base):
    """A record that the scored tier has seen; ``content`` is a hash of what of it is compared: the rest may change.

    ``sketch``: hashes and letters of what is compared, from which it is told with whom it is worth comparing. ``keys``:
    all of its blocking keys.
    """

    __tablename__ = "scored_record"
    __table_args__ = ({"schema": "resolution"},)

    record_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entity_type: Mapped[Key]
    content: Mapped[int]
    sketch: Mapped[bytes] = mapped_column(LargeBinary)
    keys: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))


# Who has which blocking key: a hash of the value, the rule and the entity type; without those that are not listed.
# Plain, with one index: a record has about twenty, and they are written by the million.
blocking_key = Table(
    "blocking_key",
    Base.metadata,
    Column("key", BigInteger, nullable=False),
    Column("record_id", BigInteger, nullable=False),
    Index("ix_blocking_key_key", "key", "record_id"),
    schema="resolution",
)


class LargeBlock(Base):
    """A blocking key that more than its rule allows share: it brings no pairs. ``records``: how many.

    ``is_listed``: all of them stand in ``blocking_key``; of blocks far above the limit some do not, and are not missed.
    """

    __tablename__ = "large_block"
    # Half of a page free: how many they are changes with nearly every record, and the index need not know.
    __table_args__ = ({"schema": "resolution", "postgresql_with": {"fillfactor": "50"}},)

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entity_type: Mapped[Key]
    records: Mapped[int]
    is_listed: Mapped[bool]


class PairScore(Base):
    """The score of two records, from the review threshold on; the smaller record id stands left.

    ``weight`` is in bits, ``evidence`` a hash of what was compared and how it came out, whatever it weighs.
    """

    __tablename__ = "pair_score"
    __table_args__ = (Index("ix_pair_score_right", "right_record_id"), {"schema": "resolution"})

    left_record_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    right_record_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entity_type: Mapped[Key]
    weight: Mapped[float]
    evidence: Mapped[int]


class ScoredState(Base):
    """What an entity type's scores were made with; where any of it is another now, all of them are made anew.

    ``size_class``: the size, rounded up, that the prior was worked out for; ``records``: how many there are.
    """

    __tablename__ = "scored_state"
    __table_args__ = ({"schema": "resolution"},)

    entity_type: Mapped[Key] = mapped_column(primary_key=True)
    model_version: Mapped[str]
    size_class: Mapped[int]
    link: Mapped[float]
    review: Mapped[float]
    records: Mapped[int]


class MatchingModel(Identified, Audited, Base):
    """A frozen model of an entity type: weights and, where learnt, statistics. Append-only but for ``is_current``.

    ``weights`` are the organisation's own, null for the shipped ones; ``former`` is the model that they replaced.
    """

    __tablename__ = "matching_model"
    __table_args__ = (
        Index("uq_matching_model_current", "entity_type", unique=True, postgresql_where=text("is_current")),
        {"schema": "resolution"},
    )

    entity_type: Mapped[Key]
    version: Mapped[str]
    is_current: Mapped[bool]
    weights: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    statistics: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    former: Mapped[uuidlib.UUID | None] = mapped_column(sort_order=94)
