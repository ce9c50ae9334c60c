"""The example of an operation in Python, as the reference shows it: a call of the client."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

WIDTH = 80
STEP = "    "


def example(
    base: str, call: str, ids: Sequence[str], body: Mapping[str, Any] | None, kind: str
) -> str:
    """`call` is `webhooks.create`; `kind` what comes back: `page`, `list`, `object`, `nothing`."""
    arguments = [_literal(one) for one in ids]
    arguments += [f"{name}={_literal(value)}" for name, value in (body or {}).items()]
    called = _laid_out(f"client.{call}(", arguments, ")")
    return "\n".join(
        [
            "from hookline import Hookline",
            "",
            f'client = Hookline(base_url="{base}")',
            *_used(called, kind),
        ]
    )


def _used(called: str, kind: str) -> Iterator[str]:
    if kind in ("page", "list"):
        yield f"for one in {called}:"
        yield f"{STEP}print(one)"
    elif kind == "object":
        yield f"answer = {called}"
        yield "print(answer)"
    else:
        yield called


def _literal(value: object) -> str:
    if isinstance(value, Mapping):
        return _laid_out(
            "{", [f"{_quoted(name)}: {_literal(one)}" for name, one in value.items()], "}"
        )
    if isinstance(value, list):
        return _laid_out("[", [_literal(one) for one in value], "]")
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    shown = repr(text)
    return shown if '"' in text or "\\" in shown else f'"{text}"'


def _laid_out(start: str, parts: Sequence[str], end: str) -> str:
    """On one line, or one part on each."""
    line = start + ", ".join(parts) + end
    if len(line) <= WIDTH and "\n" not in line:
        return line
    inner = "".join(f"{STEP}{part},\n".replace("\n", f"\n{STEP}")[: -len(STEP)] for part in parts)
    return f"{start}\n{inner}{end}"
