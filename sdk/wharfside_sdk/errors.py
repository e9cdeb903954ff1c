"""Every exception of the SDK. All of them are `SdkError`s; what the service itself answers is a `ClientError`.

Names, texts and the `response` follow botocore's, so that code written for boto3 needs new imports only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, cast


class SdkError(Exception):
    """The base of all exceptions of this package."""


class ConfigurationError(SdkError):
    """A setting, in the arguments, the environment or a file, that cannot be used."""


class NoCredentials(ConfigurationError):
    """No access key was found, or none could be had from where the configuration says."""


class NoRegion(ConfigurationError):
    """No region was given, and the endpoint or the signature needs one."""


class ProfileNotFound(ConfigurationError):
    """The profile that was asked for is in neither of the files."""


class MissingDependency(SdkError, ImportError):
    """A package that only this feature needs is not installed; the text says how to install it."""


class ParamValidationError(SdkError, ValueError):
    """The request was not sent, as the service could only refuse it. `report` says what is wrong, and where."""

    def __init__(self, report: str) -> None:
        super().__init__(report)
        self.report = report

    def __str__(self) -> str:
        return f"Parameter validation failed:\n{self.report}"


class ConnectionFailed(SdkError):
    """No answer was had from the endpoint: not found, refused, cut off, or its certificate is not trusted.

    `transient` is False when trying again cannot help.
    """

    def __init__(self, message: str, *, transient: bool = True) -> None:
        super().__init__(message)
        self.transient = transient


class Timeout(ConnectionFailed):
    """The endpoint took longer to connect or to answer than the configuration allows."""


class UnreadableResponse(SdkError):
    """The endpoint answered a call with success, but not in the protocol of the service."""


class UnknownClientMethod(SdkError, ValueError):
    """The client has no method of this name."""


class OperationNotPageable(SdkError, ValueError):
    """The operation has no pages, so there is no paginator for it; ask `can_paginate` first."""


class PaginationError(SdkError):
    """Paging cannot go on, as the service gives the same token again and again."""


class WaiterError(SdkError):
    """Waiting ended without success. `last_response` is the answer, or the error's `response`, that ended it."""

    def __init__(self, name: str, reason: str, last_response: Mapping[str, Any]) -> None:
        super().__init__(name, reason, last_response)
        self.name = name
        self.reason = reason
        self.last_response = last_response

    def __str__(self) -> str:
        return f"Waiter {self.name} failed: {self.reason}"


class ClientError(SdkError):
    """The service refused the request. `response` is what boto3 has: "Error", "ResponseMetadata", further members."""

    def __init__(self, response: Mapping[str, Any], operation_name: str) -> None:
        super().__init__(response, operation_name)
        self.response = response
        self.operation_name = operation_name

    @property
    def code(self) -> str:
        """The error's code, such as `RepositoryNotFoundException`."""
        code: str = self._part("Error").get("Code", "Unknown")
        return code

    @property
    def message(self) -> str:
        """What the service says about it, empty when it says nothing."""
        message: str = self._part("Error").get("Message", "")
        return message

    @property
    def request_id(self) -> str | None:
        """The id under which the service logged the request."""
        return self._part("ResponseMetadata").get("RequestId")

    @property
    def status(self) -> int:
        """The HTTP status; 0 when the response does not say."""
        status: int = self._part("ResponseMetadata").get("HTTPStatusCode", 0)
        return status

    def _part(self, name: str) -> Mapping[str, Any]:
        return cast(Mapping[str, Any], self.response.get(name, {}))

    def __str__(self) -> str:
        metadata = self._part("ResponseMetadata")
        retries = f" (reached max retries: {metadata['RetryAttempts']})" if metadata.get("MaxAttemptsReached") else ""
        message = self._part("Error").get("Message", "Unknown")
        return f"An error occurred ({self.code}) when calling the {self.operation_name} operation{retries}: {message}"


# Inside the next class the name ClientError is its attribute.
_ErrorClass: TypeAlias = type[ClientError]


class ServiceExceptions:
    """What a client has as `exceptions`. A subclass has one attribute for each error of the service's model."""

    ClientError: ClassVar[_ErrorClass] = ClientError

    def from_code(self, error_code: str) -> _ErrorClass:
        """The class of the errors with this code; `ClientError` for a code that the model does not know."""
        return _error_classes(type(self)).get(error_code, ClientError)

    if not TYPE_CHECKING:  # A type checker is to see what is missing.

        def __getattr__(self, name: str) -> Any:
            known = ", ".join(sorted(_error_classes(type(self))))
            raise AttributeError(f"{type(self).__name__} has no exception {name}. There are: {known}")


def _error_classes(namespace: type[ServiceExceptions]) -> dict[str, type[ClientError]]:
    members: dict[str, Any] = dict(vars(namespace))
    return {
        name: value for name, value in members.items() if isinstance(value, type) and issubclass(value, ClientError)
    }
