"""Mails from `templates/email/<name>/{subject.txt,body.txt,body.html}`. HTML is escaped."""

from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from webhooks_app.lib.folders import folder

TEMPLATES = folder("templates")

# A separate environment, since engines write mails outside any application context.
_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=select_autoescape(("html",), default=False),
    undefined=StrictUndefined,
    auto_reload=False,
)


class Written(NamedTuple):
    """`subject` is one line."""

    subject: str
    text: str
    html: str


def render(name: str, **context: object) -> Written:
    subject, text, html = (
        _environment.get_template(f"email/{name}/{part}").render(context)
        for part in ("subject.txt", "body.txt", "body.html")
    )
    return Written(one_line(subject), text, html)


def one_line(text: str) -> str:
    """The text for a header, without control characters, line breaks and lone surrogates."""
    if text.isprintable():
        return " ".join(text.split())
    storable = text.encode(errors="replace").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in storable).split())
