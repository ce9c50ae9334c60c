"""The documentation: the Markdown files in `docs/`, and the pages made from them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup
from mdit_py_plugins.anchors import anchors_plugin

from webhooks_app.lib.folders import folder
from webhooks_app.web.reference import PROBLEMS

FOLDER = folder("docs")
# By reader, in reading order.
FOR_READERS = {
    "Use Hookline": (
        "start",
        "verify",
        "deliveries",
        "live",
        "dashboard",
        "email",
        "digests",
        "chat",
        "accounts",
        "tour",
    ),
    "Write programs": ("api", "python", "typescript", "commands", "compatibility"),
    "Run it": ("install", "operating", "upgrading", "runbook", "benchmarks"),
    "Change it": ("architecture",),
}


@dataclass(frozen=True)
class Document:
    name: str
    text: str

    @property
    def title(self) -> str:
        return self.text.partition("\n")[0].removeprefix("# ")

    @cached_property
    def summary(self) -> str:
        """Its first sentence, in plain text."""
        tokens = READER.parse(self.text)
        paragraphs = (
            tokens[at + 1] for at, one in enumerate(tokens) if one.type == "paragraph_open"
        )
        first = next((_plain(one) for one in paragraphs), "")
        return re.split(r"(?<=[.:])\s", first, maxsplit=1)[0].rstrip(":")

    @cached_property
    def html(self) -> Markup:
        return Markup(READER.render(self.text))  # noqa: S704 - our own text, with raw HTML escaped

    @cached_property
    def headings(self) -> Sequence[tuple[str, str]]:
        """The anchor and text of each section."""
        tokens = READER.parse(self.text)
        return [
            (str(one.attrGet("id")), _plain(tokens[at + 1]))
            for at, one in enumerate(tokens)
            if one.type == "heading_open" and one.tag == "h2"
        ]


def _plain(inline: Token) -> str:
    return "".join(" " if one.type == "softbreak" else one.content for one in inline.children or ())


def _table_open(_own: RendererHTML, tokens: Sequence[Token], at: int, *_: object) -> str:
    number = sum(one.type == "table_open" for one in tokens[: at + 1])
    return f'<div class="scroll" tabindex="0" role="region" aria-label="Table {number}"><table>\n'


def _table_close(*_: object) -> str:
    return "</table></div>\n"


def _th_open(_own: RendererHTML, tokens: Sequence[Token], at: int, *_: object) -> str:
    """Make empty headings of a table plain cells: a heading must have text."""
    return "<th>" if tokens[at + 1].content else "<td>"


def _th_close(_own: RendererHTML, tokens: Sequence[Token], at: int, *_: object) -> str:
    return "</th>" if tokens[at - 1].content else "</td>"


def _td_open(
    own: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, _: object
) -> str:
    """A kind of problem can be linked to, by the `type` of the problem."""
    if (slug := tokens[at + 1].content.strip("`")) in PROBLEMS:
        tokens[at].attrSet("id", slug)
    return own.renderToken(tokens, at, options, {})


def _fence(_own: RendererHTML, tokens: Sequence[Token], at: int, *_args: object) -> str:
    return f'<pre tabindex="0"><code>{escapeHtml(tokens[at].content)}</code></pre>\n'


def _link_open(
    own: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, _: object
) -> str:
    """Turn links between files into links between pages."""
    link = tokens[at]
    link.attrSet("href", re.sub(r"^([a-z]+)\.md\b", r"\1", str(link.attrGet("href"))))
    return own.renderToken(tokens, at, options, {})


def _reader() -> MarkdownIt:
    reader = MarkdownIt("js-default").use(anchors_plugin, max_level=3)
    for rule in (_table_open, _table_close, _th_open, _th_close, _td_open, _fence, _link_open):
        reader.add_render_rule(rule.__name__.removeprefix("_"), rule)
    return reader


READER = _reader()


def _read() -> dict[str, Document]:
    found = {path.stem: Document(path.stem, path.read_text()) for path in FOLDER.glob("*.md")}
    order = [name for names in FOR_READERS.values() for name in names]
    return {name: found[name] for name in order if name in found}


DOCUMENTS = _read()
GROUPS = {
    reader: [DOCUMENTS[name] for name in names if name in DOCUMENTS]
    for reader, names in FOR_READERS.items()
}


class Section(NamedTuple):
    """A part of a document, or all of it with an empty `anchor`."""

    document: Document
    anchor: str
    words: str


def sections_named(text: str, most: int) -> list[Section]:
    """Documents and their parts that have the text in their heading, documents first."""
    whole = [Section(one, "", one.title) for one in DOCUMENTS.values()]
    parts = [Section(one, *part) for one in DOCUMENTS.values() for part in one.headings]
    wanted = text.lower()
    return [one for one in (*whole, *parts) if wanted in one.words.lower()][:most]
