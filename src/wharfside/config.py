"""The settings of a node: from the command line, the environment (`WHARFSIDE_…`), and a file, in that order."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from wharfside.core.cron import parse_cron
from wharfside.core.hosts import is_loopback
from wharfside.core.names import is_account, is_region
from wharfside_sdk.model.ir import load

_HOST_NAME = re.compile(
    r"(?:https?://)?(?:(?:[A-Za-z0-9_.-]|\{account\}|\{region\})+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?", re.IGNORECASE
)


def _account(text: str) -> str:
    if not is_account(text):
        raise ValueError("an account is 12 digits")
    return text


def _region(text: str) -> str:
    if not is_region(text):
        raise ValueError("a region is 2 to 25 lower-case letters, digits and hyphens")
    return text


def _registry_host(text: str) -> str:
    if _HOST_NAME.fullmatch(text) is None or text.count("{account}") > 1 or text.count("{region}") > 1:
        raise ValueError(
            "a registry host is a host name in which {account} and {region} may stand, once each,"
            " such as {account}.dkr.ecr.{region}.example.com; it may have a port, and http:// or https:// before it"
        )
    return text


def _cron(text: str) -> str:
    parse_cron(text)
    return text


Account = Annotated[str, AfterValidator(_account)]
Region = Annotated[str, AfterValidator(_region)]
RegistryHost = Annotated[str, AfterValidator(_registry_host)]
CronExpression = Annotated[str, AfterValidator(_cron)]


def _networks(value: object) -> object:
    """Addresses and networks, from a list or from a text with commas between them."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        return value
    texts = [str(part).strip() for part in cast("Sequence[object]", parts)]
    return tuple(_network(text) for text in texts if text)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ValueError(f"{error}. Addresses look like 10.0.0.7, networks like 10.0.0.0/8") from None


