"""The signed, expiring token in a link by which an address confirms that it wants mails."""

from datetime import timedelta

from itsdangerous import BadSignature, URLSafeTimedSerializer

VALID = timedelta(days=7)


class Confirming:
    """Tokens that name an address and the organisation it answers."""

    def __init__(self, secret_key: str) -> None:
        self._serializer = URLSafeTimedSerializer(secret_key, salt="confirm-address")

    def token(self, organisation_id: str, address: str) -> str:
        token: str | bytes = self._serializer.dumps([organisation_id, address])
        return token if isinstance(token, str) else token.decode()

    def read(self, token: str) -> tuple[str, str]:
        """The organisation's id and the address.

        Raises ValueError for a token that is not ours or has expired.
        """
        try:
            organisation_id, address = self._serializer.loads(
                token, max_age=int(VALID.total_seconds())
            )
        except BadSignature as error:
            raise ValueError("This link is not valid or has expired.") from error
        return organisation_id, address
