"""ECR's operations on the registry as a whole."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from wharfside.api.ecr.call import Call
from wharfside.registry import settings
from wharfside.registry.context import Unit
from wharfside.registry.tokens import AUTHORIZATION_SECONDS, USER, AuthorizationToken, seal_authorization

if TYPE_CHECKING:
    from wharfside_sdk.ecr import requests, results


def get_authorization_token(
    call: Call[requests.GetAuthorizationTokenRequest], unit: Unit
) -> results.GetAuthorizationTokenResponse:
    """GetAuthorizationToken: a docker password for each registry that was asked for, or for the caller's own.

    Every one of them stands for the caller, whatever registry it was asked for, and none outlives its session.
    """
    caller = call.caller
    expires_at = unit.now + AUTHORIZATION_SECONDS
    if caller.session is not None:
        expires_at = min(expires_at, caller.session.expires_at)
    token = AuthorizationToken(caller.account, unit.region, caller.access_key, expires_at, caller.session)
    data: list[results.AuthorizationData] = []
    for account in call.input.get("registryIds", [unit.account]):
        password = seal_authorization(call.node.sealer, token)
        data.append(
            {
                "authorizationToken": base64.b64encode(f"{USER}:{password}".encode()).decode(),
                "expiresAt": expires_at,
                "proxyEndpoint": call.node.addresses.registry_url(call.request, account, unit.region),
            }
        )
    return {"authorizationData": data}


def describe_registry(call: Call[requests.DescribeRegistryRequest], unit: Unit) -> results.DescribeRegistryResponse:
    """DescribeRegistry: nothing is replicated."""
    return {"registryId": unit.account, "replicationConfiguration": {"rules": []}}


def get_account_setting(call: Call[requests.GetAccountSettingRequest], unit: Unit) -> results.GetAccountSettingResponse:
    """GetAccountSetting."""
    name = call.input["name"]
    return {"name": name, "value": settings.get_account_setting(unit, name)}


def put_account_setting(call: Call[requests.PutAccountSettingRequest], unit: Unit) -> results.PutAccountSettingResponse:
    """PutAccountSetting."""
    name, value = call.input["name"], call.input["value"]
    settings.put_account_setting(unit, name, value)
    return {"name": name, "value": value}
