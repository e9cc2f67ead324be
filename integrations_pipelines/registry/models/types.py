"""Schema ``entities``: what an organisation adds to the preset entity types: types, attributes, relations."""

from sqlalchemy import CheckConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from integrations_pipelines.registry.models.base import Audited, Base, Identified, Key

FALSE = text("false")


class CustomType(Identified, Audited, Base):
    """An entity type of the organisation's own; ``label`` names the attribute that a person reads first."""

    __tablename__ = "custom_type"
    __table_args__ = (UniqueConstraint("name"), {"schema": "entities"})

    name: Mapped[Key]
    label: Mapped[Key]
    description: Mapped[str] = mapped_column(server_default="")


class CustomAttribute(Identified, Audited, Base):
    """An attribute added to a preset or custom type. ``strength`` says how much it proves; None identifies nobody."""

    __tablename__ = "custom_attribute"
    __table_args__ = (
        UniqueConstraint("entity_type", "name"),
        CheckConstraint("strength in ('exclusive', 'strong', 'weak')", name="strength"),
        {"schema": "entities"},
    )

    entity_type: Mapped[Key]
    name: Mapped[Key]
    kind: Mapped[Key]
    many: Mapped[bool] = mapped_column(server_default=FALSE)
    strength: Mapped[Key | None]
    description: Mapped[str] = mapped_column(server_default="")


class CustomRelation(Identified, Audited, Base):
    """A relation added to a preset or custom type; ``target`` names a preset or custom type."""

    __tablename__ = "custom_relation"
    __table_args__ = (UniqueConstraint("entity_type", "name"), {"schema": "entities"})

    entity_type: Mapped[Key]
    name: Mapped[Key]
    target: Mapped[Key]
    many: Mapped[bool] = mapped_column(server_default=FALSE)
