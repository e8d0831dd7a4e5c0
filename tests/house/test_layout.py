"""What the design promises about the house, and no linter checks."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cifar_core.ui.classroom.choosing import MEGABYTES

ROOT = Path(__file__).parents[2]
CORE = sorted((ROOT / "cifar_core").rglob("*.py"))
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
MAX_FILE_LINES, MAX_PAGE_LINES = 320, 110


@pytest.mark.parametrize("path", [*CORE, *PAGES], ids=lambda path: str(path.relative_to(ROOT)))
def test_file_holds_one_idea(path: Path) -> None:
    limit = MAX_PAGE_LINES if path in PAGES else MAX_FILE_LINES
    assert len(path.read_text().splitlines()) <= limit


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_page_does_no_core_work(path: Path) -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert imported <= {"streamlit", "cifar_core"}


def widget_keys(path: Path) -> set[str]:
    """What stands behind `key=` in a module: strings, and its own constants."""
    tree = ast.parse(path.read_text())
    constants: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            (target,) = node.targets
            pairs = (
                zip(target.elts, node.value.elts, strict=False)
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
                else [(target, node.value)]
            )
            for name, value in pairs:
                if isinstance(name, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
                    constants[name.id] = value.value
    keys = [
        argument.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for argument in node.keywords
        if argument.arg == "key"
    ]
    strings = {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    return strings | {constants[key.id] for key in keys if isinstance(key, ast.Name) and key.id in constants}


def test_no_widget_takes_another_one_s_value() -> None:
    # A value that persists is carried along to every page, and would be found there under the same key.
    modules: dict[str, list[str]] = {}
    for path in [*(ROOT / "cifar_core" / "ui").rglob("*.py"), *PAGES]:
        for key in widget_keys(path):
            modules.setdefault(key, []).append(str(path.relative_to(ROOT)))
    assert len(modules) > 50
    assert {key: found for key, found in modules.items() if len(found) > 1} == {}


def test_every_torch_load_refuses_foreign_pickles() -> None:
    calls = [line for path in CORE for line in path.read_text().splitlines() if "torch.load(" in line]
    assert calls
    assert all("weights_only=True" in line for line in calls)


def test_dashboard_is_closed_by_default() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    server = config["server"]
    assert server["address"] == "127.0.0.1"
    assert server["allowedHosts"] == ["localhost", "127.0.0.1"]
    assert server["enableCORS"] is True
    assert server["enableXsrfProtection"] is True
    assert server["maxUploadSize"] == MEGABYTES
    assert config["client"]["showErrorDetails"] == "none"
    assert config["browser"]["gatherUsageStats"] is False


def test_ci_calls_exactly_the_test_command_of_the_readme() -> None:
    commands = re.findall(r"^pip install .*$", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    assert commands[0] == "pip install -r requirements.txt && streamlit run app.py"
    assert commands[1] == "pip install -r requirements-dev.txt && python -m pytest -n 2 --dist worksteal"
    assert commands[1] in (ROOT / ".ci" / "run").read_text().splitlines()


def test_home_and_architecture_are_drawn_without_torch_or_albumentations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIFAR_LAB_EXAMPLES", "yes")  # they come in with the first page
    script = """
import sys
from streamlit.testing.v1 import AppTest
from cifar_core.ui import resources
resources.warm_up = lambda: None
app = AppTest.from_file("app.py", default_timeout=60).run()
app.switch_page("pages/architecture.py").run()
assert not app.exception, app.exception
print(sorted({"torch", "albumentations", "torchvision", "sklearn", "matplotlib"} & set(sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
