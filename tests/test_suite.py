"""Tests of the test suite itself: sizes, skips, closing lines, requirements."""

import re
import tomllib
import warnings
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.sizes import DATABASES, RAN, SIZES, lines_of_what_ran, sizes_of
from tests.support.skips import NOT_PUBLISHED_HERE

pytestmark = pytest.mark.quick
pytest_plugins = ["pytester"]
ROOT = Path(__file__).parents[1]


def test_every_test_has_exactly_one_size(request: pytest.FixtureRequest) -> None:
    """That is, every test that was collected with this one."""
    assert {len(sizes_of(item)) for item in request.session.items} == {1}


def test_what_uses_postgresql_is_not_quick(request: pytest.FixtureRequest) -> None:
    for item in request.session.items:
        if sizes_of(item) == {"quick"}:
            assert (RAN, "postgresql") not in item.user_properties, item.nodeid


@pytest.mark.parametrize(
    ("ci", "reason", "fails"),
    [
        ("true", "no Chromium is installed", True),
        ("true", NOT_PUBLISHED_HERE, False),
        ("", "no Chromium is installed", False),
    ],
)
@pytest.mark.parametrize(
    "skipping",
    [
        "def test_it():\n    pytest.skip({reason!r})",
        "@pytest.mark.skip(reason={reason!r})\ndef test_it(): pass",
        "@pytest.fixture\ndef it(): pytest.skip({reason!r})\ndef test_it(it): pass",
        "pytest.skip({reason!r}, allow_module_level=True)",
    ],
    ids=["in the test", "by a mark", "in a fixture", "a module"],
)
def test_in_ci_a_skip_is_a_failure_but_for_the_published_documents(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    skipping: str,
    ci: str,
    reason: str,
    fails: bool,
) -> None:
    monkeypatch.setenv("CI", ci)
    pytester.makepyfile(f"import pytest\n{skipping.format(reason=reason)}\n")
    ended = pytester.runpytest_inprocess(
        *("-p", "tests.support.skips", "-p", "no:cacheprovider", "-p", "no:xdist")
    )
    outcomes = ended.parseoutcomes()
    assert (outcomes.get("failed", 0) + outcomes.get("errors", 0) == 1) is fails
    assert (outcomes.get("skipped", 0) == 1) is not fails
    assert ("install what is missing" in ended.stdout.str()) is fails


def test_the_last_lines_say_what_ran() -> None:
    ran = [
        [(RAN, "quick"), (RAN, "sqlite"), ("measured", "x")],
        [(RAN, "whole"), (RAN, "sqlite")],
        [(RAN, "processes"), (RAN, "Go"), (RAN, "browser")],
    ]
    assert lines_of_what_ran(ran) == [
        "sizes: quick 1, whole 1, processes 1",
        "databases: sqlite 2, postgresql 0",
        "others: Go 1, browser 1",
    ]


def test_the_words_of_the_last_lines_differ() -> None:
    assert not set(SIZES) & set(DATABASES)


def test_a_warning_that_our_own_code_causes_is_an_error() -> None:
    with pytest.raises(UserWarning):
        warnings.warn("something", UserWarning, stacklevel=1)


PYPROJECT = (ROOT / "pyproject.toml").read_text()
PROJECT = tomllib.loads(PYPROJECT)["project"]
EXTRAS = [one for extra in PROJECT["optional-dependencies"].values() for one in extra]
DEPENDENCIES = [*PROJECT["dependencies"], *EXTRAS]


def test_every_dependency_is_bounded_above_and_says_why_it_is_there() -> None:
    for dependency in DEPENDENCIES:
        assert "<" in dependency or dependency.startswith(PROJECT["name"]), dependency
        assert re.search(rf'^  "{re.escape(dependency)}", # \S', PYPROJECT, re.MULTILINE), (
            dependency
        )


def test_the_constraints_hold_a_version_of_each_dependency_within_its_bounds() -> None:
    lines = (ROOT / "deploy/constraints.txt").read_text().splitlines()[1:]
    pinned = dict(line.split("==") for line in lines)
    assert list(pinned) == [canonicalize_name(name) for name in pinned]
    for dependency in map(Requirement, DEPENDENCIES):
        if dependency.name != PROJECT["name"]:
            assert dependency.specifier.contains(pinned[canonicalize_name(dependency.name)])
