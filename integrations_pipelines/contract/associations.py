"""What a third party keeps apart from the records that it joins: which company a contact belongs to. No I/O."""

from dataclasses import dataclass

from integrations_pipelines.contract.request import Request


@dataclass(frozen=True, kw_only=True)
class Association:
    """Associations are records of their own: they are asked for by the ids of a page, and put into its records.

    So a record says the same, whichever way it came: by a list, by a search that leaves associations out, by a webhook.

    ``request`` takes the ids as a list at ``ids`` in its body, ``largest`` at most, each as ``{"<id_as>": id}``; a
    record's id stands at ``id`` in it. In the answer ``records`` is the list; each of them belongs to the id at ``key``
    and holds what that is associated with as a list at ``found``, which goes to ``into`` in the record. Where more
    follows, ``next`` leads to the cursor, which is sent beside the id as ``after``.
    ``errors``: the list of ids that could not be answered; ``reason`` is the word in each, ``none`` the words that
    mean that there is no association. Any other word is an error.
    """

    request: Request
    ids: str
    records: str
    key: str
    found: str
    into: str
    largest: int = 100
    id: str = "id"
    id_as: str = "id"
    next: str = ""
    after: str = "after"
    errors: str = ""
    reason: str = ""
    none: frozenset[str] = frozenset()
