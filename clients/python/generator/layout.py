"""How generated code is laid out."""

import subprocess
import sys
import textwrap

HEAD = (
    '"""{}\n\nMade from docs/openapi.json by `make client`: do not edit.\n"""\n\n'
    "from __future__ import annotations\n"
)
WIDTH = 98


def docstring(text: str, indent: int) -> str:
    """Empty for an empty text. Lines can be items of a list."""
    if not text:
        return ""
    margin = " " * indent
    lines = [
        line
        for given in text.replace("\\", "\\\\").split("\n")
        for line in _wrapped(given, WIDTH - indent - 3)
    ]
    if len(lines) == 1:
        return f'{margin}"""{lines[0]}"""'
    body = "\n".join(f"{margin}{line}".rstrip() for line in lines)
    return f'{margin}"""{body.lstrip()}\n{margin}"""'


def _wrapped(line: str, width: int) -> list[str]:
    margin = "  " if line.startswith("- ") else ""
    return textwrap.wrap(line, width, subsequent_indent=margin) or [""]


def formatted(source: str) -> str:
    """As `ruff` leaves it."""
    for command in (
        ["check", "--quiet", "--fix-only", "--select", "I,F401,UP", "-"],
        ["format", "-"],
    ):
        ran = subprocess.run(  # noqa: S603 - our own source
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", "hookline/generated.py"],
            input=source,
            capture_output=True,
            text=True,
            check=True,
        )
        source = ran.stdout
    return source
