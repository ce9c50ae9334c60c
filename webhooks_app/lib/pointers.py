"""Faults: what is wrong, and exactly where."""

from dataclasses import dataclass, replace
from urllib.parse import quote

# Nobody reads more of them at once, and finding all may take long.
MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Fault:
    """`detail` is a sentence for the sender; `at` says where.

    `kind` says what `at` is: a `pointer` into the JSON body (`#/conditions/0/operator`), the name
    of a query `parameter`, or of a `header`. `status` is what HTTP calls this kind of fault.
    """

    at: str
    detail: str
    kind: str = "pointer"
    status: int = 422

    def below(self, *tokens: str | int) -> "Fault":
        """The same fault, for a document that contains this one at `tokens`."""
        return replace(self, at=pointer(*tokens) + self.at.removeprefix("#"))


class Invalid(Exception):
    """The input is not valid; `faults` holds at least the first `MOST_FAULTS` faults."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.at}: {fault.detail}" for fault in faults))
        self.faults = faults


def pointer(*tokens: str | int) -> str:
    """A JSON pointer as a URI fragment (RFC 6901 §6): `pointer("a/b", 0)` is `#/a~1b/0`."""
    return "#" + "".join(f"/{_escaped(str(token))}" for token in tokens)


def _escaped(token: str) -> str:
    return quote(token.replace("~", "~0").replace("/", "~1"), safe="~!$&'()*+,;=:@")
