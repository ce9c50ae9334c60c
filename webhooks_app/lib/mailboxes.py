"""A mailbox: an e-mail address, perhaps with a name before it (RFC 5322 section 3.4)."""

from email.utils import parseaddr
from functools import lru_cache

import idna


@lru_cache(maxsize=256)
def mailbox_of(text: str) -> tuple[str, str]:
    """The name, which may be empty, and the address in ASCII, an international domain as `xn--…`.

    Raises ValueError with a reason.
    """
    if not text.isprintable():
        raise ValueError("it contains a line break or a control character")
    name, address = parseaddr(text)
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        raise ValueError(f"{address} has letters before the @ that are not ASCII")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode()
        except idna.IDNAError as error:
            raise ValueError(f"{domain} is not a domain name") from error
    return name, f"{local}@{domain}"
