"""The errors by which a service refuses a request before it looks at any data."""

from __future__ import annotations

SERIALIZATION = "SerializationException"
INVALID_PARAMETER = "InvalidParameterException"


class InvalidRequest(ValueError):
    """A request that the service model refuses; `code` and `message` go to the caller as they are.

    `code` is SerializationException when the body is not JSON of the right types, and InvalidParameterException when
    a value breaks a constraint. `message` never holds text from the request.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def not_readable(message: str) -> InvalidRequest:
    """The body, or the member that the message names, cannot be read as what the model says."""
    return InvalidRequest(SERIALIZATION, message)


def invalid_parameter(member: str, reason: str) -> InvalidRequest:
    """ECR's text for a parameter that breaks a constraint. `member` is its path, written as the service writes it.

    The service writes members of the request in lowerCamel (`imageTag`) and whole documents, once it has looked inside,
    in UpperCamel (`ImageManifest`, `PolicyText`, `LifecyclePolicyText`).
    """
    return InvalidRequest(
        INVALID_PARAMETER, f"Invalid parameter at '{member}' failed to satisfy constraint: '{reason}'"
    )
