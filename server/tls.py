"""TLS inside a shop's own network: a local authority, and certificates that it signs for this server's names."""

import datetime
import ipaddress
import os
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

FOLDER = "tls"
AUTHORITY, AUTHORITY_KEY = "authority.pem", "authority.key"
CERTIFICATE, KEY = "server.pem", "server.key"
AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 397  # browsers accept no longer ones
RENEW_DAYS = 30
DAY = datetime.timedelta(days=1)


def ensure(data: Path, names: Iterable[str], now: datetime.datetime) -> Path:
    """Makes what is missing, runs out or does not name all of ``names``; returns the authority's certificate, which
    tills and browsers are told to trust. All files are for their owner alone (0600)."""
    folder = data / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    wanted = sorted(set(names))
    if not _good(folder / AUTHORITY, folder / AUTHORITY_KEY, None, now):
        _make_authority(folder, now)
    if not _good(folder / CERTIFICATE, folder / KEY, wanted, now, issuer=folder / AUTHORITY):
        _make_certificate(folder, wanted, now)
    return folder / AUTHORITY


def _good(
    certificate: Path, key: Path, names: list[str] | None, now: datetime.datetime, issuer: Path | None = None
) -> bool:
    if not (certificate.exists() and key.exists()):
        return False
    made = x509.load_pem_x509_certificate(certificate.read_bytes())
    if made.not_valid_after_utc - now < RENEW_DAYS * DAY:
        return False
    if issuer is not None:
        authority = x509.load_pem_x509_certificate(issuer.read_bytes())
        try:
            made.verify_directly_issued_by(authority)
        except (ValueError, TypeError, InvalidSignature):
            return False
    if names is None:
        return True
    said = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return sorted(str(name.value) for name in said) == names


def _make_authority(folder: Path, now: datetime.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Guichet, autorité de cette boutique")])
    made = (
        _begin(name, name, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(folder / AUTHORITY_KEY, _pem(key))
    _write(folder / AUTHORITY, made.public_bytes(serialization.Encoding.PEM))


def _make_certificate(folder: Path, names: list[str], now: datetime.datetime) -> None:
    authority = x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes())
    signer = serialization.load_pem_private_key((folder / AUTHORITY_KEY).read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    made = (
        _begin(name, authority.subject, key.public_key(), now, CERTIFICATE_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_name(each) for each in names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    _write(folder / KEY, _pem(key))
    _write(folder / CERTIFICATE, made.public_bytes(serialization.Encoding.PEM))


def _begin(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime.datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)  # a till's clock may be behind
        .not_valid_after(now + days * DAY)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        return x509.DNSName(text)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, and never readable by others in between."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