def _table(value: object) -> object:
    """What the environment holds as JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError('it must be a JSON object, such as {"PutImage": 10}') from None


Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)]
RequestRates = Annotated[dict[str, Annotated[float, Field(gt=0)]], NoDecode, BeforeValidator(_table)]
DataFolder = Annotated[Path, BeforeValidator(lambda value: value or "data")]
"""An empty variable counts as none, as it does for the commands that read no settings."""


class Settings(BaseSettings):
    """Every setting of a node."""

    model_config = SettingsConfigDict(env_prefix="WHARFSIDE_", extra="forbid", frozen=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(5000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    data: DataFolder = Field(Path("data"), description="Folder that holds everything the registry keeps.")
    archive_dir: Path | None = Field(
        None,
        description="Folder for the layers of archived images, such as a slower disk; in the data folder by default.",
    )
    account: Account = Field("000000000000", description="Account that is made at first start: 12 digits.")
    region: Region = Field("us-east-1", description="Region that `wharfside env` and `login` use.")
    workers: int = Field(1, ge=1, le=64, description="Processes that serve requests.")
    database_url: SecretStr | None = Field(
        None, description="`postgresql+psycopg://…`; without it, SQLite in the data folder."
    )
    registry_host: RegistryHost | None = Field(
        None, description="Host name of registries, such as {account}.dkr.ecr.{region}.example.com."
    )
    tls_cert: Path | None = Field(None, description="Certificate chain (PEM); serves https together with tls_key.")
    tls_key: Path | None = Field(None, description="Private key of the certificate (PEM).")
    trusted_proxies: Networks = Field(
        (),
        description="Addresses or networks (CIDR, with commas between them) of proxies that tell who the client is.",
    )
    proxy_headers: Literal["x-forwarded", "forwarded"] = Field(
        "x-forwarded",
        description="Which headers the trusted proxies set: X-Forwarded-For, -Proto and -Host, or Forwarded.",
    )
    metrics_token: SecretStr | None = Field(
        None, description="Bearer token for /metrics; without it, only this machine may read them."
    )
    rates: RequestRates = Field(
        default_factory=dict[str, float],
        description='Requests per second by IAM action, such as {"PutImage": 10}; none are limited by default.',
    )
    principal_rates: RequestRates = Field(
        default_factory=dict[str, float],
        description="The same for each user and each role, besides the limits of the account.",
    )
    limits: Literal["off", "ecr"] = Field(
        "off", description="`ecr` limits every account as Amazon does; `rates` may say otherwise for single actions."
    )
    audit_reads: bool = Field(False, description="Record calls that change nothing in the audit trail, too.")
    audit_retention_days: int = Field(90, ge=1, le=36_500, description="How long audit records are kept.")
    audit_file: str | None = Field(
        None, description="File to which audit records are appended as JSON lines besides; `-` is standard output."
    )
    lifecycle_schedule: CronExpression = Field(
        "0 * * * *", description="When lifecycle policies are carried out: a cron expression of five fields, in UTC."
    )
    event_retention_days: int = Field(7, ge=1, le=3650, description="How long events are kept.")
    webhook_give_up_hours: float = Field(
        24.0, gt=0, le=30 * 24, description="How long the delivery of an event to a webhook is tried."
    )
    webhook_timeout: float = Field(
        10.0, ge=0.1, le=120, description="Seconds that the receiver of a webhook may take to answer."
    )
    allow_sparse_manifests: bool = Field(
        False, description="Accept manifests whose layers or child manifests are not in the repository."
    )
    anonymous_pull: bool = Field(
        False, description="Let everybody pull, without credentials, what a repository policy allows to `*`."
    )
    encryption: Literal["aes256", "off"] = Field(
        "aes256",
        description="How new repositories are encrypted that do not say it; `off` stores blobs as they come.",
    )
    master_key_file: Path | None = Field(
        None, description="File with the master key, 32 random bytes; by default `master.key` in the data folder."
    )
    master_key: SecretStr | None = Field(None, description="The master key itself, in base64, instead of a file.")
    master_key_command: str | None = Field(
        None, description="Command that prints the master key in base64, instead of a file."
    )
    drain_seconds: float = Field(30.0, gt=0, description="How long requests in flight may take to finish at a stop.")
    access_log: bool = Field(False, description="Log every request.")
    one_processor: bool = Field(
        True, description="Keep the threads of each worker that take turns on one processor, where Linux lets them."
    )

    open: bool = Field(
        False, description="Open mode: no secret is checked, and everybody is an administrator. Loopback only."
    )

    @model_validator(mode="after")
    def _open_to_this_machine_only(self) -> Settings:
        if self.open and not is_loopback(self.host):
            raise ValueError(
                f"open mode lets everybody do everything, so it is refused on {self.host or 'every address'}."
                " Listen on 127.0.0.1, or leave --open (WHARFSIDE_OPEN) away"
            )
        if self.open and self.trusted_proxies:
            raise ValueError(
                "open mode lets everybody do everything, so it is refused behind proxies."
                " Leave --open (WHARFSIDE_OPEN) or WHARFSIDE_TRUSTED_PROXIES away"
            )
        return self

    @model_validator(mode="after")
    def _one_master_key(self) -> Settings:
        names = ("master_key", "master_key_file", "master_key_command")
        given = [f"WHARFSIDE_{name.upper()}" for name in names if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"the master key is to come from one place: leave all but one of {', '.join(given)} away")
        return self

    @model_validator(mode="after")
    def _events_last_as_long_as_their_delivery(self) -> Settings:
        if self.webhook_give_up_hours > self.event_retention_days * 24:
            raise ValueError(
                "webhook_give_up_hours is longer than event_retention_days: deliveries would end with their events"
            )
        return self

    @field_validator("rates", "principal_rates")
    @classmethod
    def _actions_are_known(cls, rates: dict[str, float]) -> dict[str, float]:
        known = {action.partition(":")[2] for each in load("ecr").operations.values() for action in each.iam_actions}
        unknown = sorted(rates.keys() - known)
        if unknown:
            raise ValueError(f"there is no IAM action {unknown[0]}")
        return rates

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line before environment before file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    def archive(self) -> Path:
        """The folder for the layers of archived images."""
        return self.archive_dir or self.data / "archive"

    def database(self) -> str:
        """The database's address."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{(self.data / 'registry.db').absolute()}"


def load_settings(file: Path | None, **given: object) -> Settings:
    """The settings, where `given` holds those of the command line (None: not given).

    Raises pydantic.ValidationError, and FileNotFoundError for a settings file that is not there.
    """
    chosen = {name: value for name, value in given.items() if value is not None}
    if file is None:
        return Settings(**chosen)  # pyright: ignore[reportArgumentType]  # validated by pydantic
    if not file.is_file():
        raise FileNotFoundError(f"There is no settings file {file}")

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=file)

    return FromFile(**chosen)  # pyright: ignore[reportArgumentType]  # validated by pydantic
