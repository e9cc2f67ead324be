"""The error tree. A class is a recovery: later, never, skip this record, or tell a developer.

The docstring of a class is its message; the instance adds the name of the thing::

    IntegrationsError
    ├── Later            the same call may go through later; ``retry_after`` says when
    │   ├── ThirdPartyUnavailable
    │   ├── RateLimited
    │   ├── LeaseHeld
    │   └── DatabaseUnavailable
    ├── Never            a person has to act first
    │   ├── ConfigurationError
    │   ├── UsageError
    │   ├── NotFound
    │   ├── CredentialError
    │   ├── ThirdPartyRefused
    │   ├── BodyRejected
    │   ├── ForeignLink
    │   ├── CursorRepeats
    │   ├── SuspiciousEmptiness
    │   ├── TooManyMissing
    │   ├── TooManyRejected
    │   └── LeaseLost
    ├── SkipRecord       one record goes to quarantine, the rest goes on
    │   └── RecordRejected
    └── TellDeveloper    a defect of ours, or of a connector
        ├── ContractError
        └── Unbalanced
"""


class IntegrationsError(Exception):
    """Something went wrong."""

    def __init__(self, detail: str = "") -> None:
        """Keep ``detail``, which names the thing; the class's docstring stands in where it is empty."""
        super().__init__(detail or (type(self).__doc__ or "").strip())


class Later(IntegrationsError):
    """The same call may go through later."""

    def __init__(self, detail: str = "", *, retry_after: float | None = None) -> None:
        """``retry_after`` is in seconds; None means that the caller's own back-off decides."""
        super().__init__(detail)
        self.retry_after = retry_after


class Never(IntegrationsError):
    """Trying again will not help: a person has to act first."""


class SkipRecord(IntegrationsError):
    """This record is set aside; the others go on."""


class TellDeveloper(IntegrationsError):
    """A defect of ours or of a connector."""


class ThirdPartyUnavailable(Later):
    """The third party did not answer, or answered with a fault of its own."""


class RateLimited(Later):
    """The third party asks for a pause."""


class LeaseHeld(Later):
    """Another run is syncing this resource of this source system."""


class DatabaseUnavailable(Later):
    """PostgreSQL did not answer."""


class ConfigurationError(Never):
    """A setting is missing or cannot be used."""


class UsageError(Never):
    """The call's words are off."""


class NotFound(Never):
    """There is no such thing."""


class CredentialError(Never):
    """A secret is missing, cannot be opened, or was refused."""


class ThirdPartyRefused(Never):
    """The third party refuses the request."""


class BodyRejected(Never):
    """The third party's answer is not what its contract says."""


class ForeignLink(Never):
    """The third party's next link leads to another host; no credential was sent there."""


class CursorRepeats(Never):
    """The third party hands out the same cursor again; the listing would never end."""


class SuspiciousEmptiness(Never):
    """A full listing came back empty where there were records before; nothing was deleted."""


class TooManyMissing(Never):
    """More records are missing at once than may be believed gone; nothing was deleted."""


class TooManyRejected(Never):
    """More records were rejected than the breaker allows."""


class LeaseLost(Never):
    """Another run took over; this one may not write any more."""


class RecordRejected(SkipRecord):
    """A record cannot be taken as it is."""


class ContractError(TellDeveloper):
    """A connector's description contradicts itself."""


class Unbalanced(TellDeveloper):
    """The outcomes do not add up to what was extracted."""
