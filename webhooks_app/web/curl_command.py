"""A request as a command that sends it again, to be pasted into a shell."""

import shlex
from collections.abc import Mapping


def curl(url: str, headers: Mapping[str, str], body: str) -> str:
    lines = [f"curl -X POST {shlex.quote(url)}"]
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    lines.append(f"--data-raw {shlex.quote(body)}")
    return " \\\n  ".join(lines)
