"""Tests against a real registry: a server of this process in open mode, and an account of its own for every test.

With pytest, the fixtures of `wharfside.testing.plugin` are there once Wharfside is installed. Elsewhere:

    from wharfside import testing

    with testing.registry() as registry:        # an account, and clients for it
        registry.client().create_repository(repositoryName="demo")

    @testing.use_registry                       # code that makes its own boto3 clients finds the registry
    def test_deploys(): ...

Nothing is imported here that a test run does not have anyway: the server runs in another process.
"""

from wharfside.testing.environment import UseRegistry, use_registry
from wharfside.testing.isolated import ClientArguments, Registry, registry
from wharfside.testing.server import RegistryNotStarted

__all__ = ["ClientArguments", "Registry", "RegistryNotStarted", "UseRegistry", "registry", "use_registry"]
