"""The token of an unsubscribe link: signed, so that it needs no log-in (RFC 8058)."""

from functools import lru_cache

from itsdangerous import BadSignature, URLSafeSerializer

MOST_KEPT = 4096


class Unsubscribing:
    """Tokens that name an address and the subscription it unsubscribes from.

    They never expire: a mail may be read years later.
    """

    def __init__(self, secret_key: str) -> None:
        self._serializer = URLSafeSerializer(secret_key, salt="unsubscribe")
        # The mails of an action go to the same few, and to sign takes a tenth of writing a mail.
        self.token = lru_cache(MOST_KEPT)(self._token)

    def _token(self, subscription_id: str, address: str) -> str:
        token: str | bytes = self._serializer.dumps([subscription_id, address])
        return token if isinstance(token, str) else token.decode()

    def read(self, token: str) -> tuple[str, str]:
        """The subscription's id and the address. Raises ValueError for a token that is not ours."""
        try:
            subscription_id, address = self._serializer.loads(token)
        except BadSignature as error:
            raise ValueError("This link is not valid.") from error
        return subscription_id, address
