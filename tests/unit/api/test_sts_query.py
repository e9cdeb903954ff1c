"""The Query protocol of STS, read by botocore and by boto3."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.parsers import create_parser
from hypothesis import given
from hypothesis import strategies as st

from api_client import answer_of
from wharfside.api.sts.query import (
    ACTIONS,
    MOST_PARAMETERS,
    NOT_OFFERED,
    Action,
    QueryRefused,
    parse_action,
    query_error,
    render_error,
    render_result,
    structures,
    wants_json,
)

STS: Any = botocore.session.get_session().get_service_model("sts")


ADMIN = "arn:aws:iam::000000000000:user/admin"


def render_identity(arn=ADMIN, user_id="AIDAEXAMPLE", request_id="r", as_json=False):
    identity = {"Arn": arn, "UserId": user_id, "Account": "000000000000"}
    return render_result("GetCallerIdentity", identity, request_id, as_json=as_json)


def parsed(status, body):
    response = {"status_code": status, "headers": {}, "body": body}
    return create_parser("query").parse(response, STS.operation_model("GetCallerIdentity").output_shape)


def form(**parameters):
    return urlencode({"Version": "2011-06-15", **parameters}).encode()


def refusal(body, query=""):
    with pytest.raises(QueryRefused) as caught:
        parse_action(body, query)
    return caught.value.code, caught.value.status, caught.value.message


@given(st.text(), st.text(), st.text(min_size=1))
def test_whatever_an_identity_holds_botocore_can_read_it(arn, user_id, message):
    answer = parsed(200, render_identity(arn=arn, user_id=user_id, request_id="request-1"))
    assert answer["ResponseMetadata"]["RequestId"] == "request-1"
    status, body = render_error("AccessDenied", message, 403, "request-2")
    assert (status, parsed(status, body)["Error"]["Code"]) == (403, "AccessDenied")


@given(st.text(st.characters(min_codepoint=33, exclude_categories=["Cc", "Cs", "Cn", "Zs", "Zl", "Zp"]), min_size=1))
def test_texts_arrive_unchanged(text):
    assert parsed(200, render_identity(arn=text))["Arn"] == text
    assert parsed(400, render_error("X", text, 400, "r")[1])["Error"]["Message"] == text


def test_control_characters_are_replaced():
    assert parsed(400, render_error("X", "a\x00\x1b\ud800b", 400, "r")[1])["Error"]["Message"] == "a\ufffd\ufffd\ufffdb"


def test_an_action_in_the_body_the_query_or_both():
    whole = Action("GetCallerIdentity", {})
    assert parse_action(form(Action="GetCallerIdentity"), "") == whole
    assert parse_action(b"", form(Action="GetCallerIdentity").decode()) == whole
    assert parse_action(b"Version=2011-06-15", "Action=GetCallerIdentity&X-Amz-Date=1&X-Amz-Signature=2") == whole
    assert parse_action(form(Action="GetCallerIdentity", More="a b/é"), "").parameters == {"More": "a b/é"}


def test_actions_that_are_refused():
    assert refusal(b"") == ("MissingAction", 400, "The request is missing an action or a required parameter.")
    assert refusal(form(Action="Fly"))[2] == "Could not find operation Fly for version 2011-06-15"
    no_version = "Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED"
    assert refusal(b"Action=GetCallerIdentity") == ("InvalidAction", 400, no_version)
    assert refusal(b"Action=AssumeRole&Version=2010-01-01")[0] == "InvalidAction"
    for action in NOT_OFFERED:
        assert refusal(form(Action=action))[:2] == ("UnsupportedOperation", 400)


def test_every_action_of_the_service_has_an_answer():
    names = cast("list[str]", STS.operation_names)
    assert set(names) <= NOT_OFFERED | ACTIONS
    assert STS.api_version == "2011-06-15"


def test_bounds():
    assert refusal(b"a" * 65_537)[:2] == ("RequestEntityTooLarge", 413)
    many = "&".join(f"p{n}=1" for n in range(MOST_PARAMETERS + 1))
    assert refusal(many.encode())[0] == refusal(b"", many)[0] == "InvalidQueryParameter"
    assert refusal(form(Action="GetCallerIdentity"), "Action=GetCallerIdentity")[0] == "InvalidQueryParameter"
    assert refusal(b"Action=%ff")[0] == "InvalidQueryParameter"
    assert parse_action(b"&" * 2000 + form(Action="GetCallerIdentity"), "&&").name == "GetCallerIdentity"


@given(st.binary(max_size=60), st.text(max_size=60))
def test_hostile_input_is_refused_and_nothing_worse(body, query):
    assert refusal(body, query)[1] in (400, 413)


def test_codes_of_the_json_protocol_become_those_of_the_query_protocol():
    assert query_error("UnrecognizedClientException", 400) == ("InvalidClientTokenId", 403)
    assert query_error("InvalidSignatureException", 400) == ("SignatureDoesNotMatch", 403)
    assert query_error("MissingAuthenticationTokenException", 400) == ("MissingAuthenticationToken", 403)
    assert query_error("IncompleteSignatureException", 403) == ("IncompleteSignature", 400)
    assert query_error("ExpiredTokenException", 400) == ("ExpiredToken", 403)
    assert query_error("InvalidAction", 400) == ("InvalidAction", 400)
    status, body = render_error("ServerException", "<&>", 500, "r")
    assert (status, parsed(status, body)["Error"]) == (
        500,
        {"Type": "Receiver", "Code": "InternalFailure", "Message": "<&>"},
    )


def test_structures_within_structures():
    expires = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
    result = {"Credentials": {"AccessKeyId": "A<B", "Expiration": expires}, "PackedPolicySize": 3}
    body = render_result("AssumeRole", result, "r")
    output = STS.operation_model("AssumeRole").output_shape
    answer = create_parser("query").parse({"status_code": 200, "headers": {}, "body": body}, output)
    del answer["ResponseMetadata"]
    assert answer == result
    answer = json.loads(render_result("AssumeRole", result, "r", as_json=True))["AssumeRoleResponse"][
        "AssumeRoleResult"
    ]
    assert answer["Credentials"] == {"AccessKeyId": "A<B", "Expiration": expires.timestamp()}


def test_lists_of_structures():
    parameters = {
        "Tags.member.1.Key": "a",
        "Tags.member.1.Value": "1",
        "Tags.member.2.Key": "b",
        "Tags.member.4.Key": "c",
    }
    assert structures(parameters, "Tags", ("Key", "Value"), 2) == [{"Key": "a", "Value": "1"}, {"Key": "b"}]
    assert structures(parameters, "Others", ("Key",), 2) == []
    with pytest.raises(QueryRefused, match="at most 1"):
        structures(parameters, "Tags", ("Key", "Value"), 1)


def test_json_for_those_who_ask():
    assert wants_json("application/json")
    assert not any(map(wants_json, (None, "*/*", "text/xml, application/json")))
    answer = json.loads(render_identity(as_json=True))["GetCallerIdentityResponse"]
    assert answer["GetCallerIdentityResult"] == {
        "Account": "000000000000",
        "Arn": "arn:aws:iam::000000000000:user/admin",
        "UserId": "AIDAEXAMPLE",
    }
    assert answer["ResponseMetadata"] == {"RequestId": "r"}
    status, body = render_error("ExpiredTokenException", "m", 400, "r", as_json=True)
    assert (status, json.loads(body)) == (
        403,
        {"Error": {"Type": "Sender", "Code": "ExpiredToken", "Message": "m"}, "RequestId": "r"},
    )


class Door(BaseHTTPRequestHandler):
    """Just enough HTTP to put the module behind a socket."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            action = parse_action(body, urlsplit(self.path).query)
            assert action.name == "GetCallerIdentity"
            status, answer = 200, render_identity()
        except QueryRefused as error:
            status, answer = render_error(error.code, error.message, error.status, "r")
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture
def client():
    server = HTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    client = boto3.client(
        "sts", region_name="eu-west-1", aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="secret",
        endpoint_url=f"http://127.0.0.1:{server.server_port}",
    )  # fmt: skip
    yield client
    client.close()
    server.shutdown()
    thread.join()
    server.server_close()


def test_boto3(client):
    answer = client.get_caller_identity()
    del answer["ResponseMetadata"]
    assert answer == {
        "Account": "000000000000",
        "Arn": "arn:aws:iam::000000000000:user/admin",
        "UserId": "AIDAEXAMPLE",
    }
    with pytest.raises(ClientError) as caught:
        client.get_federation_token(Name="me")
    assert answer_of(caught.value)["Error"]["Code"] == "UnsupportedOperation"
    assert answer_of(caught.value)["ResponseMetadata"]["RetryAttempts"] == 0
