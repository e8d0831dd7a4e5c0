"""The report in both its forms, of tiny runs on digits."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from PIL import Image

from cifar_core.architecture import with_block_widths
from cifar_core.errors import DataError, SpecError
from cifar_core.report import content as content_module
from cifar_core.report.content import MAX_RUNS, make_report
from cifar_core.report.html import html_page
from cifar_core.report.markdown import markdown_zip
from cifar_core.report.sentences import SEED_SAID
from cifar_core.runs import Run, RunFiles, RunStore, preset_config
from cifar_core.runs.experiment import RunListener, execute_run
from cifar_core.runs.report_texts import MAX_TEXT, ReportText
from cifar_core.runs.seed_experiment import seed_experiment
from cifar_core.words import percent
from tests.tiny import tiny_config

HOSTILE = "<script>alert(1)</script> ![x](http://evil.test/a.png)"
LISTS = "1. one\n10) ten\n---\n+ plus\n- - minus\n===\n* star\n-\n5"


@pytest.fixture
def store(own_store: Path) -> Iterator[RunStore]:
    with closing(RunStore()) as store:
        yield store


def _trained(store: RunStore, name: str = "tiny") -> Run:
    claim = store.start(tiny_config(name))
    execute_run(store, claim, RunListener())
    return store.get(claim.run_id)


def _unpacked(content: bytes) -> tuple[str, zipfile.ZipFile]:
    archive = zipfile.ZipFile(BytesIO(content))
    return archive.read("README.md").decode(), archive


def test_every_picture_of_the_markdown_is_in_the_zip_and_a_png(store: RunStore) -> None:
    text, archive = _unpacked(markdown_zip(make_report(store, [_trained(store), _trained(store)])))
    tokens = MarkdownIt().parse(text)
    shown = [child.attrs["src"] for token in tokens for child in token.children or () if child.type == "image"]
    assert sorted(map(str, shown)) == sorted(name for name in archive.namelist() if name != "README.md")
    assert len(shown) == 7
    for name in shown:
        with Image.open(BytesIO(archive.read(str(name)))) as picture:
            assert picture.format == "PNG"
    for heading in ("Target", "Results", "Analysis", "Model architecture", "Receptive field", "Confusion matrix"):
        assert text.count(f"### {heading}\n") == 2


def test_the_figures_are_the_stores(store: RunStore) -> None:
    run = _trained(store)
    report = make_report(store, [run])
    (section,) = report.sections
    results = dict(section.results)
    assert results["Parameters"] == f"{run.num_params:,}"
    assert results["Test accuracy (validation-chosen)"] == percent(run.test_accuracy)
    predictions = RunFiles(store.run_folder(run.id)).load_predictions("test")
    assert predictions is not None
    assert not isinstance(section.matrix, str)
    assert section.matrix.trace() / section.matrix.sum() == pytest.approx(predictions.accuracy)
    page = html_page(report)
    for epoch in store.epochs(run.id):
        assert f"Accuracy: {epoch.eval_correct}/{epoch.eval_count} ({100 * epoch.eval_accuracy:.2f}%)" in page


def test_hostile_words_stay_words(store: RunStore) -> None:
    run = _trained(store, HOSTILE)
    store.set_report_text(run.id, ReportText(f"{HOSTILE}\n{LISTS}", HOSTILE))
    report = make_report(store, [run])
    page = html_page(report)
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    rendered = MarkdownIt("commonmark", {"html": True}).render(_unpacked(markdown_zip(report))[0])
    assert "<ol" not in rendered
    assert "<hr" not in rendered
    assert "<ul>\n<li>\n<ul>" not in rendered
    assert "<script" not in rendered
    assert "<img" not in rendered.replace('<img src="images/', "")
    assert 'src="http' not in rendered


def test_runs_of_every_protocol_and_a_quick_trial_stand_side_by_side(store: RunStore) -> None:
    configs = [tiny_config(protocol=protocol, limit_test=None) for protocol in ("validation", "refit", "seed")]
    runs = [store.enqueue(config) for config in (*configs, tiny_config(limit_train=128, limit_test=10))]
    report = make_report(store, runs)
    results = [dict(section.results) for section in report.sections]
    assert results[1]["Best accuracy"] == "nothing was chosen"
    assert [each["Evaluated on"] for each in results[2:]] == [
        "whole sets",
        "a quick trial: 10 images of each set at most",
    ]
    assert results[3]["Training images"] == "128 of 1,500"
    for text in (html_page(report), _unpacked(markdown_zip(report))[0]):
        assert "nothing was chosen" in text


def test_own_analysis_is_told_from_the_computed_one(store: RunStore) -> None:
    run = _trained(store)
    assert "Computed:" not in html_page(make_report(store, [run]))
    store.set_report_text(run.id, ReportText("", "I think so"))
    report = make_report(store, [run])
    for text in (html_page(report), _unpacked(markdown_zip(report))[0]):
        text = text.replace("&#x27;", "'")
        assert text.index("In the author's words:") < text.index("I think so") < text.index("Computed:")


def test_what_is_missing_is_said(store: RunStore) -> None:
    queued = store.enqueue(tiny_config("waits"))
    report = make_report(store, [queued])
    for text in (html_page(report), _unpacked(markdown_zip(report))[0]):
        assert "No target was written for this run." in text
        assert "No epoch of this run is over." in text
        assert "not measured" in text


def test_a_data_set_that_is_gone_and_damaged_predictions_are_said(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _trained(store)

    def gone(name: str) -> None:
        raise DataError("CIFAR-10 is not in data.")

    monkeypatch.setattr(content_module, "shared_dataset", gone)
    (section,) = make_report(store, [run]).sections
    assert section.mistakes == "The images cannot be shown. CIFAR-10 is not in data."
    assert not isinstance(section.matrix, str)
    path = RunFiles(store.run_folder(run.id)).predictions_path("test")
    path.write_bytes(b"damaged")
    (section,) = make_report(store, [run]).sections
    assert isinstance(section.matrix, str)
    assert section.matrix in html_page(make_report(store, [run])).replace("&#x27;", "'")


def test_the_words_go_with_the_run(store: RunStore) -> None:
    run = _trained(store)
    store.set_report_text(run.id, ReportText("Fewer channels", "It works"))
    with closing(RunStore()) as again:
        assert again.report_text(run.id) == ReportText("Fewer channels", "It works")
    with pytest.raises(SpecError, match="at most 10,000 are kept"):
        store.set_report_text(run.id, ReportText("a" * (MAX_TEXT + 1)))
    store.delete([run.id])
    store.purge([run.id])
    assert store.report_text(run.id) == ReportText()


def test_bad_choices_are_refused(store: RunStore) -> None:
    run = store.enqueue(tiny_config())
    with pytest.raises(SpecError, match=f"1 to {MAX_RUNS} runs, not 0"):
        make_report(store, [])
    with pytest.raises(SpecError, match="named twice"):
        make_report(store, [run, run])


def test_the_seeds_models_stand_beside_what_the_document_says(store: RunStore) -> None:
    runs = [store.enqueue(config) for config in seed_experiment(2)]
    report = make_report(store, runs)
    assert [row.model for row in report.claims[::5]] == ["Seed, Model 1", "Seed, Model 2", "Seed, Model 3"]
    text, _ = _unpacked(markdown_zip(report))
    rendered = MarkdownIt("commonmark").enable("table").render(text)
    for said in ("1,605,600", "99.9 %", "85.4 %"):
        assert f"<td>{said}</td>" in rendered
        assert f"<td>{said}</td>" in html_page(report)
    assert SEED_SAID not in _unpacked(markdown_zip(make_report(store, [store.enqueue(tiny_config())])))[0]


def test_networks_without_much_in_common_are_told_in_one_row(store: RunStore) -> None:
    unlike = [store.enqueue(preset_config(name)) for name in ("quick-cpu", "best-100k")]
    told = [each for each in make_report(store, unlike).differences if each.part == "network"]
    assert [each.values for each in told] == [
        tuple(f"{len(run.config.architecture.layers)} layers, {run.num_params:,} parameters" for run in unlike)
    ]
    config = preset_config("quick-cpu")
    wider = with_block_widths(config.architecture, {"C4": 100})
    alike = [store.enqueue(each) for each in (config, config.changed(architecture=wider.model_dump()))]
    settings = [each.setting for each in make_report(store, alike).differences if each.part == "network"]
    assert settings
    assert all("out channels" in setting for setting in settings)
