"""What an attribute kind is: the owner of cleaning. The kinds themselves live beside this file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"


class UncleanValue(ValueError):
    """The value cannot be read as its kind; the message is a short reason and never holds the value itself."""


class Cleaner(Protocol):
    """Cleans one value."""

    def __call__(self, value: object, region: str | None, /) -> JSON:
        """Return the canonical form, or None for nothing; raise ``UncleanValue`` for what cannot be read.

        ``region`` is an ISO 3166 alpha-2 code that settles national forms, or None.
        """


ColumnCleaner: TypeAlias = Callable[[Sequence[object], str | None], list[JSON]]


@dataclass(frozen=True, kw_only=True)
class AttributeKind:
    """A kind of attribute: how its values are cleaned, compared and trusted.

    ``clean``: idempotent; its result holds no NUL and no lone surrogate, and orjson can write it.
    ``key``: the comparable form in which a value stands beside an identifier (a family name); None: the value itself.
    ``name_key``: the form in which names are told apart when a shared value is judged; None: not a name.
    ``clean_column``: the same for many values at once, for kinds whose values come by the million; it stops at the
    first value that raises.
    ``regional``: whether ``clean`` looks at the region.
    ``proves_nothing``: True for cleaned values that anybody may share (a role mailbox); None: every value may prove.
    """

    name: str
    clean: Cleaner
    description: str
    key: Callable[[str], str] | None = None
    name_key: Callable[[str], str] | None = None
    proves_nothing: Callable[[str], bool] | None = None
    clean_column: ColumnCleaner | None = None
    regional: bool = False


def by_name(*kinds: AttributeKind) -> Mapping[str, AttributeKind]:
    """The kinds under their names."""
    return {kind.name: kind for kind in kinds}
