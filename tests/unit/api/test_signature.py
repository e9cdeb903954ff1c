"""Verification of signatures, against those that botocore makes."""

from __future__ import annotations

import contextlib
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from wharfside.api.signature import SignatureRefused, missing_token, parse_authorization, require_scope, verify
from wharfside_sdk import sigv4

KEY, SECRET = "AKIAEXAMPLE000000000", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
BODY = b'{"maxResults":3}'

text = st.text(st.characters(codec="utf-8"), max_size=12)
segments = st.lists(st.one_of(st.sampled_from(["", ".", "..", "v2", "a+b"]), text), max_size=5)
queries = st.lists(st.tuples(text, text), max_size=5)
values = st.text(st.sampled_from("abz019 -_=,;\"'/"), max_size=20)
extra_headers = st.dictionaries(st.sampled_from(["X-Amz-Target", "Content-Type", "X-Custom", "Accept"]), values)


class Sent:
    """A request as it arrives at the server."""

    def __init__(self, method, url, headers, body):
        parts = urlsplit(url)
        self.method, self.raw_path, self.raw_query, self.body = method, parts.path, parts.query, body
        self.headers = {"host": parts.netloc}
        for name, value in headers.items():
            self.headers[name.lower()] = value.decode() if isinstance(value, bytes) else str(value)

    def check(self, *, secret=SECRET, now=None):
        presented = parse_authorization(self.headers, self.raw_query)
        assert presented is not None
        verify(
            presented,
            method=self.method,
            raw_path=self.raw_path,
            raw_query=self.raw_query,
            headers=self.headers,
            body_sha256=hashlib.sha256(self.body).hexdigest(),
            secret=secret,
            now=now or datetime.now(UTC),
        )
        return presented

    def refusal(self, **how):
        with pytest.raises(SignatureRefused) as caught:
            self.check(**how)
        return caught.value


def signed(
    auth=SigV4Auth, *, method="POST", path="/", query="", headers=None, body=BODY, token=None, service="ecr", **more
):
    url = f"http://localhost:5000{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method=method, url=url, headers=headers or {}, data=body)
    auth(Credentials(KEY, SECRET, token), service, "eu-west-1", **more).add_auth(request)
    return Sent(method, request.url, dict(request.headers), body)


def encoded(pairs):
    return "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)


@given(segments, queries, extra_headers, st.binary(max_size=40))
def test_what_botocore_signs_is_accepted_and_any_change_is_refused(path, query, headers, body):
    pairs = [(name, value) for name, value in query if name]
    request = signed(
        path="/" + "/".join(quote(part, safe="") for part in path), query=encoded(pairs), headers=headers, body=body
    )
    assert request.check().access_key_id == KEY
    assert request.refusal(secret=SECRET + "x").code == "InvalidSignatureException"
    for name in {name.lower() for name in headers} | {"host"}:
        changed = signed(body=body, headers=headers)
        changed.headers[name] += "x"
        assert changed.refusal().code == "InvalidSignatureException"
    for member, value in (
        ("body", body + b"x"),
        ("raw_path", request.raw_path.rstrip("/") + "/x"),
        ("raw_query", request.raw_query + "&x=1"),
        ("method", "PUT"),
    ):
        was = getattr(request, member)
        setattr(request, member, value)
        assert request.refusal().message.startswith("The request signature we calculated does not match")
        setattr(request, member, was)


@given(st.data())
def test_one_flipped_bit_of_the_signature_or_the_body_is_refused(data):
    request = signed()
    if data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(BODY) - 1))
        request.body = BODY[:place] + bytes([BODY[place] ^ 1 << data.draw(st.integers(0, 7))]) + BODY[place + 1 :]
    else:
        authorization = request.headers["authorization"]
        place = len(authorization) - 1 - data.draw(st.integers(0, 63))
        flipped = chr(ord(authorization[place]) ^ 1 << data.draw(st.integers(0, 6)))
        request.headers["authorization"] = authorization[:place] + flipped + authorization[place + 1 :]
    assert request.refusal().code in ("InvalidSignatureException", "IncompleteSignatureException")


