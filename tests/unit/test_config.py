"""Where settings come from: the command line before the environment before the file before the defaults."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from wharfside.config import load_settings


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("WHARFSIDE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "wharfside.toml"
    path.write_text('port = 1000\nregion = "eu-west-1"\nworkers = 2\n\n[rates]\nPutImage = 10\n')
    return path


def test_defaults() -> None:
    settings = load_settings(None)
    assert (settings.host, settings.port, settings.data) == ("127.0.0.1", 5000, Path("data"))
    assert (settings.account, settings.region, settings.workers) == ("000000000000", "us-east-1", 1)
    assert settings.rates == {}


def test_each_source_wins_over_the_next(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHARFSIDE_PORT", "2000")
    monkeypatch.setenv("WHARFSIDE_REGION", "eu-north-1")
    settings = load_settings(file, port=3000, region=None, workers=None)
    assert (settings.port, settings.region, settings.workers) == (3000, "eu-north-1", 2)
    assert settings.rates == {"PutImage": 10.0}
    assert settings.account == "000000000000"


def test_environment_counts_without_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHARFSIDE_RATES", '{"PutImage": 0.5}')
    monkeypatch.setenv("WHARFSIDE_ALLOW_SPARSE_MANIFESTS", "true")
    settings = load_settings(None)
    assert settings.rates == {"PutImage": 0.5}
    assert settings.allow_sparse_manifests


def test_a_switch_can_be_turned_off_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHARFSIDE_ACCESS_LOG", "1")
    assert load_settings(None).access_log
    assert not load_settings(None, access_log=False).access_log


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("account", "12345678901"),
        ("account", "1234567890123"),
        ("account", "00000000000a"),
        ("account", "000000000000\n"),
        ("region", "US-EAST-1"),
        ("region", "../x"),
        ("port", 65536),
        ("port", -1),
        ("workers", 0),
        ("drain_seconds", 0),
        ("registry_host", ""),
        ("registry_host", "https://"),
        ("registry_host", "ftp://example.com"),
        ("registry_host", "https://example.com/path"),
        ("registry_host", "two words"),
        ("registry_host", "{name}.example.com"),
        ("registry_host", "{account}.{account}.example.com"),
    ],
)
def test_values_out_of_bounds_are_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError) as refusal:
        load_settings(None, **{name: value})
    assert [problem["loc"] for problem in refusal.value.errors()] == [(name,)]


@pytest.mark.parametrize(
    "host",
    [
        "{account}.dkr.ecr.{region}.example.com",
        "https://{account}.registry.example.com:8443",
        "registry",
        "http://127.0.0.1:5000",
        "[::1]:5000",
    ],
)
def test_names_of_registries(host: str) -> None:
    assert load_settings(None, registry_host=host).registry_host == host


def test_proxies_are_addresses_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHARFSIDE_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1,2001:db8::/32")
    found = [str(network) for network in load_settings(None).trusted_proxies]
    assert found == ["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32"]
    monkeypatch.setenv("WHARFSIDE_TRUSTED_PROXIES", "")
    assert load_settings(None).trusted_proxies == ()


def test_an_empty_data_folder_is_the_default_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHARFSIDE_DATA", "")
    assert load_settings(None).data == Path("data")


def test_unknown_setting_in_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wharfside.toml"
    path.write_text("prot = 1\n")
    with pytest.raises(ValidationError, match="prot"):
        load_settings(path)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.toml"):
        load_settings(tmp_path / "none.toml")


def test_database_is_in_the_data_folder_unless_named() -> None:
    assert load_settings(None, data=Path("/srv/r")).database() == "sqlite:////srv/r/registry.db"
    named = load_settings(None, database_url="postgresql+psycopg://u:hidden@h/d")
    assert named.database() == "postgresql+psycopg://u:hidden@h/d"
    assert "hidden" not in repr(named)


@pytest.mark.parametrize("rates", ['{"PutImage": 0}', '{"PutImage": -1}', '{"NoSuchAction": 1}', '{"ecr:PutImage": 1}'])
def test_rates_are_positive_and_of_known_actions(monkeypatch: pytest.MonkeyPatch, rates: str) -> None:
    monkeypatch.setenv("WHARFSIDE_RATES", rates)
    with pytest.raises(ValidationError):
        load_settings(None)
    monkeypatch.setenv("WHARFSIDE_RATES", '{"PutImage": 0.5, "GetAuthorizationToken": 500}')
    assert load_settings(None).rates == {"PutImage": 0.5, "GetAuthorizationToken": 500}


@pytest.mark.parametrize("expression", ["0 25 * * *", "3600", "* * 30 2 *"])
def test_the_schedule_of_lifecycle_policies_is_a_cron_expression(
    monkeypatch: pytest.MonkeyPatch, expression: str
) -> None:
    monkeypatch.setenv("WHARFSIDE_LIFECYCLE_SCHEDULE", expression)
    with pytest.raises(ValidationError, match=r"hour|five fields|never comes"):
        load_settings(None)
    monkeypatch.setenv("WHARFSIDE_LIFECYCLE_SCHEDULE", "30 3 * * mon-fri")
    assert load_settings(None).lifecycle_schedule == "30 3 * * mon-fri"


def test_events_are_kept_for_as_long_as_their_delivery_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHARFSIDE_EVENT_RETENTION_DAYS", "2")
    monkeypatch.setenv("WHARFSIDE_WEBHOOK_GIVE_UP_HOURS", "48")
    assert load_settings(None).webhook_give_up_hours == 48.0
    monkeypatch.setenv("WHARFSIDE_WEBHOOK_GIVE_UP_HOURS", "48.5")
    with pytest.raises(ValidationError, match="deliveries would end with their events"):
        load_settings(None)
