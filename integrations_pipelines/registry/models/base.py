"""What every table shares: naming of constraints, internal id, outward uuid, times and actors."""

import datetime
import uuid as uuidlib
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Identity, MetaData, Text, Uuid, text
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

NOW = text("now()")
ACTOR = text("integrations.actor()")
NEW_UUID = text("integrations.new_uuid()")

# Keys compare byte by byte: an index on them neither depends on the server's locale nor pays for it.
KEY = Text(collation="C")
Key = Annotated[str, mapped_column(KEY)]


class Base(DeclarativeBase):
    """The metadata that Alembic compares the database with."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime.datetime: DateTime(timezone=True),
        str: Text(),
        int: BigInteger(),
        uuidlib.UUID: Uuid(),
    }


class Identified:
    """An internal ``id`` that never leaves the database and a ``uuid`` (version 7) that is the outward reference."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, sort_order=-20)

    @declared_attr
    def uuid(cls) -> Mapped[uuidlib.UUID]:
        """The only name under which the outside may know the row."""
        return mapped_column(Uuid, unique=True, nullable=False, server_default=NEW_UUID, sort_order=-19)


class Audited:
    """When, and by whom, a row was made and last changed; the database fills all four."""

    created_at: Mapped[datetime.datetime] = mapped_column(server_default=NOW, sort_order=90)
    updated_at: Mapped[datetime.datetime] = mapped_column(server_default=NOW, sort_order=91)
    created_by: Mapped[str] = mapped_column(server_default=ACTOR, sort_order=92)
    updated_by: Mapped[str] = mapped_column(server_default=ACTOR, sort_order=93)
