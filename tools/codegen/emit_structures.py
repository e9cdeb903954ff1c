"""Makes the TypedDicts that are named like the service's structures, a module for each side that they are seen from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from operator import attrgetter
from typing import Final

from tools.codegen.annotations import Spelling, literals_import, members, response_metadata, typed_dict
from tools.codegen.naming import TITLES, literal_name
from tools.codegen.usage import Usage, usage
from wharfside_sdk.model.ir import Service, Structure

_REQUESTS: Final = '''"""What the clients of {service} take: structures by the names that the service gives them.

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
_RESPONSES: Final = '''"""What the clients of {service} answer: structures by the names that the service gives them.

A member that is not `NotRequired` is in every answer of a Wharfside. Enums that only answers hold are open, since a
newer server may say more; those of requests are closed, so that what an answer holds can be given back as it is.
"""
from datetime import datetime
from typing import NotRequired, TypedDict

{literals}


'''
_RESULTS: Final = '''"""What handlers of {service}'s operations give: times are seconds since 1970, as in its JSON.

A member that is not `NotRequired` is in every answer of a Wharfside, as `responses` tells its readers.
"""
from typing import NotRequired, TypedDict

{literals}


'''
_VIEWS: Final = '''"""What all clients of {service} answer: boto3's, aiobotocore's and the SDK's own.

Members are read-only and lists any sequence. Required is only what all of them promise; enums are open.
"""
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NotRequired

from typing_extensions import ReadOnly, TypedDict

{literals}


'''
_UNSEEN: Final = frozenset({("ReplicationRule", "deleteReplication")})
"""Members that today's stubs of boto3 or of aiobotocore lack: no view of all clients' answers can have them."""

_RESULT: Final = Spelling(str, lambda name: f"{literal_name(name)} | str", timestamp="float")
_VIEW: Final = Spelling(str, _RESULT.enum, sequence="Sequence", mapping="Mapping")


def files(service: Service) -> Mapping[str, str]:
    """All modules."""
    used, names = usage(service), {"service": TITLES[service.name], "literals": literals_import(service)}
    given = Spelling(str, literal_name, sequence="Sequence", mapping="Mapping", blob="Blob")
    answered = Spelling(str, lambda name: literal_name(name) + ("" if name in used.requests else " | str"))
    made = {"requests.py": _REQUESTS, "responses.py": _RESPONSES, "results.py": _RESULTS, "views.py": _VIEWS}
    made = {module: head.format(**names) for module, head in made.items()}
    for module in ("responses.py", "views.py"):
        made[module] += response_metadata("ResponseMetadata")
    for structure in (service.structure(name) for name in used.order):
        name, fields = structure.name, structure.fields
        if name in used.requests:
            of_request = members(service, fields, given, attrgetter("required"), "ReadOnly[{}]")
            made["requests.py"] += typed_dict(name, f"{name} as it is given.", of_request)
        if name in used.responses:
            metadata = [("ResponseMetadata", "ResponseMetadata")] if name in used.outputs else []
            of_response = members(service, fields, answered, attrgetter("always"))
            made["responses.py"] += typed_dict(name, f"{name} as it is answered.", of_response + metadata)
            of_result = members(service, fields, _RESULT, attrgetter("always"))
            made["results.py"] += typed_dict(name, f"{name} as a handler gives it.", of_result)
            made["views.py"] += typed_dict(name, f"{name} as any client answers it.", _view(service, used, structure))
    return made


def _view(service: Service, used: Usage, structure: Structure) -> list[tuple[str, str]]:
    """Stubs have as present what the model demands, and of an operation's output all but the token of the next page."""
    is_output = structure.name in used.outputs
    fields = [field for field in structure.fields if (structure.name, field.name) not in _UNSEEN]
    typed = members(
        service,
        fields,
        _VIEW,
        lambda field: field.always and field.name != "nextToken" if is_output else field.required,
        "ReadOnly[{}]",
    )
    # The type of a mapping's keys allows no other, and enums are open in some clients only.
    typed = [(name, re.sub(r"Mapping\[\w+ \| str,", "Mapping[Any,", text)) for name, text in typed]
    return [*typed, *([("ResponseMetadata", "ReadOnly[ResponseMetadata]")] if is_output else [])]
