"""What a browser sends of a form that nobody touched (HTML, "constructing the entry list")."""

import re
from html.parser import HTMLParser

LINE_END = re.compile(r"\r\n?|\n")
BUTTONS = ("submit", "button", "image", "reset", "file")


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.entries: list[list[tuple[str, str]]] = []
        self._inside = False
        self._textarea: str | None = None
        self._text = ""
        self._select: tuple[str, bool] | None = None
        self._options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.entries.append([])
            self._inside = True
        elif tag == "input" and self._inside:
            self._input(given)
        elif tag == "textarea":
            self._textarea, self._text = given.get("name", ""), ""
        elif tag == "select":
            self._select, self._options = (given.get("name", ""), "multiple" in given), []
        elif tag == "option":
            self._options.append((given.get("value", ""), "selected" in given))

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea" and self._textarea is not None:
            text = LINE_END.sub("\n", self._text).removeprefix("\n")
            self._add(self._textarea, LINE_END.sub("\r\n", text))
            self._textarea = None
        elif tag == "select" and self._select is not None:
            name, many = self._select
            chosen = [value for value, selected in self._options if selected]
            for value in chosen if many else (chosen or [self._options[0][0]])[-1:]:
                self._add(name, value)
            self._select = None

    def _input(self, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        if kind in BUTTONS or given.get("form") == "none":
            return
        if kind in ("checkbox", "radio"):
            if "checked" in given:
                self._add(given.get("name", ""), given.get("value", "on"))
        else:
            self._add(given.get("name", ""), LINE_END.sub("", given.get("value", "")))

    def _add(self, name: str, value: str) -> None:
        if name and self._inside:
            self.entries[-1].append((name, value))


def untouched(page: str, having: str) -> dict[str, list[str]]:
    """The fields of the form on a page that has a field called `having`, as they would be sent."""
    parser = _Forms()
    parser.feed(page)
    [entries] = [one for one in parser.entries if any(name == having for name, _ in one)]
    fields: dict[str, list[str]] = {}
    for name, value in entries:
        fields.setdefault(name, []).append(value)
    return fields
