"""The tests' own certificate authority."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


class Authority:
    """`file` is what clients are to trust; `server_file` has the last certificate and its key."""

    def __init__(self, folder: Path, name: str = "authority of the tests") -> None:
        self._folder = folder
        self._name = _named(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / "authority.pem"
        self.server_file = folder / "server.pem"
        now = datetime.now(UTC)
        constraint = x509.BasicConstraints(ca=True, path_length=None)
        own = (
            _built(self._name, self._key, now - DAY, now + DAY)
            .issuer_name(self._name)
            .add_extension(constraint, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.file.write_bytes(own.public_bytes(Encoding.PEM))

    def server(
        self,
        host: str = "localhost",
        starts: datetime | None = None,
        ends: datetime | None = None,
        self_signed: bool = False,
    ) -> ssl.SSLContext:
        """A server's context with a certificate for `host`."""
        now = datetime.now(UTC)
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = (_named(host), key) if self_signed else (self._name, self._key)
        certificate = (
            _built(_named(host), key, starts or now - DAY, ends or now + DAY)
            .issuer_name(issuer[0])
            .add_extension(x509.SubjectAlternativeName([_alternative(host)]), critical=False)
            .sign(issuer[1], hashes.SHA256())
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.server_file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
        return context_of(self.server_file)


def context_of(file: Path) -> ssl.SSLContext:
    """A server's, with the key and certificate in `file`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _built(
    name: x509.Name, key: ec.EllipticCurvePrivateKey, starts: datetime, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
    )
