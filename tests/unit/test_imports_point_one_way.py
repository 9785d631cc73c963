"""The direction of imports, which is what keeps TensorFlow out of the gateway and us out of the client."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("training", "serving", "client", "benchmarks", "tests")

# A package, and the modules of ours that it may import beside its own.
ALLOWED = {
    "training": (
        "serving.administration.model_server",
        "serving.contract",
        "serving.errors",
        "serving.images",
        "serving.store",
    ),
    "client": (),
    "serving/gateway": (
        "serving.contract",
        "serving.errors",
        "serving.images",
        "serving.listening",
        "serving.startup",
        "serving.wire",
    ),
    "serving/images": ("serving.contract", "serving.errors"),
    "serving/wire": (),
    "serving/model_server": ("serving.contract", "serving.listening", "serving.startup", "serving.wire"),
    "serving/local": (
        "serving.errors",
        "serving.gateway",
        "serving.listening",
        "serving.model_server",
        "serving.startup",
        "serving.store",
        "serving.wire",
    ),
    "serving/stack": ("serving.direct", "serving.listening", "serving.saying", "serving.store"),
    "serving/administration": ("serving.direct", "serving.quiet", "serving.saying", "serving.store"),
    "serving/cluster": ("serving.store",),
    "serving/store": ("serving.contract",),
}
FRAMEWORKS = ("tensorflow", "keras", "tensorflow_serving")
WITHOUT_FRAMEWORK = ("client", "serving/gateway", "serving/images", "serving/wire", "serving/stack")


def imported_modules(package: str) -> Iterator[tuple[Path, str]]:
    """Every absolute module name that a file of the package imports, at any depth."""
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from ((path, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from ((path, f"{node.module}.{alias.name}") for alias in node.names)


def within(name: str, package: str) -> bool:
    """Whether a module name is the package or lies in it."""
    return name == package or name.startswith(package + ".")


@pytest.mark.parametrize("package", ALLOWED)
def test_a_package_imports_only_what_it_may(package: str) -> None:
    own = package.replace("/", ".")
    found = list(imported_modules(package))
    assert found, f"no imports found in {package}: the check would prove nothing"
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path, name in found
        if name.split(".")[0] in OURS and not any(within(name, ok) for ok in (own, *ALLOWED[package]))
    ]
    assert wrong == []


@pytest.mark.parametrize("package", WITHOUT_FRAMEWORK)
def test_no_framework_is_imported_where_it_would_cost_seconds(package: str) -> None:
    wrong = [
        f"{path}: {name}" for path, name in imported_modules(package) if name.split(".")[0] in FRAMEWORKS
    ]
    assert wrong == []


def test_the_running_gateway_never_loads_tensorflow_or_the_training_job() -> None:
    code = (
        "import sys; from serving.gateway.settings.settings import Settings;"
        "from serving.gateway.app import create_app;"
        "app = create_app(Settings.from_env({'GATEWAY_MODEL_SERVER': '127.0.0.1:1', 'GATEWAY_MODELS': 'm'}));"
        "app.test_client().get('/healthz');"
        "bad = {'tensorflow', 'keras', 'tensorflow_serving', 'training'} & set(sys.modules);"
        "bad |= {name for name in sys.modules if name.startswith('serving.model_server')};"
        "sys.exit(repr(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
