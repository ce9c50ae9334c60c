"""What people search for in lists, on pages and in the API."""

from webhooks_app.matching.paths import is_path

LONGEST_TEXT = 200


def searched(text: str) -> str:
    """Raises ValueError with a sentence for people, as does `field_and_text`."""
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise ValueError(f"Search for at most {LONGEST_TEXT} characters.")
    return text


def field_and_text(asked: str) -> tuple[str, str]:
    """`email: ada@example.com`."""
    path, colon, text = (part.strip() for part in searched(asked).partition(":"))
    if not colon or not text or not is_path(path):
        raise ValueError("Write a field and its value, such as email: ada@example.com.")
    return path, text
