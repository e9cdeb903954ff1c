"""Checks that answers of a registry hold every member that the SDK's response types promise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from wharfside_sdk.model.ir import ListShape, MapShape, Service, ServiceName, Structure, load


def missing_members(service: Service, shape: str, value: Any, path: str = "") -> Iterator[str]:
    """Where a promised member is missing in a value of the shape: `repositories.0.repositoryName`."""
    found = service.shapes[shape]
    if isinstance(found, Structure):
        for field in found.fields:
            where = f"{path}.{field.name}".lstrip(".")
            if field.name in value:
                yield from missing_members(service, field.shape, value[field.name], where)
            elif field.always:
                yield where
    elif isinstance(found, ListShape):
        for index, item in enumerate(value):
            yield from missing_members(service, found.item, item, f"{path}.{index}")
    elif isinstance(found, MapShape):
        for key, item in value.items():
            yield from missing_members(service, found.value, item, f"{path}.{key}")


def check_promises(service: ServiceName, operation: str, answer: Mapping[str, Any]) -> None:
    """Fail when an answer to a call of an operation lacks what is promised."""
    model = load(service)
    missing: Sequence[str] = list(missing_members(model, model.operations[operation].output, answer))
    assert not missing, f"the answer to {operation} lacks {', '.join(missing)}: {answer}"


def check_every_answer(client: Any) -> None:
    """Have every answer that a boto3 client of ECR receives checked; clients of other services stay as they are."""

    def check(http_response: Any, parsed: Mapping[str, Any], model: Any, **_: Any) -> None:
        if http_response.status_code == 200:
            check_promises(model.service_model.service_name, model.name, parsed)

    for service in get_args(ServiceName):
        client.meta.events.register(f"after-call.{service}", check)
