"""Lengths of time as people say them."""

UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def duration(seconds: float) -> str:
    """The two largest units that are not nothing: `1 min`, `2 h 36 min`, `250 ms`."""
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    left, parts = round(seconds), []
    for size, name in UNITS:
        if count := left // size:
            parts.append(f"{count} {name}")
            left -= count * size
    return " ".join(parts[:2])
