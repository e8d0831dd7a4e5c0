"""What is said of a run beside its parent and beside others that differ in a single setting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from scipy import stats  # type: ignore[import-untyped]

from cifar_core.analysis.finding import Finding, noise
from cifar_core.analysis.seeds import Seeds
from cifar_core.analysis.sentences import run_findings
from cifar_core.data import AugmentationSpec, find_augmentation
from cifar_core.data.augmentation import HorizontalFlip
from cifar_core.runs import Run, RunConfig, RunState, RunStore
from tests.analysis.stored import stored_run
from tests.tiny import some_metrics, tiny_config

IMAGES = 5000
LOW, HIGH = [0.4, 0.5, 0.60], [0.4, 0.5, 0.70]


def of_kind(findings: Sequence[Finding], kind: str) -> list[Finding]:
    return [finding for finding in findings if finding.kind == kind]


def told(store: RunStore, run: Run, kind: str = "parent", parent: Run | None = None) -> Finding:
    """The only finding of a kind."""
    child = replace(run, parent_id=parent.id) if parent else run
    (finding,) = of_kind(run_findings(store, child), kind)
    return finding


def seeds(store: RunStore, accuracies: Sequence[float], label_smoothing: float = 0.0) -> list[Run]:
    """Runs of one configuration with the seeds 0, 1, ..."""
    return [
        stored_run(store, tiny_config(seed=seed, label_smoothing=label_smoothing), [last])
        for seed, last in enumerate(accuracies)
    ]


def cloned(store: RunStore, parent: RunConfig, child: RunConfig) -> str:
    """What is said of a run of 70 % whose parent has 60 %."""
    origin = stored_run(store, parent, LOW)
    return told(store, stored_run(store, child, HIGH), parent=origin).sentence


def elsewhere(store: RunStore, config: RunConfig, accuracy: float, device: str, **versions: str) -> Run:
    """A run on another machine than `stored_run`'s."""
    claim = store.start(config)
    store.report_start(claim, device, {"torch": "2.14.1", "threads": "2", **versions})
    store.report_epoch(claim, some_metrics(1, eval_accuracy=accuracy, eval_count=IMAGES))
    store.report_end(claim, RunState.COMPLETED)
    return store.get(claim.run_id)


def test_helped_is_said_of_one_seed_each_where_the_seed_is_the_same(store: RunStore) -> None:
    flip = AugmentationSpec(transforms=(HorizontalFlip(),))
    sentence = cloned(store, tiny_config("plain"), tiny_config("flipped", augmentation=flip))
    assert sentence.startswith("Augmentation: horizontal flip (none → horizontal flip (p 0.5)) helped: ")
    assert "70.0 % against 60.0 % in plain" in sentence
    assert sentence.endswith("(+10.0 points; validation-chosen; n = 1 against 1 seed); no other setting differs.")


def test_one_seed_each_that_differs_only_coincides(store: RunStore) -> None:
    sentence = cloned(store, tiny_config("plain"), tiny_config(label_smoothing=0.1, seed=3))
    assert sentence.startswith("Best validation accuracy 70.0 % against 60.0 % in plain")
    assert sentence.endswith(
        "this coincides with training: label smoothing (0 → 0.1); one seed each, and the seed differs too."
    )


@pytest.mark.parametrize(("accuracy", "words"), [(0.7, "coincides with"), (0.602, "No difference beyond luck with")])
def test_another_device_is_as_good_as_another_seed(store: RunStore, accuracy: float, words: str) -> None:
    parent = stored_run(store, tiny_config(), [0.6])
    child = elsewhere(store, tiny_config(label_smoothing=0.1), accuracy, "GPU", threads="16")
    sentence = told(store, child, parent=parent).sentence
    assert words in sentence
    assert "helped" not in sentence
    assert sentence.endswith("device and number of threads differ too.") == (accuracy == 0.7)


def test_another_version_of_python_moves_no_bit_but_is_told(store: RunStore) -> None:
    parent = elsewhere(store, tiny_config(), 0.6, "CPU", python="3.11.2", cifar_lab="0.5.0")
    child = elsewhere(store, tiny_config(label_smoothing=0.1), 0.7, "CPU", python="3.12.1", cifar_lab="0.6.0")
    sentence = told(store, child, parent=parent).sentence
    assert " helped: " in sentence
    assert sentence.endswith("; otherwise only Python version and CIFAR Lab version differ.")


