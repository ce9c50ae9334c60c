"""Each test has one size: `quick`, `whole` or `processes`. Pytest hooks, used by conftest.

Its own mark or its module's decides, otherwise `_size`: its folder, and what it uses. The README's
command runs all three; `pytest -m quick` is for each save.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

SIZES = ("quick", "whole", "processes")
DATABASES = ("sqlite", "postgresql")
ROOT = Path(__file__).parents[1]
# What starts processes: the product, receivers in other languages, a browser.
PROCESSES = {"browser", "compatibility", "drills", "journeys", "launch", "server"}
# Cheap enough on SQLite to run at each commit.
QUICK = {
    *("channels", "chat", "deliveries", "events", "inbox", "lib", "matching"),
    *("mail", "organisations", "people", "subscriptions"),
}
SERVERS = {"database_url", "own_redis", "postgres_url", "redis_server"}
RAN = "ran"
# They start first, so that no process of tests is left with one at the end.
LONGEST = ("test_bench.py", "test_unreadable_rows.py", "test_examples.py", "test_workers_killed.py")
# `make drills`: the same tests, for longer.
DRILL = bool(os.environ.get("DRILL"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before pytest itself reads `-m`."""
    for item in items:
        sizes = sizes_of(item) or {_size(item)}
        if len(sizes) > 1:
            raise pytest.UsageError(f"{item.nodeid} has more than one size: {sorted(sizes)}")
        item.add_marker(*sizes)
        item.user_properties += [(RAN, word) for word in (*sizes, *_uses(item))]
    items.sort(key=lambda item: item.path.name not in LONGEST)


def sizes_of(item: pytest.Item) -> set[str]:
    """The sizes that it is marked with."""
    return {mark.name for mark in item.iter_markers()} & set(SIZES)


def _size(item: pytest.Item) -> str:
    folder, uses = item.path.relative_to(ROOT).parts[0], _uses(item)
    if folder in PROCESSES:
        return "processes"
    if "postgresql" in uses:
        return "whole"
    pure = not SERVERS & set(getattr(item, "fixturenames", []))
    return "quick" if pure or folder in QUICK else "whole"


def _uses(item: pytest.Item) -> set[str]:
    """Databases, languages and the browser, as fixtures and parameters show."""
    callspec = getattr(item, "callspec", None)
    params = callspec.params if callspec else {}
    fixtures: list[str] = getattr(item, "fixturenames", [])
    uses = {word for word in params.values() if isinstance(word, str) and word in DATABASES}
    if {"postgres", "postgres_url"} & set(fixtures):
        uses.add("postgresql")
    if isinstance(params.get("language"), str):
        uses.add(params["language"])
    return uses | ({"browser"} & set(fixtures))


def lines_of_what_ran(properties: list[list[tuple[str, object]]]) -> list[str]:
    """From the `user_properties` of all tests that passed or failed."""
    counts = Counter(str(word) for one in properties for name, word in one if name == RAN)
    others = sorted(set(counts) - {*SIZES, *DATABASES})
    groups = {"sizes": SIZES, "databases": DATABASES, "others": others}
    return [
        f"{group}: " + (", ".join(f"{word} {counts[word]}" for word in words) or "none")
        for group, words in groups.items()
    ]
