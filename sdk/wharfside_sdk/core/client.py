"""What synchronous and asynchronous clients have in common: their settings, and what needs no input or output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, TypedDict, Unpack, cast, get_args

from wharfside_sdk.configuration import ClientConfiguration, Credentials, resolve
from wharfside_sdk.core.call import Caller, Validation
from wharfside_sdk.core.names import by_method_name, method_name
from wharfside_sdk.errors import ConfigurationError, OperationNotPageable, ServiceExceptions, UnknownClientMethod
from wharfside_sdk.model import ir


class ClientSettings(TypedDict, total=False):
    """What a client may be told. What is left out comes from the environment and the files of AWS's configuration."""

    region_name: str | None
    endpoint_url: str | None
    aws_access_key_id: str | None
    aws_secret_access_key: str | None
    aws_session_token: str | None
    profile_name: str | None
    credentials: Any
    """Credentials, or anything with `current()` or `get_frozen_credentials()` that gives them."""
    verify: bool | str | None
    """False trusts any certificate; a path names the file or folder of the authorities to trust."""
    connect_timeout: float | None
    """Seconds."""
    read_timeout: float | None
    """Seconds without a byte of the answer."""
    max_attempts: int | None
    """How often a request is sent at most, the first time counted."""
    use_fips_endpoint: bool | None
    use_dualstack_endpoint: bool | None
    configuration: ClientConfiguration
    """What `wharfside_sdk.configuration.resolve` gives, in place of all settings above."""
    validate: Validation


@dataclass(frozen=True, slots=True)
class ServiceModel:
    """Which service a client speaks to, in boto3's words."""

    service_name: str
    api_version: str
    signing_name: str


@dataclass(frozen=True, slots=True)
class ClientMeta:
    """What a client is, as in boto3."""

    region_name: str
    endpoint_url: str
    service_model: ServiceModel
    method_to_api_mapping: Mapping[str, str]
    """The operation behind each method."""


class Client:
    """What every client can do. The settings are those of `ClientSettings`."""

    _service: ClassVar[ir.ServiceName]

    def __init__(self, **settings: Unpack[ClientSettings]) -> None:
        """Raises NoRegion, ProfileNotFound and ConfigurationError for settings that cannot be used.

        Raises TypeError for a setting that there is not.
        """
        unknown = sorted(settings.keys() - ClientSettings.__annotations__.keys())
        if unknown:
            known = ", ".join(sorted(ClientSettings.__annotations__))
            raise TypeError(f"{type(self).__name__} has no setting {unknown[0]!r}. There are: {known}")
        validate = settings.pop("validate", "min")
        if validate not in get_args(Validation):
            raise ConfigurationError(f"validate must be one of {', '.join(get_args(Validation))}, not {validate!r}")
        given = settings.pop("configuration", None)
        resolved = cast("dict[str, Any]", settings)
        self._configuration = given if given is not None else resolve(self._service, **resolved)
        self._model = ir.load(self._service)
        self._caller = Caller(self._model, self._configuration, self.exceptions, validate)

    def __repr__(self) -> str:
        region, url = self._configuration.region, self._configuration.endpoint_url
        return f"{type(self).__name__}(region_name={region!r}, endpoint_url={url!r})"

    @property
    def exceptions(self) -> ServiceExceptions:
        """The classes of the service's errors: `except client.exceptions.RepositoryNotFoundException`."""
        return ServiceExceptions()

    @cached_property
    def meta(self) -> ClientMeta:
        """Region, endpoint and service of this client."""
        model = ServiceModel(self._service, self._model.api_version, self._model.signing_name)
        configuration = self._configuration
        return ClientMeta(
            configuration.region, configuration.endpoint_url, model, by_method_name(self._model.operations)
        )

    def can_paginate(self, operation_name: str) -> bool:
        """Whether the operation of this method has a paginator."""
        return self.meta.method_to_api_mapping.get(operation_name) in self._model.paginators

    def _paginator(self, operation_name: str) -> ir.Paginator:
        operation = self.meta.method_to_api_mapping.get(operation_name, "")
        paginator = self._model.paginators.get(operation)
        if paginator is None:
            known = ", ".join(sorted(map(method_name, self._model.paginators)))
            raise OperationNotPageable(f"Operation cannot be paginated: {operation_name}. These can: {known}")
        return paginator

    def _waiter(self, waiter_name: str) -> ir.Waiter:
        name = by_method_name(self._model.waiters).get(waiter_name)
        if name is None:
            raise ValueError(f"Waiter does not exist: {waiter_name}. There are: {', '.join(self.waiter_names)}")
        return self._model.waiters[name]

    @property
    def waiter_names(self) -> list[str]:
        """The names that `get_waiter` takes."""
        return sorted(by_method_name(self._model.waiters))

    def _presigned_url(
        self,
        credentials: Credentials,
        client_method: str,
        parameters: Mapping[str, Any],
        expires: int,
        http_method: str | None,
    ) -> str:
        operation = self.meta.method_to_api_mapping.get(client_method)
        if operation is None:
            raise UnknownClientMethod(f"Client does not have method: {client_method}")
        return self._caller.presign(credentials, operation, parameters, expires, http_method or "POST")