def test_all_seeds_of_both_configurations_count(store: RunStore) -> None:
    parent = seeds(store, (0.58, 0.62))[-1]
    child = seeds(store, (0.69, 0.70, 0.71), label_smoothing=0.1)[-1]
    finding = told(store, child, parent=parent)
    assert finding.sentence.startswith("Training: label smoothing (0 → 0.1) helped: ")
    assert "70.0 % against 60.0 %" in finding.sentence
    assert finding.sentence.endswith("n = 3 against 2 seeds); otherwise only the seed differs.")
    numbers = finding.numbers
    assert (numbers["its seeds"], numbers["seeds there"]) == (3, 2)
    interval = stats.ttest_ind((0.58, 0.62), (0.69, 0.70, 0.71)).confidence_interval(0.95)
    assert numbers["difference that luck explains"] == pytest.approx((interval.high - interval.low) / 2)


def test_what_else_differs_among_the_seeds_is_told(store: RunStore) -> None:
    parent = seeds(store, (0.60, 0.61))[-1]
    seeds(store, (0.80, 0.81), label_smoothing=0.1)
    child = elsewhere(store, tiny_config(label_smoothing=0.1, seed=2), 0.82, "GPU")
    assert told(store, child, parent=parent).sentence.endswith("; otherwise only seed and device differ.")


def test_few_seeds_must_differ_by_far_more_than_they_scatter(store: RunStore) -> None:
    """Two each: 4.3 standard errors, not 1.96; and a run without siblings is not one that does not scatter."""
    parent = seeds(store, (0.59, 0.61))[-1]
    child = seeds(store, (0.63, 0.65), label_smoothing=0.1)[-1]
    assert told(store, child, parent=parent).sentence.startswith("No difference beyond luck with")
    alone = stored_run(store, tiny_config(label_smoothing=0.2), [0.66])
    finding = told(store, alone, parent=parent)
    assert finding.sentence.startswith("No difference beyond luck with")
    assert finding.numbers["difference that luck explains"] == pytest.approx(
        stats.t.ppf(0.975, 1) * 0.01 * 2**0.5 * 1.5**0.5
    )


def test_the_same_seed_twice_is_no_spread(store: RunStore) -> None:
    for _ in range(2):
        parent = stored_run(store, tiny_config(), [0.6])
        child = stored_run(store, tiny_config(label_smoothing=0.1, seed=1), [0.7])
    finding = told(store, child, parent=parent)
    assert (finding.numbers["its seeds"], finding.numbers["seeds there"]) == (1, 1)
    assert "coincides with" in finding.sentence


def test_several_changes_only_coincide(store: RunStore) -> None:
    sentence = cloned(store, tiny_config(), tiny_config(augmentation=find_augmentation("assignment").spec))
    assert "this coincides with augmentation: horizontal flip" in sentence
    assert "helped" not in sentence


def test_a_setting_that_did_harm_or_nothing_is_not_said_to_help(store: RunStore) -> None:
    parent = stored_run(store, tiny_config(), HIGH)
    for accuracies, words in ((LOW, "did harm"), ([0.4, 0.5, 0.701], "No difference beyond luck with")):
        child = stored_run(store, tiny_config(label_smoothing=0.1), accuracies)
        assert words in told(store, child, parent=parent).sentence


def test_another_seed_is_compared_run_with_run(store: RunStore) -> None:
    parent, child = seeds(store, (0.60, 0.70))
    finding = told(store, child, parent=parent)
    assert finding.sentence.startswith("The same settings but for the seed: best validation accuracy 70.0 % against 60")
    assert finding.sentence.endswith("(+10.0 points; validation-chosen); no more than luck explains, by n = 2 seeds.")
    assert finding.numbers["this run"] == 0.70
    assert finding.numbers[parent.id] == 0.60
    assert finding.numbers["difference that luck explains"] == pytest.approx(
        stats.t.ppf(0.975, 1) * 0.1 / 2**0.5 * 2**0.5
    )


