"""The certificate is read, read again, and whatever is wrong with it is said with the setting and the file."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization  # trustme stands on it

from pelton.server.receive.tls import Certificate, TlsError
from tests.certificates import written


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return written(tmp_path)


def refused(certificate: Path, key: Path) -> str:
    with pytest.raises(TlsError) as caught:
        Certificate(str(certificate), str(key))
    return str(caught.value)


def test_a_right_one_gives_a_context_for_tls_1_2_and_newer(files: tuple[Path, Path]) -> None:
    context = Certificate(*map(str, files)).current()
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_NONE


def test_a_file_that_cannot_be_read_is_named(files: tuple[Path, Path], tmp_path: Path) -> None:
    certificate, key = files
    gone = tmp_path / "gone.pem"
    assert refused(gone, key) == f"server.tls_certificate: {gone} cannot be read: No such file or directory"
    assert refused(certificate, gone) == f"server.tls_key: {gone} cannot be read: No such file or directory"
    assert refused(tmp_path, key) == f"server.tls_certificate: {tmp_path} cannot be read: Is a directory"


def test_files_that_were_mixed_up_are_named(files: tuple[Path, Path]) -> None:
    certificate, key = files
    assert refused(key, certificate).startswith(f"server.tls_certificate: {key} is no such PEM file; ")
    assert refused(certificate, certificate).startswith(f"server.tls_key: {certificate} is no such PEM file; ")


def test_a_key_of_another_certificate_is_said(files: tuple[Path, Path], tmp_path: Path) -> None:
    certificate, _ = files
    _, other = written(tmp_path, "other")
    assert refused(certificate, other) == f"server.tls_key: {other} is not the key of the certificate in {certificate}"


def test_a_broken_file_is_said(files: tuple[Path, Path]) -> None:
    certificate, key = files
    text = certificate.read_text()
    certificate.write_text(text[:100] + "\n" + text[-30:])
    assert refused(certificate, key).startswith(
        f"server.tls_certificate and server.tls_key: {certificate} and {key} cannot be used ("
    )


def test_a_key_with_a_password_is_said_and_nobody_is_asked(files: tuple[Path, Path]) -> None:
    certificate, key = files
    plain = serialization.load_pem_private_key(key.read_bytes(), None)
    form = serialization.PrivateFormat.PKCS8
    secret = serialization.BestAvailableEncryption(b"secret")
    key.write_bytes(plain.private_bytes(serialization.Encoding.PEM, form, secret))
    assert refused(certificate, key) == f"server.tls_key: {key} is encrypted; nobody is there to ask for its password"


def test_a_renewed_one_is_taken_and_a_broken_one_is_not(
    files: tuple[Path, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    certificate, key = files
    found = Certificate(str(certificate), str(key))
    first = found.current()
    renewed_certificate, renewed_key = written(tmp_path, "renewed")
    certificate.write_bytes(renewed_certificate.read_bytes())
    with caplog.at_level(logging.INFO):
        assert not found.reload(), "its key is still the old one"
        assert found.current() is first
        key.write_bytes(renewed_key.read_bytes())
        assert found.reload()
    assert found.current() is not first
    assert caplog.messages == [
        f"the old certificate stays: server.tls_key: {key} is not the key of the certificate in {certificate}",
        f"new connections get the certificate that is in {certificate} now",
    ]
