"""How a third party says that two of its records are one now, and how a lost id is known by the other one. No I/O."""

from dataclasses import dataclass

from integrations_pipelines.contract.paths import MISSING, value_at
from integrations_pipelines.errors import ContractError


@dataclass(frozen=True, kw_only=True)
class Merged:
    """Records become one at the third party: the lost one's id goes on meaning the one that was kept.

    ``ids``: path, in the record that was kept, to the ids that went into it: a list, or one text parted by
    ``separator``. They are gone from then on, whether a listing says so or not.
    ``into``: path, in the record that was lost, to the id of the one it went into; that it is gone is for ``deleted``.
    ``redirects``: asked for by ``single``, a lost id is answered with the record that was kept.
    """

    ids: str = ""
    into: str = ""
    separator: str = ";"
    redirects: bool = False

    def __post_init__(self) -> None:
        if not (self.ids or self.into or self.redirects):
            raise ContractError("merged: says nothing: ids, into or redirects")

    def lost(self, record: object) -> list[str]:
        """Return the ids that went into ``record``."""
        found = value_at(record, self.ids) if self.ids else MISSING
        parts = (
            found if isinstance(found, list) else str(found).split(self.separator) if _is_id(found) else []
        )
        return list(dict.fromkeys(str(one).strip() for one in parts if _is_id(one)))

    def kept(self, record: object) -> str:
        """Return the id that ``record`` went into, "" where it went into none."""
        found = value_at(record, self.into) if self.into else MISSING
        return str(found).strip() if _is_id(found) else ""


def _is_id(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip() != ""
