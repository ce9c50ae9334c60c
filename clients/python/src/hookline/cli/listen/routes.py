"""Which local URL an event goes to: that of the first map that takes its type, or the default."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import click

from hookline.cli.listen.session import Delivery
from hookline.cli.listen.target import Answer, Target

ALL, REST = "*", ".*"
TYPES = re.compile(r"\*|[^\s*,=]+(?<!\.)(\.\*)?")
PORT = re.compile(r":?(\d+)(/.*)?")


@dataclass(frozen=True)
class Map:
    """`types` is an event type, `lead.*` for all that begin with `lead.`, or `*` for all."""

    types: str
    url: str

    def takes(self, event_type: str) -> bool:
        if self.types == ALL or self.types == event_type:
            return True
        return self.types.endswith(REST) and event_type.startswith(self.types.removesuffix(ALL))


@dataclass(frozen=True)
class Routes:
    """At least one of `maps` and `default` is there."""

    maps: Sequence[Map]
    default: str | None

    @property
    def main(self) -> str:
        """The URL of the listener itself. What no map takes goes there too."""
        return self.default or self.maps[0].url

    def event_types(self, chosen: Sequence[str] = ()) -> list[str]:
        """The `chosen` ones, or all, and those of the maps: `*` leaves out what Hookline sends."""
        others = (chosen or [ALL]) if self.default else []
        return list(dict.fromkeys([*others, *(one.types for one in self.maps)]))

    def url_for(self, event_type: str) -> str:
        return next((one.url for one in self.maps if one.takes(event_type)), self.main)


class Targets:
    """The local servers, for one thread: their connections are kept."""

    def __init__(self, routes: Routes, insecure: bool = False) -> None:
        self._routes, self._insecure = routes, insecure
        self._open: dict[str, Target] = {}

    def send(self, delivery: Delivery) -> Answer:
        url = self._routes.url_for(delivery.event_type)
        if url not in self._open:
            self._open[url] = Target(url, self._insecure)
        return self._open[url].send(delivery.headers, delivery.body, delivery.timeout)

    def close(self) -> None:
        for one in self._open.values():
            one.close()


def routes_of(target: str | None, path: str, maps: Sequence[str]) -> Routes:
    """Raises UsageError for what is not a target or a map, and for neither."""
    if target is None and not maps:
        raise click.UsageError("Give the port or URL of your local server, such as 3000.")
    if target is None and path:
        raise click.UsageError("--path needs PORT|URL: give the paths in --map.")
    default = None if target is None else url_of(target, path)
    return Routes([one for given in maps for one in _maps_of(given, default)], default)


def _maps_of(given: str, default: str | None) -> Iterator[Map]:
    types, equals, target = given.partition("=")
    if not equals or not target:
        raise click.UsageError(f"--map {given!r} is not TYPES=TARGET, such as lead.*=3000/leads.")
    if target.startswith("/") and default is None:
        raise click.UsageError(f"--map {given!r} has only a path: give PORT|URL too.")
    url = urljoin(default, target) if default and target.startswith("/") else url_of(target)
    for one in types.split(","):
        if not TYPES.fullmatch(one):
            raise click.UsageError(
                f"--map {given!r}: {one!r} is not an event type or a pattern such as lead.*."
            )
        yield Map(one, url)


def url_of(target: str, path: str = "") -> str:
    """`3000` is `http://localhost:3000/`, `shop.test:8080/hooks` gets its scheme."""
    if found := PORT.fullmatch(target):
        if not 0 < int(found[1]) < 65536:
            raise click.UsageError(f"{found[1]} is not a port.")
        target = f"localhost:{found[1]}{found[2] or ''}"
    url = target if re.match(r"https?://", target) else f"http://{target}"
    try:
        parts = urlsplit(url)
        valid = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        valid = False
    if not valid or any(one.isspace() for one in url):
        raise click.UsageError(
            f"{target!r} is not a port or a URL. Write 3000 or localhost:3000/hooks."
        )
    if path:
        return f"{url.rstrip('/')}/{path.lstrip('/')}"
    return url if parts.path else f"{url}/"
