"""Signing, against AWS's published example and against botocore."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import time_machine
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from wharfside_sdk import sigv4

NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def test_the_published_example_get_vanilla():
    headers = sigv4.sign_headers(
        sigv4.Credentials(KEY, SECRET), method="GET", raw_path="/", raw_query="",
        headers={"Host": "example.amazonaws.com"}, body_sha256=sigv4.EMPTY_SHA256,
        region="us-east-1", service="service", now=NOW,
    )  # fmt: skip
    assert headers == {
        "X-Amz-Date": "20150830T123600Z",
        "Authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date, "
        "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    }


def test_canonical_paths():
    for raw, canonical in (
        ("", "/"), ("/", "/"), ("//", "/"), ("/a//b/", "/a/b/"), ("/a/./b", "/a/b"), ("/a/../..", "/"),
        ("/a%20b", "/a%2520b"), ("/~a+b", "/~a%2Bb"),
    ):  # fmt: skip
        assert sigv4.canonical_path(raw) == canonical


def test_canonical_queries():
    for raw, canonical in (
        ("b=1&a=2", "a=2&b=1"), ("a=2&a=1", "a=1&a=2"), ("a", "a="), ("a-b=1&a=2", "a=2&a-b=1"), ("a=x+y", "a=x%20y"),
        ("a=%7e%2f", "a=~%2F"), ("a=%ff&&a=%fe", "a=%FE&a=%FF"), ("X-Amz-Signature=1&a=%zz", "a=%25zz"),
    ):  # fmt: skip
        assert sigv4.canonical_query(raw) == canonical


@time_machine.travel(NOW, tick=False)
def test_headers_are_signed_as_botocore_signs_them():
    body = b'{"a":1}'
    request = AWSRequest("POST", "http://h:5000/a/b?c=d", {"X-Amz-Target": " a  b ", "User-Agent": "x"}, body)
    SigV4Auth(Credentials(KEY, SECRET, "token"), "ecr", "eu-west-1").add_auth(request)
    ours = sigv4.sign_headers(
        sigv4.Credentials(KEY, SECRET, "token"), method="POST", raw_path="/a/b", raw_query="c=d",
        headers={"Host": "h:5000", "X-Amz-Target": " a  b ", "User-Agent": "y"},
        body_sha256=hashlib.sha256(body).hexdigest(), region="eu-west-1", service="ecr", now=NOW,
    )  # fmt: skip
    assert ours == {name: request.headers[name] for name in ours}


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("url", ["https://sts.example.com:443/?Action=GetCallerIdentity", "http://h:5000/?a=b%20c"])
@pytest.mark.parametrize("token", [None, "a/b+c="])
def test_urls_are_presigned_as_botocore_presigns_them(url, token):
    request = AWSRequest("GET", url, {"X-K8s-Aws-Id": "c"})
    SigV4QueryAuth(Credentials(KEY, SECRET, token), "sts", "eu-west-1", expires=60).add_auth(request)
    ours = sigv4.presign_url(
        sigv4.Credentials(KEY, SECRET, token), method="GET", url=url, region="eu-west-1", service="sts", now=NOW,
        expires=60, headers={"X-K8s-Aws-Id": "c"},
    )  # fmt: skip
    assert sigv4.canonical_query(urlsplit(ours).query) == sigv4.canonical_query(urlsplit(str(request.url)).query)
    assert ours.rpartition("=")[2] == str(request.url).rpartition("=")[2]


@pytest.mark.parametrize("expires", [0, 604_801])
def test_expiry_of_a_presigned_url_is_bounded(expires):
    with pytest.raises(ValueError, match="1 to 604800"):
        sigv4.presign_url(
            sigv4.Credentials(KEY, SECRET), method="GET", url="http://h/", region="r", service="s", now=NOW,
            expires=expires,
        )  # fmt: skip