def test_a_seed_may_stand_out_of_many(store: RunStore) -> None:
    parent, *_, child = seeds(store, (0.60, 0.601, 0.602, 0.599, 0.60, 0.60, 0.601, 0.64))
    assert told(store, child, parent=parent).sentence.endswith("more than luck explains, by n = 8 seeds.")


def test_the_same_seed_is_not_called_another_one(store: RunStore) -> None:
    sentence = cloned(store, tiny_config("one"), tiny_config("other"))
    assert sentence.startswith("The same settings and seed: best validation accuracy 70.0 % against 60.0 % in one")
    parent = stored_run(store, tiny_config(), [0.6])
    sentence = told(store, elsewhere(store, tiny_config(), 0.61, "GPU"), parent=parent).sentence
    assert sentence.startswith("The same settings and seed, but for the device: ")
    assert "(+1.0 points; validation-chosen)." in sentence


def test_what_only_reads_otherwise_is_no_change(store: RunStore) -> None:
    """A tenth, held out by default or by its number: two families, one configuration."""
    sentence = cloned(store, tiny_config(), tiny_config(validation_images=150, seed=1))
    assert sentence.startswith("The same settings but for the seed: ")
    assert "(+10.0 points; " in sentence


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"dataset": "cifar10"}, "trained on"),
        ({"protocol": "seed"}, "protocol"),
        ({"limit_train": 128}, "it trained on 128 images"),
        ({"limit_test": 32}, "not evaluated on the same images"),
    ],
)
def test_what_means_something_else_is_not_compared(store: RunStore, changes: dict[str, object], reason: str) -> None:
    parent = stored_run(store, tiny_config("the parent", **changes), LOW)  # type: ignore[arg-type]
    sentence = told(store, stored_run(store, tiny_config(), HIGH), parent=parent).sentence
    assert sentence.startswith("No comparison with its parent the parent")
    assert reason in sentence


def test_unfinished_runs_and_lost_parents_are_not_compared(store: RunStore) -> None:
    parent = stored_run(store, tiny_config(), LOW, state=RunState.STOPPED)
    child = stored_run(store, tiny_config(label_smoothing=0.1), HIGH)
    for parent_id in (parent.id, "20000101-000000-000000"):
        findings = run_findings(store, replace(child, parent_id=parent_id))
        assert not of_kind(findings, "parent")
        assert not of_kind(findings, "setting")


def test_a_parent_goes_by_its_whole_id(store: RunStore) -> None:
    other = stored_run(store, tiny_config(batch_size=32), LOW)
    child = stored_run(store, tiny_config(label_smoothing=0.1), HIGH)
    for part in (other.id[-6:], other.id[:-1], ""):
        assert not of_kind(run_findings(store, replace(child, parent_id=part)), "parent")
    assert of_kind(run_findings(store, replace(child, parent_id=other.id)), "parent")


def test_any_stored_run_tells_what_a_single_setting_did(store: RunStore) -> None:
    stored_run(store, tiny_config("plain"), LOW)
    stored_run(store, tiny_config("far", label_smoothing=0.2, batch_size=32), LOW)
    finding = told(store, stored_run(store, tiny_config("smooth", label_smoothing=0.1), HIGH), "setting")
    assert finding.sentence.startswith("Training: label smoothing (0 → 0.1) helped: ")
    assert "in plain" in finding.sentence
    assert finding.numbers["difference that luck explains"] == pytest.approx(noise(0.6, IMAGES))


def test_nothing_is_said_twice_of_the_parent_s_configuration(store: RunStore) -> None:
    parent = seeds(store, (0.58, 0.60, 0.62))[0]
    child = replace(stored_run(store, tiny_config(label_smoothing=0.1, seed=7), [0.7]), parent_id=parent.id)
    findings = run_findings(store, child)
    assert len(of_kind(findings, "parent")) == 1
    assert not of_kind(findings, "setting")


def test_a_run_s_own_seeds_are_looked_up_once(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = Seeds.of

    def of(store: RunStore, *runs: Run) -> Seeds:
        asked.append(runs[0].id)
        return real(store, *runs)

    monkeypatch.setattr(Seeds, "of", of)
    for size in (16, 32):
        stored_run(store, tiny_config(batch_size=size), LOW)
    run = stored_run(store, tiny_config(), HIGH)
    assert len(of_kind(run_findings(store, run), "setting")) == 2
    assert asked.count(run.id) == 1
