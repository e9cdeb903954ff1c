"""Encryption domains."""

import pytest

from wharfside.core.encryption import AES256, PLAIN, Encryption, domain_of, encryption_of, layers_of

KEY = "arn:aws:kms:eu-central-1:123456789012:key/0b5f64a2-1c8e-4f6d-9a53-7e20c4b19d1c"


@pytest.mark.parametrize(
    ("encryption", "domain", "layers"),
    [
        (None, PLAIN, 0),
        (AES256, "aes256", 1),
        (Encryption("KMS", KEY), f"kms:{KEY}", 1),
        (Encryption("KMS_DSSE", KEY), f"kms_dsse:{KEY}", 2),
    ],
)
def test_domains_say_how_what_is_in_them_is_encrypted(encryption: Encryption | None, domain: str, layers: int) -> None:
    assert domain_of(encryption) == domain
    assert encryption_of(domain) == encryption
    assert layers_of(domain) == layers


@pytest.mark.parametrize("text", ["", "AES256", "aes256:key", "kms", "kms:", "kms_dsse:", "rot13", f"Kms:{KEY}"])
def test_other_texts_are_no_domains(text: str) -> None:
    with pytest.raises(ValueError, match="not an encryption domain"):
        encryption_of(text)
