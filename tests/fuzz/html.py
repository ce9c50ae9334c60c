"""The forms of a page."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class HtmlForm:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[HtmlForm] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(HtmlForm(found.get("action", ""), found.get("method", "get").lower()))
        elif self.forms and tag in ("input", "select", "textarea", "button") and "name" in found:
            self.forms[-1].fields.setdefault(found["name"], found.get("value", ""))
        elif self.forms and tag == "option" and "selected" in found and self.forms[-1].fields:
            self.forms[-1].fields[list(self.forms[-1].fields)[-1]] = found.get("value", "")


def forms_of(page: str) -> list[HtmlForm]:
    reader = _Reader()
    reader.feed(page)
    return reader.forms
