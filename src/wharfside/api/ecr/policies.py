"""ECR's operations on the policies of repositories and of the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wharfside.api.ecr.call import Call
from wharfside.registry import policies
from wharfside.registry.context import Unit

if TYPE_CHECKING:
    from wharfside_sdk.ecr import requests, results


def set_repository_policy(
    call: Call[requests.SetRepositoryPolicyRequest], unit: Unit
) -> results.SetRepositoryPolicyResponse:
    """SetRepositoryPolicy."""
    text = call.input["policyText"]
    policies.set_repository_policy(
        unit,
        call.input["repositoryName"],
        text,
        caller=call.caller.evaluated(),
        circumstances=call.circumstances,
        force=call.input.get("force", False),
    )
    return {**call.echo(), "policyText": text}


def get_repository_policy(
    call: Call[requests.GetRepositoryPolicyRequest], unit: Unit
) -> results.GetRepositoryPolicyResponse:
    """GetRepositoryPolicy."""
    return {**call.echo(), "policyText": policies.get_repository_policy(unit, call.input["repositoryName"])}


def delete_repository_policy(
    call: Call[requests.DeleteRepositoryPolicyRequest], unit: Unit
) -> results.DeleteRepositoryPolicyResponse:
    """DeleteRepositoryPolicy."""
    return {**call.echo(), "policyText": policies.delete_repository_policy(unit, call.input["repositoryName"])}


def put_registry_policy(call: Call[requests.PutRegistryPolicyRequest], unit: Unit) -> results.PutRegistryPolicyResponse:
    """PutRegistryPolicy."""
    text = call.input["policyText"]
    policies.put_registry_policy(unit, text)
    return {"registryId": unit.account, "policyText": text}


def get_registry_policy(call: Call[requests.GetRegistryPolicyRequest], unit: Unit) -> results.GetRegistryPolicyResponse:
    """GetRegistryPolicy."""
    return {"registryId": unit.account, "policyText": policies.get_registry_policy(unit)}


def delete_registry_policy(
    call: Call[requests.DeleteRegistryPolicyRequest], unit: Unit
) -> results.DeleteRegistryPolicyResponse:
    """DeleteRegistryPolicy."""
    return {"registryId": unit.account, "policyText": policies.delete_registry_policy(unit)}
