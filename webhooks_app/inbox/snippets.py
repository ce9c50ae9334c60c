"""Ready-made code for receivers: how to check the signature of a wire format."""

from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from webhooks_app.channels.webhook.formats import wire_format
from webhooks_app.channels.webhook.formats.body_signed import BodySigned
from webhooks_app.channels.webhook.formats.standard import Standard
from webhooks_app.lib.folders import folder

LANGUAGES = {
    "Python": "python",
    "TypeScript": "typescript",
    "Node": "node",
    "Go": "go",
    "PHP": "php",
    "Ruby": "ruby",
}

_templates = Environment(
    autoescape=False,  # noqa: S701 - this is code, and the page that shows it escapes it
    loader=FileSystemLoader(folder("templates") / "verification"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


class Snippet(NamedTuple):
    language: str
    code: str


def snippets(name: str) -> list[Snippet]:
    """A small receiver in each language that verifies this wire format.

    Standard libraries only, except for Flask in Python, Rack in Ruby, and our own package in
    TypeScript. Empty for a format without signature. Raises ValueError for an unknown wire format.
    """
    format_ = wire_format(name)
    if format_.signature_header is None:
        return []
    values = {"name": name, "scheme": name, "header": "", "prefix": "", "family": ""}
    values["encoding"] = "base64"
    if isinstance(format_, BodySigned):
        values |= {"scheme": "body", "header": format_.sent_as, "prefix": format_.prefix}
        values["encoding"] = format_.encoding
    elif isinstance(format_, Standard):
        values |= {"scheme": "standard", "family": format_.family}
    elif name == "stripe":
        values["encoding"] = "hex"
    return [
        Snippet(language, _templates.get_template(f"{file}.jinja").render(values))
        for language, file in LANGUAGES.items()
    ]
