"""Recipients as people write them: the address of a name and an address is kept."""

import pytest

from webhooks_app.channels.email.addresses import recipient


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada Lovelace <ada@example.com>", "ada@example.com"),
        ('"Lovelace, Ada" <ada@example.com>', "ada@example.com"),
        (" <ada@example.com> ", "ada@example.com"),
        ("Ada <ada@exämple.com>", "ada@xn--exmple-cua.com"),
        ("Ada ada@example.com", None),
        ("Ada <>", None),
        ("Ada <ada@example.com>, Bob <bob@example.com>", None),
        ("Ada <ada@example.com>\r\nBcc: eve@example.com", None),
    ],
)
def test_a_recipient_is_one_address_with_or_without_a_name(written: str, kept: str | None) -> None:
    assert recipient(written) == kept
