"""A software authenticator: answers both ceremonies of WebAuthn as a phone would, or wrongly where a test wants it."""

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "caisse.example.net"
ORIGIN = "https://caisse.example.net"
PRESENT, VERIFIED, ATTESTED = 1, 4, 64


def b64(data: bytes) -> str:
    """Base64url without padding, as browsers have it."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Authenticator:
    """An authenticator with one ES256 key, as a phone has it (attestation "none")."""

    def __init__(self, *, host: str = HOST, origin: str = ORIGIN, flags: int = PRESENT | VERIFIED) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.id = hashlib.sha256(str(self._key.private_numbers().private_value).encode()).digest()
        self.host, self.origin, self.flags = host, origin, flags
        self.count = 0

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": self.origin}).encode()

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """What ``navigator.credentials.create`` answers."""
        import cbor2

        numbers = self._key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        data = self._data(self.flags | ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options)
        response = {"clientDataJSON": b64(client), "attestationObject": b64(attestation)}
        return {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "response": response}

    def get(self, options: dict[str, Any], *, counts: bool = True) -> dict[str, Any]:
        """What ``navigator.credentials.get`` answers."""
        self.count += counts
        client, data = self._client("webauthn.get", options), self._data(self.flags)
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature)}
        return {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "response": response}
