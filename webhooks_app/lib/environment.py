"""Environment variables: their values, also from files, and misspelt names."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from webhooks_app.lib.starting import BadSetting

FILE = "_FILE"
SHORTEST = 6  # for shorter names, another program's variable may be one edit away


def value_of(environ: Mapping[str, str], name: str, *, secret: bool) -> str:
    """The value of that variable, empty if it is not set. Raises `BadSetting`.

    A secret's value may be in a file that `<name>_FILE` names.
    """
    value, path = environ.get(name, ""), environ.get(name + FILE, "") if secret else ""
    if value and path:
        raise BadSetting(f"{name} and {name}{FILE} are both set: keep one of them")
    return _content(name + FILE, Path(path)) if path else value


def is_set(environ: Mapping[str, str], name: str) -> bool:
    return bool(environ.get(name) or environ.get(name + FILE))


def _content(variable: str, path: Path) -> str:
    try:
        text = path.read_text().strip()
    except OSError as error:
        raise BadSetting(f"{variable}: {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadSetting(f"{variable}: {path} is not a text in UTF-8") from error
    if not text:
        raise BadSetting(f"{variable}: {path} is empty")
    return text


def misspelt(environ: Collection[str], known: Collection[str]) -> Iterator[tuple[str, str]]:
    """Variables that are almost a `known` one, each with the one that was probably meant."""
    for variable in sorted(set(environ) - set(known)):
        for name in known:
            if len(name) >= SHORTEST and _is_one_edit_away(variable, name):
                yield variable, name


def _is_one_edit_away(one: str, other: str) -> bool:
    """Whether they differ by one character more, fewer or different, or by two swapped ones."""
    pairs = enumerate(zip(one, other, strict=False))
    start = next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
    a, b = one[start:], other[start:]
    swapped = a[:2] == b[1::-1] and a[2:] == b[2:]
    return swapped or a[1:] == b or a == b[1:] or a[1:] == b[1:]
