"""Tests against a real registry: a server of this process in open mode, and an account of its own for every test.

With pytest, the fixtures of `wharfside.testing.plugin` are there once Wharfside is installed. Elsewhere:

    from wharfside.testing import registry, use_registry

    with registry() as account:                 # an account, and clients for it
        account.client().create_repository(repositoryName="demo")

    @use_registry                               # code that makes its own boto3 clients finds the registry
    def test_deploys(): ...

Nothing is imported here that a test run does not have anyway: the server runs in another process.
"""

from wharfside.testing.environment import UseRegistry, use_registry
from wharfside.testing.isolated import ClientArguments, Registry, registry
from wharfside.testing.server import RegistryNotStarted

__all__ = ["ClientArguments", "Registry", "RegistryNotStarted", "UseRegistry", "registry", "use_registry"]
