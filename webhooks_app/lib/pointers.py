"""What is wrong, and exactly where."""

from dataclasses import dataclass, replace
from urllib.parse import quote

# Nobody reads more of them at once, and to find them all may take long.
MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Fault:
    """`detail` is a sentence for whoever sent it; `at` says where.

    `kind` says what `at` is: a `pointer` into the JSON body (`#/conditions/0/operator`), the name
    of a query `parameter`, or of a `header`. `status` is what HTTP calls this kind of fault.
    """

    at: str
    detail: str
    kind: str = "pointer"
    status: int = 422

    def below(self, *tokens: str | int) -> "Fault":
        """The same fault, seen from the document that holds this one at `tokens`."""
        return replace(self, at=pointer(*tokens) + self.at.removeprefix("#"))


class Invalid(Exception):
    """Something that was sent cannot be used; `faults` says what is wrong with it, the first
    `MOST_FAULTS` at least."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.at}: {fault.detail}" for fault in faults))
        self.faults = faults


def pointer(*tokens: str | int) -> str:
    """A JSON pointer as URI fragment (RFC 6901 §6): `pointer("a/b", 0)` is `#/a~1b/0`."""
    return "#" + "".join(f"/{_escaped(str(token))}" for token in tokens)


def _escaped(token: str) -> str:
    return quote(token.replace("~", "~0").replace("/", "~1"), safe="~!$&'()*+,;=:@")
