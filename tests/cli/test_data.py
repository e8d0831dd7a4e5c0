from __future__ import annotations

from pathlib import Path
from urllib.error import URLError

import pytest

from tests.cli.helpers import Cli
from tests.conftest import CIFAR10_FOLDER


def test_status_without_cifar10_says_how_to_get_it(cli: Cli, no_cifar10: Path) -> None:
    outcome = cli("data", "status")
    assert outcome.status == 0
    cifar10, digits = outcome.out.splitlines()
    assert cifar10.split()[:2] == ["cifar10", "missing"]
    assert "data fetch" in cifar10
    assert digits.split()[:2] == ["digits", "ok"]


def test_status_as_json_names_the_folder(cli: Cli, no_cifar10: Path) -> None:
    cifar10, digits = cli("data", "status", "--json").data
    assert (cifar10["name"], cifar10["available"], cifar10["folder"]) == ("cifar10", False, str(no_cifar10))
    assert (digits["name"], digits["available"]) == ("digits", True)


@pytest.mark.cifar10
def test_status_checks_cifar10_where_it_is(cli: Cli, no_cifar10: Path) -> None:
    cifar10 = cli("data", "status", "--data", CIFAR10_FOLDER, "--json").data[0]
    assert cifar10["available"]
    assert "60,000" in cifar10["sentence"]


@pytest.mark.cifar10
def test_status_tells_of_a_damaged_file(cli: Cli, damaged_cifar10: Path) -> None:
    cifar10 = cli("data", "status", "--json").data[0]
    assert not cifar10["available"]
    assert "data_batch_2 is damaged" in cifar10["sentence"]


@pytest.mark.cifar10
def test_fetch_keeps_what_is_there(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torchvision.datasets.cifar.download_and_extract_archive", _no_network)
    outcome = cli("data", "fetch")
    assert outcome.status == 0
    assert "60,000 images" in outcome.out


def test_fetch_without_a_network_says_what_to_do(cli: Cli, no_cifar10: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torchvision.datasets.cifar.download_and_extract_archive", _no_network)
    cli("data", "fetch").assert_refused(1, "no way out", str(no_cifar10), "cifar-10-python.tar.gz")
    assert list(no_cifar10.iterdir()) == []


def test_fetch_into_a_place_that_cannot_be_made_says_so(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cli("data", "fetch", "--data", tmp_path / "file" / "data").assert_refused(1, "Not a directory")


def _no_network(*arguments: object, **options: object) -> None:
    raise URLError("no way out")
