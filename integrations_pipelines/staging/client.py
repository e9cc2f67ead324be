"""dlt's REST client in our hands: one origin, bounded waiting and reading, answers judged before they are believed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin

from dlt.common.configuration.specs.runtime_configuration import RuntimeConfiguration
from dlt.sources.helpers.rest_client.client import RESTClient
from requests import PreparedRequest, Request, Response
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import InvalidURL, RequestException, SSLError

from integrations_pipelines.contract import Request as Described
from integrations_pipelines.contract import filled
from integrations_pipelines.egress import AddressRefused, guarded_session
from integrations_pipelines.errors import (
    BodyRejected,
    ConfigurationError,
    CredentialError,
    ForeignLink,
    IntegrationsError,
    RateLimited,
    ThirdPartyRefused,
)
from integrations_pipelines.staging.account import Account, Limits
from integrations_pipelines.staging.answers import given_up, judge_body, judge_status, records_of, where
from integrations_pipelines.staging.dlt_runtime import isolate_dlt
from integrations_pipelines.staging.paginators import Paginator, body_of
from integrations_pipelines.staging.patience import LONGEST_PAUSE, back_off, pause_asked, requests_left
from integrations_pipelines.staging.records import parse_json
from integrations_pipelines.staging.secrecy import OriginAuth, Scrubber, origin_of

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_MOST_RENEWALS = 3
_CHUNK = 65_536
_FLEETING = 1.0
"""Seconds. A pause shorter than this is this request's own affair: telling everybody takes longer."""


