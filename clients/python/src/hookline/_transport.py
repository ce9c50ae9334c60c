"""Sends calls by `requests`, and again where that is harmless and can help."""

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import inf
from uuid import uuid4

import requests
from requests.auth import AuthBase
from requests.exceptions import ChunkedEncodingError, ContentDecodingError

from hookline._answer import Answer
from hookline._call import Call
from hookline._retry import RetryPolicy
from hookline._tries import Tries
from hookline._version import VERSION
from hookline.errors import ConnectionFailed

USER_AGENT = f"hookline-python/{VERSION}"
CONNECT_TIMEOUT = 5.0
# Other errors of `requests` are about what it was given, such as a header with a line break.
NO_ANSWER = (requests.ConnectionError, requests.Timeout, ChunkedEncodingError, ContentDecodingError)


class _Key(AuthBase):
    """As `auth`, because `requests` lets a `.netrc` replace a plain Authorization header."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._api_key}"
        return request


class Transport:
    """`timeout` is how many seconds an answer may take."""

    def __init__(
        self,
        url: str,
        api_key: str,
        timeout: float,
        retry: RetryPolicy,
        session: requests.Session | None = None,
    ) -> None:
        self.url = url
        self._auth = _Key(api_key)
        self._timeout = timeout
        self._retry = retry
        self._given, self._own, self._process = session, requests.Session(), os.getpid()

    @property
    def _session(self) -> requests.Session:
        """A forked child must not share connections with its parent."""
        if self._process != os.getpid():
            self._own, self._process = requests.Session(), os.getpid()
        return self._given or self._own

    def close(self) -> None:
        self._session.close()

    def send(self, call: Call) -> Answer:
        """Raises Problem, UnexpectedAnswer or ConnectionFailed, after all retries."""
        call, tries = with_key(call), Tries(self._retry)
        while True:
            tried = self._try(call)
            if isinstance(tried, Answer) and tried.ok:
                return tried
            time.sleep(tries.next_delay(call, tried))

    def once(self, call: Call, longest: float | None) -> Answer:
        """The same without retries, for `longest` seconds at most."""
        tried = self._try(call, longest)
        if isinstance(tried, ConnectionFailed):
            raise tried
        if not tried.ok:
            raise tried.error()
        return tried

    def lines(self, call: Call) -> Iterator[bytes]:
        """The lines of an answer that is read as it comes. Not sent again."""
        try:
            with self._request(call, stream=True) as response:
                if not response.ok:
                    raise _answer(response).error()
                yield from filter(None, response.iter_lines())
        except NO_ANSWER as error:
            raise ConnectionFailed(f"The answer of {self.url} broke off: {error}") from error

    def _try(self, call: Call, longest: float | None = None) -> Answer | ConnectionFailed:
        try:
            return _answer(self._request(call, longest=longest))
        except NO_ANSWER as error:
            failed = ConnectionFailed(f"No answer from {self.url}: {error}")
            failed.__cause__ = error
            return failed

    def _request(
        self, call: Call, stream: bool = False, longest: float | None = None
    ) -> requests.Response:
        most = inf if longest is None else max(longest, 0.001)
        return self._session.request(
            call.method,
            self.url + call.path,
            params=call.parameters(),
            data=call.content(),
            headers=sent_headers(call),
            auth=self._auth,
            timeout=(min(CONNECT_TIMEOUT, most), min(self._timeout + call.wait, most)),
            allow_redirects=False,
            stream=stream,
        )


def with_key(call: Call) -> Call:
    """A POST gets an Idempotency-Key, so that a repeat acts once."""
    if call.method != "POST" or not call.keyed or "Idempotency-Key" in call.headers:
        return call
    return replace(call, headers={**call.headers, "Idempotency-Key": str(uuid4())})


def sent_headers(call: Call) -> Mapping[str, str]:
    kind = {} if call.body is None and call.raw is None else {"Content-Type": "application/json"}
    return {"Accept": call.accept, "User-Agent": USER_AGENT, **kind, **call.headers}


def _answer(response: requests.Response) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, response.content)