@given(queries, st.integers(60, 604_800), st.one_of(st.none(), st.text(st.sampled_from("ab+/="), min_size=1)))
def test_urls_that_botocore_presigns(query, expires, token):
    # botocore keeps the first of repeated names when it presigns
    query = encoded({name: value for name, value in query if name}.items())
    request = signed(SigV4QueryAuth, method="GET", query=query, body=b"", token=token, expires=expires)
    presented = request.check()
    assert (presented.presigned, presented.expires, presented.session_token) == (True, expires, token)
    for before, after in (("X-Amz-Expires=", "X-Amz-Expires=1"), ("eu-west-1", "eu-west-2")):
        changed = signed(SigV4QueryAuth, method="GET", body=b"", expires=60)
        changed.raw_query = changed.raw_query.replace(before, after)
        assert changed.refusal().message.startswith("The request signature we calculated does not match")


@given(st.text(st.sampled_from("abAB019-_=+/"), min_size=1, max_size=40), queries)
def test_session_tokens_in_headers(token, query):
    request = signed(query=encoded([(name, value) for name, value in query if name]), token=token)
    assert request.check().session_token == token
    request.headers["x-amz-security-token"] = token + "x"
    assert request.refusal().code == "InvalidSignatureException"
    del request.headers["x-amz-security-token"]
    assert request.refusal().code == "InvalidSignatureException"


class NotSent(Exception):
    """Ends a request of boto3's before it leaves."""


def captured(service, call, **session):
    """The request that a boto3 client would send for `call`."""
    kept = []

    def keep(request, **_):
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        kept.append(Sent(request.method, request.url, dict(request.headers), body))
        raise NotSent

    client = boto3.client(
        service, region_name="eu-west-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET,
        endpoint_url="http://127.0.0.1:5000", **session,
    )  # fmt: skip
    client.meta.events.register("before-send", keep)
    with pytest.raises(NotSent):
        call(client)
    return kept[0]


def test_requests_of_boto3_clients():
    ecr = captured(
        "ecr", lambda client: client.describe_repositories(repositoryNames=["abc"]), aws_session_token="t/+="
    )
    presented = ecr.check()
    assert (presented.region, presented.service, presented.session_token) == ("eu-west-1", "ecr", "t/+=")
    ecr.headers["x-amz-target"] = ecr.headers["x-amz-target"].replace("Describe", "Delete")
    assert ecr.refusal().code == "InvalidSignatureException"
    sts = captured("sts", lambda client: client.get_caller_identity())
    assert sts.check().service == "sts"


def presigned_identity(**session):
    client: Any = boto3.client(
        "sts", region_name="eu-west-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET, **session
    )

    def name_cluster(params, context, **_):
        context["cluster"] = params.pop("Cluster", None)

    def add_header(request, **_):
        request.headers["x-k8s-aws-id"] = request.context["cluster"]

    client.meta.events.register("provide-client-params.sts.GetCallerIdentity", name_cluster)
    client.meta.events.register("before-sign.sts.GetCallerIdentity", add_header)
    url = client.generate_presigned_url("get_caller_identity", {"Cluster": "prod"}, ExpiresIn=60, HttpMethod="GET")
    return Sent("GET", url, {"x-k8s-aws-id": "prod"}, b"")


def test_kubernetes_tokens_are_good_for_fifteen_minutes_and_one_cluster():
    request = presigned_identity()
    signed_at = datetime.fromisoformat(request.check().amz_date)
    request.check(now=signed_at + timedelta(minutes=15))
    assert request.refusal(now=signed_at + timedelta(minutes=15, seconds=1)).message.startswith("Signature expired")
    request.headers["x-k8s-aws-id"] = "test"
    assert request.refusal().code == "InvalidSignatureException"
    del request.headers["x-k8s-aws-id"]
    assert request.refusal().code == "InvalidSignatureException"


def test_clock_skew_of_headers():
    request = signed()
    signed_at = datetime.fromisoformat(request.check().amz_date)
    request.check(now=signed_at + timedelta(minutes=15))
    request.check(now=signed_at - timedelta(minutes=15))
    late, early = signed_at + timedelta(minutes=15, seconds=1), signed_at - timedelta(minutes=15, seconds=1)
    stamp = sigv4.amz_date
    assert request.refusal(now=late).message == (
        f"Signature expired: {stamp(signed_at)} is now earlier than {stamp(late - timedelta(minutes=15))} "
        f"({stamp(late)} - 15 min.)"
    )
    assert request.refusal(now=early).message == (
        f"Signature not yet current: {stamp(signed_at)} is still later than {stamp(early + timedelta(minutes=15))} "
        f"({stamp(early)} + 15 min.)"
    )