class ThirdParty(RESTClient):
    """One account's API. Use it through ``third_party``, which closes it."""

    def __init__(self, account: Account, limits: Limits) -> None:
        config = account.connector.configured(account.config)
        self.base_url = account.connector.base_url_of(config)
        self.account, self.connector = account, account.connector
        self.limits, self.settings = limits, config
        self._scrubber = Scrubber()
        self._is_list, self._renewals = True, 0
        self._origin = origin_of(self.base_url)
        super().__init__(
            base_url=self.base_url,
            headers={"Accept": "application/json", **account.connector.headers},
            auth=OriginAuth(account, config, self._scrubber),
            session=guarded_session(),
            config=RuntimeConfiguration(),
        )

    def ask(self, request: Described) -> Any:
        """Return the body of one answer."""
        answer = self.request(
            filled(request.path, self.settings),
            request.method,
            params=dict(request.params),
            json=dict(request.json) if request.json is not None else None,
            data=dict(request.form) if request.form is not None else None,
            headers=dict(request.headers),
        )
        return body_of(answer)

    def hide(self, secret: str) -> None:
        """Keep ``secret``, which a request holds, out of every text that an answer may bring."""
        self._scrubber.learn(secret)

    def pages(
        self, request: Described, records: str, paginator: Paginator, *, is_list: bool = True
    ) -> Iterator[list[Any]]:
        """Yield the records of each page of ``request``, whose path is filled already, or is a whole address."""
        self._is_list = is_list
        yield from self.paginate(
            request.path,
            "POST" if request.method == "POST" else "GET",
            params=dict(request.params),
            json=dict(request.json) if request.json is not None else None,
            data=dict(request.form) if request.form is not None else None,
            headers=dict(request.headers),
            paginator=paginator,
            data_selector=records or "$",
            hooks={"response": []},
        )

    def extract_response(self, response: Response, data_selector: Any) -> list[Any]:
        """Return the list that the connector's selector leads to; never an empty one in place of none."""
        path = "" if data_selector == "$" else str(data_selector)
        at = f"{self.account.name}: {where(response)}"
        return records_of(body_of(response), path, at, is_list=self._is_list)

    def _send_request(self, request: Request, **kwargs: Any) -> Response:
        """Return an answer that was judged: 2xx, JSON, and by the connector's rules an answer at all."""
        del kwargs
        path = self._path_of(str(request.url))
        waited, attempt = self._turn(path, 0.0), 0
        while True:
            attempt += 1
            answer, pause, failure = self._attempt(request)
            if failure is None:
                assert answer is not None  # noqa: S101 - said by _attempt
                return answer
            wait = max(pause or 0.0, back_off(attempt, self.limits.first_wait))
            if pause and pause > _FLEETING:
                self.account.pace.pause(path, pause)
            if attempt >= self.limits.attempts or waited + wait > self.limits.wait_seconds:
                raise given_up(self.account, answer, failure, pause or None)
            time.sleep(wait)
            waited = self._turn(path, waited + wait)

    def _path_of(self, url: str) -> str:
        """Return the path as a budget knows it: without the base URL."""
        return url.removeprefix(self.base_url).partition("?")[0]

    def _turn(self, path: str, waited: float) -> float:
        """Wait for the account's budget; return the seconds waited in all. Raise ``RateLimited`` past the limit."""
        while (wait := self.account.pace.wait_for(path)) > 0:
            if waited + wait > self.limits.wait_seconds:
                raise RateLimited(
                    f"{self.account.name}: the account's rate budget is spent for now", retry_after=wait
                )
            time.sleep(wait)
            waited += wait
        return waited

    def _attempt(self, request: Request) -> tuple[Response | None, float | None, str | None]:
        """Return (answer, pause asked for, why it has to be tried again, or None)."""
        trouble: Exception
        try:
            answer = self._exchange(self.session.prepare_request(request))
        except AddressRefused as error:
            raise AddressRefused(f"{self.account.name}: {error}") from None
        except RequestException as error:
            trouble = error
        else:
            return self._judged(answer)
        # Out of the handler: the original's text holds URL and query, and must not travel along as a context.
        return None, None, self._failure(trouble)

    def _judged(self, answer: Response) -> tuple[Response | None, float | None, str | None]:
        left = requests_left(answer.headers)
        if left is not None:
            self.account.pace.learn(self._path_of(str(answer.url)), *left)
        pause = pause_asked(answer.status_code, answer.headers, self.account.connector.rate_limits)
        if pause is not None and answer.status_code not in self.account.connector.refused_statuses:
            return answer, pause, f"HTTP {answer.status_code}"
        try:
            judge_status(answer, self.account, self._scrubber)
            answer.__dict__["parsed_body"] = judge_body(answer, self.account, self._scrubber)
        except RateLimited as error:
            return answer, self._unpaid(answer), str(error)
        except CredentialError as error:
            # New credentials each time, and each refused: that is no matter of waiting.
            if self._renewals >= _MOST_RENEWALS or not self.account.renew():
                raise
            self._renewals += 1
            return answer, 0.0, str(error)
        self._renewals = 0
        if (pause := self._unpaid(answer)) > 0:
            self.account.pace.pause(self._path_of(str(answer.url)), pause)
        return answer, None, None

    def _unpaid(self, answer: Response) -> float:
        """Return the seconds until the query of ``answer`` could be paid for again, where answers tell its cost."""
        limit = self.connector.cost_limit
        return min(LONGEST_PAUSE, limit.pause(parse_json(answer.content))) if limit is not None else 0.0

    def _failure(self, trouble: Exception) -> str:
        """Return what went wrong if trying again may help; else raise."""
        if isinstance(trouble, SSLError):
            raise ThirdPartyRefused(
                f"{self.account.name}: its certificate is not accepted at {self.base_url}"
            )
        if isinstance(trouble, InvalidURL | ValueError) and not isinstance(trouble, NoConnection):
            raise ConfigurationError(f"{self.account.name}: base_url {self.base_url!r} is no address")
        return type(trouble).__name__

    def _exchange(self, prepared: PreparedRequest) -> Response:
        """Send, follow redirects within the origin, and read the whole answer, all within the limits."""
        deadline = time.monotonic() + self.limits.request_seconds
        for _ in range(_MOST_REDIRECTS + 1):
            self._guard(prepared)
            answer = self.session.send(
                prepared,
                stream=True,
                allow_redirects=False,
                timeout=(10, min(60.0, self.limits.request_seconds)),
            )
            self._read(answer, deadline)
            target = answer.headers.get("location")
            if answer.status_code not in _REDIRECTS or not target:
                return answer
            prepared = self._redirected(prepared, answer, target)
        raise ThirdPartyRefused(f"{self.account.name}: {where(answer)} is redirected again and again")

    def _guard(self, prepared: PreparedRequest) -> None:
        if origin_of(str(prepared.url)) != self._origin:
            raise ForeignLink(
                f"{self.account.name}: a request would leave for another host than {self.base_url}"
            )

    def _redirected(self, prepared: PreparedRequest, answer: Response, target: str) -> PreparedRequest:
        url = urljoin(str(answer.url), target)
        if origin_of(url) != self._origin:
            raise ForeignLink(
                f"{self.account.name}: {where(answer)} is redirected to another host; it was not followed"
            )
        if prepared.method != "GET" and answer.status_code not in (307, 308):
            raise ThirdPartyRefused(
                f"{self.account.name}: {where(answer)} is redirected, and would lose its body"
            )
        again = prepared.copy()
        again.url = url
        return again

    def _read(self, answer: Response, deadline: float) -> None:
        """Read the body in bounded steps, as it is after unpacking. Raise ``BodyRejected`` past the limits."""
        content = bytearray()
        with answer:
            for chunk in answer.iter_content(_CHUNK):
                content += chunk
                if len(content) > self.limits.answer_bytes:
                    raise self._endless(answer, f"is larger than {self.limits.answer_bytes} bytes")
                if time.monotonic() > deadline:
                    raise self._endless(answer, f"takes longer than {self.limits.request_seconds:g} seconds")
        answer._content = bytes(content)

    def _endless(self, answer: Response, why: str) -> IntegrationsError:
        return BodyRejected(f"{self.account.name}: the answer to {where(answer)} {why}")


@contextmanager
def third_party(account: Account, limits: Limits) -> Iterator[ThirdParty]:
    """Give the client for ``account``; its connections are closed afterwards."""
    isolate_dlt()
    client = ThirdParty(account, limits)
    try:
        yield client
    finally:
        client.session.close()
