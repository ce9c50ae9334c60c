"""A software authenticator (W3C Web Authentication §6): creates passkeys, signs with them."""

import json
import os
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

P256 = ec.SECP256R1()
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """`verifies`: it asked for a finger, a face or a PIN."""

    origin: str
    verifies: bool = True
    id: bytes = field(default_factory=lambda: os.urandom(32))
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(P256))

    def register(self, options: dict[str, Any], **more: Any) -> str:
        """What `navigator.credentials.create` answers, as JSON."""
        credential = b"".join((bytes(16), len(self.id).to_bytes(2, "big"), self.id, self._cose()))
        data = self._data(options["rp"]["id"], ATTESTED) + credential
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"], **more)
        return self._answer(client, attestationObject=attestation)

    def sign(self, options: dict[str, Any], **more: Any) -> str:
        """What `navigator.credentials.get` answers, as JSON."""
        self.count += 1
        data = self._data(options["rpId"], 0)
        client = self._client("webauthn.get", options["challenge"], **more)
        signed = data + sha256(client).digest()
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return self._answer(client, authenticatorData=data, signature=signature)

    def _data(self, host: str, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, origin: str | None = None) -> bytes:
        client = {"type": kind, "challenge": challenge, "origin": origin or self.origin}
        return json.dumps(client | {"crossOrigin": False}).encode()

    def _answer(self, client: bytes, **response: bytes) -> str:
        id_ = bytes_to_base64url(self.id)
        texts = {name: bytes_to_base64url(value) for name, value in response.items()}
        texts["clientDataJSON"] = bytes_to_base64url(client)
        return json.dumps({"id": id_, "rawId": id_, "type": "public-key", "response": texts})

    def _cose(self) -> bytes:
        point = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (point.x, point.y))
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
