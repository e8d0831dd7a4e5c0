"""What the design promises about the house, and no linter checks."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

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
    assert server["maxUploadSize"] == 10
    assert config["client"]["showErrorDetails"] == "none"
    assert config["browser"]["gatherUsageStats"] is False


def test_ci_calls_exactly_the_test_command_of_the_readme() -> None:
    commands = re.findall(r"^pip install .*$", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    assert commands[0] == "pip install -r requirements.txt && streamlit run app.py"
    assert commands[1] == "pip install -r requirements-dev.txt && python -m pytest"
    assert commands[1] in (ROOT / ".ci" / "run").read_text().splitlines()


def test_home_and_architecture_are_drawn_without_torch_or_albumentations(tmp_path: Path) -> None:
    script = """
import sys
from streamlit.testing.v1 import AppTest
from cifar_core.ui import resources
resources.warm_up = lambda: None
app = AppTest.from_file("app.py", default_timeout=60).run()
app.switch_page("pages/architecture.py").run()
assert not app.exception, app.exception
print(sorted({"torch", "albumentations", "torchvision", "sklearn"} & set(sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
