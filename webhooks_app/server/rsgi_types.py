"""The parts of granian's RSGI that we use. Granian's own types leave some out."""

from collections.abc import AsyncIterator, ItemsView, KeysView, Sequence
from typing import Protocol


class Headers(Protocol):
    """A repeated name counts twice in `len`."""

    def get(self, name: str, default: str = ...) -> str | None: ...
    def items(self) -> ItemsView[str, str]: ...
    def keys(self) -> KeysView[str]: ...
    def __len__(self) -> int: ...
    def __contains__(self, name: object, /) -> bool: ...


class RequestScope(Protocol):
    """`client` and `server` are addresses with a port."""

    proto: str
    http_version: str
    scheme: str
    method: str
    path: str
    query_string: str
    authority: str | None
    client: str
    server: str
    headers: Headers


class HTTPProtocol(Protocol):
    """Iterating over it yields the body."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def response_bytes(
        self, status: int, headers: Sequence[tuple[str, str]], body: bytes
    ) -> None: ...
    def response_file(self, status: int, headers: Sequence[tuple[str, str]], file: str) -> None: ...
    def close(self, status: int | None = None) -> None: ...