def test_expiry_of_presigned_urls():
    request = signed(SigV4QueryAuth, method="GET", body=b"", expires=61)
    signed_at = datetime.fromisoformat(request.check().amz_date)
    request.check(now=signed_at + timedelta(seconds=61))
    assert "- 61 sec.)" in request.refusal(now=signed_at + timedelta(seconds=62)).message
    assert "not yet current" in request.refusal(now=signed_at - timedelta(minutes=16)).message


@pytest.mark.parametrize("expires", ["0", "604801", "-1", "x", "", "1.5", "9999999", "٣"])
def test_expiry_out_of_range(expires):
    request = signed(SigV4QueryAuth, method="GET", body=b"", expires=60)
    request.raw_query = request.raw_query.replace("X-Amz-Expires=60", f"X-Amz-Expires={quote(expires)}")
    assert request.refusal().code == "IncompleteSignatureException"


def test_every_amz_header_has_to_be_signed():
    request = signed()
    request.headers["x-amz-target"] = "AmazonEC2ContainerRegistry_V20150921.DeleteRepository"
    assert request.refusal().message == "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization."


def test_the_declared_body_hash():
    right = hashlib.sha256(BODY).hexdigest()
    signed(headers={"X-Amz-Content-SHA256": right}).check()
    for declared in (right[::-1], sigv4.UNSIGNED_PAYLOAD, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"):
        assert "x-amz-content-sha256" in signed(headers={"X-Amz-Content-SHA256": declared}).refusal().message
    unsigned = {"X-Amz-Content-SHA256": sigv4.UNSIGNED_PAYLOAD}
    request = signed(SigV4QueryAuth, method="GET", body=b"", headers=unsigned)
    request.body = b"anything"
    request.check()


def test_the_date_field_serves_where_x_amz_date_is_missing():
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    scope = sigv4.Scope("20260102", "eu-west-1", "ecr")
    headers = {"host": "localhost", "date": "Fri, 02 Jan 2026 03:04:05 GMT"}
    canonical = sigv4.canonical_request(
        method="POST", raw_path="/", raw_query="", headers=headers, signed_headers=["date", "host"],
        body_sha256=hashlib.sha256(BODY).hexdigest(),
    )  # fmt: skip
    signature = sigv4.signature(SECRET, scope, sigv4.string_to_sign("20260102T030405Z", scope, canonical))
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={KEY}/{scope},SignedHeaders=date;host,Signature={signature}"
    )
    Sent("POST", "http://localhost/", headers, BODY).check(now=now)


def test_nothing_presented():
    assert parse_authorization({}, "Action=GetCallerIdentity") is None
    assert missing_token().code == "MissingAuthenticationTokenException"


GOOD = {"Credential": f"{KEY}/20260102/eu-west-1/ecr/aws4_request", "SignedHeaders": "host", "Signature": "a" * 64}


@pytest.mark.parametrize(
    ("fields", "code", "text"),
    [
        ({"Credential": ""}, "Incomplete", "Authorization header requires 'Credential' parameter. "),
        ({"Signature": "", "SignedHeaders": ""}, "Incomplete", "requires 'Signature' parameter. Authorization header"),
        ({"Credential": f"{KEY}/20260102/eu-west-1/ecr"}, "Incomplete", "Credential must have exactly 5 slash-"),
        ({"Credential": "é/20260102/eu-west-1/ecr/aws4_request"}, "Incomplete", "at most 4096 characters of US-ASCII"),
        ({"Credential": "a b/20260102/eu-west-1/ecr/aws4_request"}, "Incomplete", "Credential must have exactly 5"),
        ({"Credential": f"{KEY}/20260102/eu-west-1/ecr/aws"}, "Invalid", "with a valid terminator: 'aws4_request'"),
        ({"Credential": f"{KEY}/20260102/Eu West/ecr/aws4_request"}, "Invalid", "scoped to a valid region. "),
        ({"Credential": f"{KEY}/20260102/eu-west-1/E/aws4_request"}, "Invalid", "scoped to a valid service. "),
        ({"Credential": f"{KEY}/20260103/eu-west-1/ecr/aws4_request"}, "Invalid", "Date in Credential scope does not"),
        ({"SignedHeaders": "x-amz-date"}, "Invalid", "'Host' or ':authority' must be a 'SignedHeader'"),
        ({"SignedHeaders": "host;date"}, "Invalid", "SignedHeaders must be sorted"),
        ({"SignedHeaders": "host;host"}, "Invalid", "SignedHeaders must be sorted"),
        ({"SignedHeaders": "Host"}, "Incomplete", "lower-case header names"),
        ({"SignedHeaders": ";".join(f"h{n:03}" for n in range(101))}, "Incomplete", "at most 100"),
        ({"Signature": "a" * 5000}, "Incomplete", "at most 4096 characters"),
    ],
)
def test_malformed_authorization(fields, code, text):
    value = "AWS4-HMAC-SHA256 " + ", ".join(f"{name}={value}" for name, value in {**GOOD, **fields}.items())
    refusal = Sent("POST", "http://h/", {"Authorization": value, "X-Amz-Date": "20260102T030405Z"}, b"").refusal()
    assert refusal.code == f"{code}SignatureException"
    assert text in refusal.message


