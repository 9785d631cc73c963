"""Settings from the environment, and what the gateway loads with them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields

import pytest

from docs import configuration
from serving.gateway.settings.settings import Settings, SettingsError, unknown_variables, variable


def test_settings_have_defaults_and_read_the_environment() -> None:
    assert Settings.from_env({}) == Settings()
    settings = Settings.from_env(
        {"GATEWAY_MODELS": "digits, clothes", "GATEWAY_DEADLINE_SECONDS": "2.5", "GATEWAY_ACCESS_LOG": "off"}
    )
    assert (settings.models, settings.default_model) == (("digits", "clothes"), "digits")
    assert (settings.deadline_seconds, settings.access_log) == (2.5, False)


WRONG: dict[str, tuple[str, ...]] = {
    "PORT": ("http", "65536", "tcp://10.0.0.1:8080"),
    "WORKERS": ("0", "\u0661"),
    "MODELS": ("", "a/b"),
    "DEFAULT_MODEL": ("a b",),
    "MODEL_SERVER": ("localhost", "http://localhost:8500", "localhost:0"),
    "MODEL_SERVER_TLS": ("maybe",),
    "MODEL_SERVER_CA": ("/no/such/file",),
    "MODEL_SERVER_KEY": (__file__,),
    "DEADLINE_SECONDS": ("0", "nan", "1e3"),
    "AUTH_EXEMPT": ("health,everything",),
    "RATE_LIMIT": ("many",),
    "RATE_LIMIT_STORAGE": ("memcached://cache:11211", "cache:6379", "redis://", "redis://cache:http"),
    "TRUSTED_PROXIES": ("10.0.0.0/99",),
    "CORS_ORIGINS": ("example.org", "https://example.org/path"),
    "LOG_LEVEL": ("loud",),
    "TRACE_ENDPOINT": ("collector:4318",),
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in WRONG for value in WRONG[name]])
def test_a_wrong_value_is_refused_by_the_name_of_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"GATEWAY_{name}"):
        Settings.from_env({f"GATEWAY_{name}": value})


def test_a_refusal_shows_the_value_without_the_password_in_it() -> None:
    with pytest.raises(SettingsError, match="reddis://") as caught:
        Settings.from_env({"GATEWAY_RATE_LIMIT_STORAGE": "reddis://user:secret@cache:6379"})
    assert "secret" not in str(caught.value)


def test_a_misspelt_variable_is_noticed() -> None:
    assert unknown_variables({"GATEWAY_PROT": "1", "GATEWAY_PORT": "1", "PATH": ""}) == ["GATEWAY_PROT"]


def test_the_configuration_page_is_current_and_lists_every_setting() -> None:
    assert configuration.main(["--check"]) == 0
    assert all(f"`{variable(field.name)}`" in configuration.render() for field in fields(Settings))


def test_the_gateway_loads_no_framework_and_stays_small() -> None:
    script = (
        "import re, sys\n"
        "from serving.gateway.app import application\n"
        "app = application()\n"
        "unused = {'tensorflow', 'keras', 'training', 'flask_limiter', 'redis', 'opentelemetry'}\n"
        "heavy = unused & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100_000  # kB
