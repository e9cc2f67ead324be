"""What an answer means: records to believe, a pause, or an error that names the system and what to do. No I/O."""

from typing import Any

from requests import Response

from integrations_pipelines.contract import MISSING, BodyRule, value_at
from integrations_pipelines.errors import (
    BodyRejected,
    CredentialError,
    IntegrationsError,
    Later,
    RateLimited,
    ThirdPartyRefused,
    ThirdPartyUnavailable,
)
from integrations_pipelines.staging.account import Account
from integrations_pipelines.staging.records import parse_json
from integrations_pipelines.staging.secrecy import Scrubber

_REASONS = ("message", "error.message", "error_description", "errorMessages.0", "error", "detail", "title")
_LONGEST_REASON = 200


class NotThere(ThirdPartyRefused):
    """The third party has nothing at this address."""


def judge_status(response: Response, account: Account, scrubber: Scrubber) -> None:
    """Raise what a status other than 2xx means for the person who has to act."""
    status = response.status_code
    if _refused_by_header(response, account):
        raise CredentialError(
            f"{account.name} answers {where(response)} as to a stranger: the credentials are refused. "
            f"{_what_to_check(account)}"
        )
    if 200 <= status < 300:
        return
    said = f"{account.name} answers HTTP {status} to {where(response)}{_reason(response, scrubber)}"
    if status in account.connector.refused_statuses:
        raise CredentialError(f"{said}. {_what_to_check(account)}")
    if status == 403:
        raise ThirdPartyRefused(f"{said}. Its credentials lack a permission. {_what_to_check(account)}")
    if status in (404, 410):
        raise NotThere(f"{said}. Check the settings: {', '.join(sorted(account.config)) or 'there are none'}")
    raise ThirdPartyRefused(said)


def _refused_by_header(response: Response, account: Account) -> bool:
    return any(
        response.headers.get(name) == value for name, value in account.connector.refused_headers.items()
    )


def judge_body(response: Response, account: Account, scrubber: Scrubber) -> Any:
    """Return the parsed body if it is what the connector says. Raise ``BodyRejected`` and its like if not."""
    at = f"{account.name}: {where(response)}"
    if not response.content.strip() and response.request.method not in ("GET", "HEAD"):
        return None  # done, and nothing to say of it
    try:
        body = parse_json(response.content)
    except ValueError:
        kind = response.headers.get("content-type", "no content type")
        raise BodyRejected(
            f"{at} answers HTTP {response.status_code} with what is no JSON ({scrubber.scrub(kind)})"
        ) from None
    for rule in account.connector.body_rules:
        if not rule.holds(body):
            raise _broken(rule, body, at, account, scrubber)
    return body


def _broken(rule: BodyRule, body: Any, at: str, account: Account, scrubber: Scrubber) -> IntegrationsError:
    found = [value_at(body, path) for path in rule.reason.split("|")] if rule.reason else []
    words = [word for word in found if isinstance(word, str) and word.strip()]
    reason = scrubber.scrub(": ".join(words))[:_LONGEST_REASON] or "no reason given"
    if not rule.refused.isdisjoint(words):
        return CredentialError(f"{at} refuses the credentials: {reason}. {_what_to_check(account)}")
    if not rule.later.isdisjoint(words):
        return RateLimited(f"{at} asks for a pause: {reason}")
    if not rule.gone.isdisjoint(words):
        return NotThere(f"{at} knows no such record: {reason}")
    return BodyRejected(f"{at} answers with an error in its body: {reason}")


def records_of(body: Any, path: str, at: str, *, is_list: bool = True) -> list[Any]:
    """Return the list at ``path``. Raise ``BodyRejected`` where there is none: that is never an empty listing.

    ``issues.*`` are the values of an object; not ``is_list``: an object is the one record.
    """
    if path == "*" or path.endswith(".*"):
        return _values(body, path[:-1].removesuffix("."), at)
    found = value_at(body, path)
    if isinstance(found, dict) and not is_list:
        return [found]
    if isinstance(found, list) and is_list:
        return found
    raise _nothing_there(found, path, at)


def _values(body: Any, path: str, at: str) -> list[Any]:
    found = value_at(body, path)
    if not isinstance(found, dict):
        raise _nothing_there(found, path, at)
    return [{**one, "_key": key} if isinstance(one, dict) else one for key, one in found.items()]


def says_more(body: Any, path: str, at: str) -> bool:
    """Return what stands at ``path``. Raise ``BodyRejected`` where nothing does: that is not the end of a list."""
    more = value_at(body, path)
    if more is MISSING:
        raise BodyRejected(f"{at}: nothing at {path!r} says whether there is more")
    return bool(more)


def _nothing_there(found: Any, path: str, at: str) -> BodyRejected:
    kind = "nothing" if found is MISSING else "null" if found is None else type(found).__name__
    return BodyRejected(f"{at}: there is {kind} at {path or 'the top'!r} where the records were to be")


def given_up(account: Account, response: Response | None, failure: str, retry_after: float | None) -> Later:
    """Return the error for a third party that did not answer in time, or asks for a longer pause than we can wait."""
    if response is None:
        return ThirdPartyUnavailable(f"{account.name} does not answer: {failure}", retry_after=retry_after)
    said = f"{account.name} answers HTTP {response.status_code} to {where(response)}"
    if response.status_code >= 500:
        return ThirdPartyUnavailable(said, retry_after=retry_after)
    return RateLimited(f"{said}: it asks for a pause", retry_after=retry_after)


def where(response: Response) -> str:
    """Return method and path of the request, without its query: a query may hold what is nobody's business."""
    request = response.request
    return f"{request.method} {request.path_url.partition('?')[0]}"


def _reason(response: Response, scrubber: Scrubber) -> str:
    try:
        body = parse_json(response.content)
    except ValueError:
        return ""
    words = (value_at(body, path) for path in _REASONS)
    found = next((word for word in words if isinstance(word, str) and word.strip()), "")
    return f" ({scrubber.scrub(found)[:_LONGEST_REASON]})" if found else ""


def _what_to_check(account: Account) -> str:
    return " ".join(f"Check {one.name!r}: {one.description}" for one in account.connector.credentials)
