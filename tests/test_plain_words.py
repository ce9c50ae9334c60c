"""The documents and pages keep to plain English: some phrases are never right in them."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parents[1]
# Each with what people say instead.
PHRASES = {
    "of now": "current",
    "of then": "of that time, old",
    "of before": "previous",
    "who gets": "whoever gets, the people who get",
    "tells of": "shows, says",
    "tell of": "show, say",
    "told of": "gets, is notified about",
    "is told": "gets, is notified",
    "are told": "get, are notified",
    "was told": "got, was notified",
    "were told": "got, were notified",
    "anew": "again, new",
    "once more": "again",
    "but for": "except",
    "for good": "permanently",
    "what is none": "what is not one",
    "those of below": "the ones below",
    "those of above": "the ones above",
    "by no case": "in upper or lower case",
    "are no members": "are not members",
}
READ = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted(path for path in (ROOT / "templates").rglob("*") if path.is_file()),
)


def hits(text: str) -> list[str]:
    """The phrases found, also where a line ends within one."""
    words = re.sub(r"\s+", " ", text).lower()
    return [phrase for phrase in PHRASES if re.search(rf"\b{phrase}\b", words)]


@pytest.mark.parametrize("path", READ, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_people_read_has_no_phrase_that_nobody_says(path: Path) -> None:
    assert {phrase: PHRASES[phrase] for phrase in hits(path.read_text())} == {}


def test_a_phrase_is_found_whatever_its_case_and_line() -> None:
    assert hits("It goes to the URL of\n   now. Once More.") == ["of now", "once more"]
    assert hits("`url_of_now` and forgood") == []


def test_documents_and_templates_are_read() -> None:
    names = {path.name for path in READ}
    assert {"README.md", "CHANGELOG.md", "start.md", "base.html", "llms.txt"} <= names
