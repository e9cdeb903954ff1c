"""Makes `requests`, what the SDK's clients take, and `responses`, what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter

from tools.codegen.annotations import Spelling, literals_import, members, response_metadata, typed_dict
from tools.codegen.naming import TITLES, literal_name
from tools.codegen.usage import usage
from wharfside_sdk.model.ir import Service

_REQUESTS = '''"""What the clients of {service} take: structures by the names that the service gives them.

Members are read-only and lists any sequence, so that what an answer holds can be given back as it is.
"""
from collections.abc import Sequence
from typing import NotRequired, Protocol, TypeAlias

from typing_extensions import ReadOnly, TypedDict

{literals}


class Readable(Protocol):
    """An open file, or anything else that gives all of its content."""

    def read(self) -> str | bytes:
        """The content."""
        ...


Blob: TypeAlias = str | bytes | bytearray | memoryview | Readable
"""Content; a string stands for its bytes in UTF-8."""


'''
_RESPONSES = '''"""What the clients of {service} answer: structures by the names that the service gives them.

A member that is not `NotRequired` is in every answer of a Wharfside. Enums that only answers hold are open, since a
newer server may say more; those of requests are closed, so that what an answer holds can be given back as it is.
"""
from datetime import datetime
from typing import NotRequired, TypedDict

{literals}


'''


def files(service: Service) -> Mapping[str, str]:
    """Both modules."""
    used = usage(service)
    names = {"service": TITLES[service.name], "literals": literals_import(service)}
    given = Spelling(str, literal_name, sequence="Sequence", mapping="Mapping", blob="Blob")
    answered = Spelling(str, lambda name: literal_name(name) + ("" if name in used.requests else " | str"))
    requests = [_REQUESTS.format(**names)]
    responses = [_RESPONSES.format(**names), response_metadata("ResponseMetadata")]
    for name in used.order:
        fields = service.structure(name).fields
        if name in used.requests:
            of_request = members(service, fields, given, attrgetter("required"), "ReadOnly[{}]")
            requests.append(typed_dict(name, f"{name} as it is given.", of_request))
        if name in used.responses:
            metadata = [("ResponseMetadata", "ResponseMetadata")] if name in used.outputs else []
            of_response = members(service, fields, answered, attrgetter("always")) + metadata
            responses.append(typed_dict(name, f"{name} as it is answered.", of_response))
    return {"requests.py": "".join(requests), "responses.py": "".join(responses)}
