"""The fingerprints of the encryption keys in use. They cannot decrypt anything."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Moment


class EncryptionKey(Model):
    """`first_since` is when a start last found it as the first key, which encrypts."""

    __tablename__ = "encryption_keys"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    first_since: Mapped[Moment]
