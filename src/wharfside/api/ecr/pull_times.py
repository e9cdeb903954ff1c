"""ECR's operations on the principals whose pulls do not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wharfside.api.ecr.call import Call
from wharfside.registry import pull_times
from wharfside.registry.context import Unit

if TYPE_CHECKING:
    from wharfside_sdk.ecr import requests, results


def register_pull_time_update_exclusion(
    call: Call[requests.RegisterPullTimeUpdateExclusionRequest], unit: Unit
) -> results.RegisterPullTimeUpdateExclusionResponse:
    """RegisterPullTimeUpdateExclusion."""
    pull_times.register_exclusion(unit, call.input["principalArn"])
    return {"principalArn": call.input["principalArn"], "createdAt": unit.now}


def deregister_pull_time_update_exclusion(
    call: Call[requests.DeregisterPullTimeUpdateExclusionRequest], unit: Unit
) -> results.DeregisterPullTimeUpdateExclusionResponse:
    """DeregisterPullTimeUpdateExclusion."""
    pull_times.deregister_exclusion(unit, call.input["principalArn"])
    return {"principalArn": call.input["principalArn"]}


def list_pull_time_update_exclusions(
    call: Call[requests.ListPullTimeUpdateExclusionsRequest], unit: Unit
) -> results.ListPullTimeUpdateExclusionsResponse:
    """ListPullTimeUpdateExclusions."""
    size, after = call.page()
    found = pull_times.list_exclusions(unit, after or "", size + 1)
    answer: results.ListPullTimeUpdateExclusionsResponse = {"pullTimeUpdateExclusions": list(found[:size])}
    if len(found) > size:
        answer["nextToken"] = call.next_token(found[size - 1])
    return answer
