"""What people read is in plain English: some phrases are never right in it.

Documents and templates are searched as a whole; in Python, the texts, docstrings and comments.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parents[1]
# Each with what people say instead. Only the case of the first letter is ignored: None is a value.
PHRASES = {
    "of now": "current",
    "of then": "of that time, old",
    "of before": "previous",
    "who gets": "whoever gets, the people who get",
    "for who": "for whoever",
    "by who": "by whoever",
    "tells of": "shows, says",
    "tell of": "show, say",
    "told of": "gets, is notified about",
    "is told": "gets, is notified",
    "are told": "get, are notified",
    "be told": "get, be notified",
    "was told": "got, was notified",
    "were told": "got, were notified",
    "is said": "is shown",
    "are said": "are shown",
    "anew": "again, new",
    "once more": "again",
    "but for": "except",
    "for good": "permanently",
    "for ever": "forever",
    "what is none": "what is not one",
    "that is none": "that is not one, an invalid one",
    "that are none": "that are not, invalid ones",
    "those of below": "the ones below",
    "those of above": "the ones above",
    "by no case": "in upper or lower case",
    "are no members": "are not members",
    "is no member": "is not a member",
    "in the clear": "unencrypted, decrypted",
    "what came of": "how it ended, the result of",
    "what became of": "the result of, the state of",
    "opens nothing": "does not work, gives no access",
    "holds up": "delays, blocks",
    "hold up": "delay, block",
    "held up": "delayed, blocked",
    "stood already": "existed",
    "round in a circle": "in a loop",
    "keeps no company": "is rejected",
    "makes no difference": "does not matter",
    "has yet to": "still has to",
    "a day of theirs": "one of their days",
    "as one likes": "without a limit",
    "in earnest": "really",
    "give or take": "about",
    "handed out": "issued, given",
    "is gone then": "is deleted then",
    "nothing of it": "none of it, not",
    "nobody knows": "unknown",
    "nobody else's": "no other",
    "goes on": "continues",
    "go on": "continue",
    "went on": "continued",
    "of theirs": "their own, one of their",
    "shall be": "should be, will be",
    "shall do": "may do, should do",
    "lives on": "is kept, stays",
    "works no more": "does not work any more",
    "runs no more": "has stopped",
    "takes no more": "accepts no more, stops",
    "handled no more": "not handled again",
    "it no more": "it not any more",
    "is no port": "is not a port",
    "is no setting": "is not a setting",
    "is no month": "is not a month",
    "is no owner": "is not an owner",
    "is no outage": "is not an outage",
    "is no JSON": "is not JSON",
    "is gone": "is deleted, has ended",
    "are gone": "are deleted, have ended",
    "stands still": "has stopped, hangs",
    "stood still": "had stopped, hung",
    "came about": "happened, was made",
    "waited in vain": "got no answer in time",
    "takes no writes": "accepts no writes",
    "as you know it": "as you read it",
    "made meanwhile": "created in the meantime",
    "hangs together": "works",
}
DOCUMENTS = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")),
    ROOT / "clients/python/README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted(path for path in (ROOT / "templates").rglob("*") if path.is_file()),
)
CODE = tuple(
    sorted(
        path
        for name in ("webhooks_app", "bench", "clients/python")
        for path in (ROOT / name).rglob("*.py")
    )
)
TESTS = tuple(path for path in sorted((ROOT / "tests").rglob("*.py")) if path != Path(__file__))


def hits(text: str) -> list[str]:
    """The phrases found, even across a line break."""
    words = re.sub(r"\s+", " ", text)
    return [phrase for phrase in PHRASES if re.search(rf"\b(?i:{phrase[0]}){phrase[1:]}\b", words)]


def wrong(text: str) -> dict[str, str]:
    """The phrases found, each with what people say instead."""
    return {phrase: PHRASES[phrase] for phrase in hits(text)}


def docstrings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def texts(tree: ast.AST) -> Iterator[str]:
    """All string constants; an f-string as one text, with an ellipsis for each value."""
    parts = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts |= {id(part) for part in node.values}
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
            )
        elif isinstance(node, ast.Constant) and id(node) not in parts:
            yield str(node.value)


def comments(source: str) -> Iterator[str]:
    """The comments; those on consecutive lines as one text."""
    block: list[str] = []
    last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if token.start[0] > last + 1:
                yield " ".join(block)
                block = []
            block.append(token.string.lstrip("# "))
            last = token.start[0]
    yield " ".join(block)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_documents_and_templates_are_in_plain_english(path: Path) -> None:
    assert wrong(path.read_text()) == {}


def test_what_the_product_says_and_its_comments_are_in_plain_english() -> None:
    found = {}
    for path in CODE:
        source = path.read_text()
        for text in (*texts(ast.parse(source)), *comments(source)):
            if phrases := wrong(text):
                found[name_of(path), text] = phrases
    assert found == {}


def test_docstrings_and_comments_of_tests_are_in_plain_english() -> None:
    found = {}
    for path in TESTS:
        source = path.read_text()
        for text in (*docstrings(ast.parse(source)), *comments(source)):
            if phrases := wrong(text):
                found[name_of(path), text] = phrases
    assert found == {}


def test_a_phrase_is_found_in_a_sentence_and_across_lines() -> None:
    assert hits("It goes to the URL of\n   now. Once more.") == ["of now", "once more"]
    assert hits("`url_of_now` and forgood, if that is None") == []


def test_every_kind_of_text_in_code_is_searched() -> None:
    source = '''
"""A row of before."""
of_now = f"{1} of now"  # once
# more
def told(of: int = 1) -> None:
    """Is told."""
'''
    tree = ast.parse(source)
    found = sorted(phrase for text in texts(tree) for phrase in hits(text))
    assert found == ["is told", "of before", "of now"]
    found = sorted(phrase for text in docstrings(tree) for phrase in hits(text))
    assert found == ["is told", "of before"]
    assert [phrase for text in comments(source) for phrase in hits(text)] == ["once more"]


def test_all_that_people_read_is_searched() -> None:
    names = {path.name for path in (*DOCUMENTS, *CODE, *TESTS)}
    assert {"README.md", "start.md", "base.html", "llms.txt"} <= names
    assert {"problems.py", "service.py", "load.py", "conftest.py", "crawl.py"} <= names
