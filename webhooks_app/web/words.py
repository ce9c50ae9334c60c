"""Lengths of time and browsers as people say them."""

UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
# Those that call themselves like others, too, come before them.
BROWSERS = {
    "Edg/": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


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


def browser(user_agent: str) -> str:
    """`Firefox on Windows`; the header as it came for what is none of the known ones."""
    name = next((said for sign, said in BROWSERS.items() if sign in user_agent), None)
    system = next((said for sign, said in SYSTEMS.items() if sign in user_agent), None)
    return f"{name} on {system}" if name and system else user_agent