@pytest.mark.parametrize(
    ("authorization", "date", "text"),
    [
        ("Bearer abc", "20260102T030405Z", "Invalid key=value pair (missing equal-sign) in Authorization header"),
        ("AWS4-ECDSA-P256-SHA256 a=b", "20260102T030405Z", "Unsupported AWS 'algorithm'"),
        ("AWS4-HMAC-SHA256 a=1,a=2", "20260102T030405Z", "more than one 'a' parameter"),
        ("AWS4-HMAC-SHA256 a=1", "", "requires existence of either a 'X-Amz-Date' or a 'Date' header."),
        (None, "2026-01-02", "Date must be in ISO-8601 'basic format'. Got '2026-01-02'."),
        (None, "20260102T996199Z", "Date must be in ISO-8601 'basic format'."),
    ],
)
def test_other_malformed_requests(authorization, date, text):
    authorization = authorization or "AWS4-HMAC-SHA256 " + ",".join(f"{name}={value}" for name, value in GOOD.items())
    refusal = Sent("POST", "http://h/", {"Authorization": authorization, "X-Amz-Date": date}, b"").refusal()
    assert (refusal.code, text in refusal.message) == ("IncompleteSignatureException", True)
    assert "abc" not in refusal.message, "what stood in the header is not repeated"


def test_malformed_presigned_urls():
    for query, text in (
        ("X-Amz-Algorithm=AWS4-HMAC-SHA256", "must include 'X-Amz-Credential'. AWS query-string parameters must"),
        ("X-Amz-Signature=a&X-Amz-Signature=b", "'X-Amz-Signature' only once"),
        ("X-Amz-Signature=" + "a" * 20_000, "at most 16384 characters"),
    ):
        refusal = Sent("GET", f"http://h/?{query}", {}, b"").refusal()
        assert (refusal.code, text in refusal.message) == ("IncompleteSignatureException", True)
    both = signed()
    both.raw_query = "X-Amz-Algorithm=AWS4-HMAC-SHA256"
    assert both.refusal().code == "InvalidSignatureException"


def test_scope():
    presented = signed().check()
    require_scope(presented, services={"ecr", "sts"}, region="eu-west-1")
    with pytest.raises(SignatureRefused, match="valid region, not 'eu-west-1'"):
        require_scope(presented, services={"ecr"}, region="eu-west-2")
    with pytest.raises(SignatureRefused, match="correct service: 'ecr-public or sts'"):
        require_scope(presented, services={"sts", "ecr-public"})


def test_secrets_stay_out_of_representations():
    presented = signed(token="the-session-token").check()
    assert "the-session-token" not in repr(presented)
    assert presented.signature not in repr(presented)
    assert SECRET not in repr(sigv4.Credentials(KEY, SECRET, "t"))


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=40))
def test_hostile_input_gets_an_answer(authorization, query, date):
    headers = {"host": "h", "authorization": authorization, "x-amz-date": date, "date": date}
    for fields, raw_query in ((headers, ""), ({}, f"X-Amz-Signature={query}&{authorization}"), ({"date": date}, query)):
        with contextlib.suppress(SignatureRefused):
            assert parse_authorization(fields, raw_query) is None
