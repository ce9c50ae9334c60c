"""Lists of paths to fields, as people and producers give them."""

from collections.abc import Iterator, Sequence

from webhooks_app.lib.pointers import Fault, pointer
from webhooks_app.matching.conditions import is_path


def path_faults(paths: Sequence[str], most: int) -> Iterator[Fault]:
    """As the list itself."""
    if len(paths) > most:
        yield Fault("#", f"There are at most {most} fields.")
    for index, path in enumerate(paths):
        if not is_path(path):
            yield Fault(pointer(index), "Name a field, as `stage` or `data.owner.email`.")
