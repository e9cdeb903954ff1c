"""The configuration of a client as AWS users have it: endpoints, credentials, region, certificates, timeouts.

`resolve` reads arguments, environment and the files of profiles, in botocore's order.
"""

from wharfside_sdk.configuration.credentials import Credentials, CredentialSource, FrozenCredentialsProvider
from wharfside_sdk.configuration.endpoints import available_regions
from wharfside_sdk.configuration.resolution import ClientConfiguration, resolve

__all__ = [
    "ClientConfiguration",
    "CredentialSource",
    "Credentials",
    "FrozenCredentialsProvider",
    "available_regions",
    "resolve",
]
