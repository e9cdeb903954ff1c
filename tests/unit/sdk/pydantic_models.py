"""The Pydantic models of both services by the names of their structures, for tests that go through all of them."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

from wharfside_sdk.model.ir import Service, ServiceName, Structure, load
from wharfside_sdk.models import Model, RequestModel, ResponseModel


def package(service: ServiceName) -> ModuleType:
    return import_module(f"wharfside_sdk.{service.replace('-', '_')}.models")


def model_named(service: ServiceName, name: str) -> Any:
    """`Any`, because its members differ from model to model."""
    found = getattr(package(service), name)
    assert issubclass(found, Model)
    return found


def request_model(service: ServiceName, operation: str) -> Any:
    found = model_named(service, load(service).operations[operation].input)
    assert issubclass(found, RequestModel)
    return found


def response_model(service: ServiceName, operation: str) -> Any:
    found = model_named(service, load(service).operations[operation].output)
    assert issubclass(found, ResponseModel)
    return found


def all_models(service: ServiceName) -> dict[str, type[Model]]:
    """Every class by its own name, so without aliases."""
    values = (getattr(package(service), name) for name in dir(package(service)))
    return {value.__name__: value for value in values}


def structures(service: Service) -> dict[str, Structure]:
    """Every structure but errors."""
    return {
        name: shape
        for name, shape in service.shapes.items()
        if isinstance(shape, Structure) and shape.http_status is None
    }
