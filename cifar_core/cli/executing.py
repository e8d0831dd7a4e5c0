"""A run executed in this process: the device's lease, a progress bar, the seed's log, Ctrl-C."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from tqdm import tqdm

from cifar_core.cli.outputs import RunDetailOutput
from cifar_core.cli.printing import print_json, reader_may_go
from cifar_core.errors import TrainingError
from cifar_core.protocol import ACCURACY_LABELS, BEST_LABELS, evaluation_split
from cifar_core.runs import Run, RunConfig, RunState, RunStore
from cifar_core.runs.heartbeat import HeldDevice, hold_device
from cifar_core.runs.lease import device_key
from cifar_core.runs.records import Claim
from cifar_core.runs.seed_log import epoch_lines, train_line
from cifar_core.training.metrics import EpochMetrics, StepProgress
from cifar_core.words import percent

LOOK_SECONDS = 0.5
"""Between looks at a device that is in use."""

no_wait_option = click.option(
    "--no-wait", "wait", is_flag=True, flag_value=False, default=True, help="Fail where another program trains already."
)


def execute_here(store: RunStore, config: RunConfig, take: Callable[[], Claim], as_json: bool, wait: bool) -> None:
    """Executes a run and ends the command: with status 0 if it was completed, or stopped by a person.

    Args:
        store: where the run lies, or will lie.
        config: of the run.
        take: makes the calling process its owner, once the device is free.
        as_json: prints the run at the end as JSON, and nothing before.
        wait: for a device that another program trains on.

    Raises:
        TrainingError: another program trains and `wait` is false.
        LabError: the run cannot begin.
    """
    run = execute_one(store, config, take, wait, quiet=as_json)
    if as_json:
        print_json(RunDetailOutput.of_stored(store, run))
    # What the run's own sentence said is on stderr already; a person's own stop is no failure.
    click.get_current_context().exit(0 if run.state in (RunState.COMPLETED, RunState.STOPPED) else 1)


def execute_one(store: RunStore, config: RunConfig, take: Callable[[], Claim], wait: bool, quiet: bool = False) -> Run:
    """Executes a run, as `execute_here`, and gives it back; nothing is printed where `quiet`."""
    # Imported here, behind every check of what was asked: this needs torch, and a typing error must not wait for it.
    from cifar_core.runs.experiment import check_runnable

    check_runnable(store, config)
    with _device(store, config.training.device, wait) as held:
        held.claim = take()
        run = _execute(store, held, quiet=quiet)
    if not quiet:
        _print_end(run)
    return run


@contextmanager
def _device(store: RunStore, wanted: str, wait: bool) -> Iterator[HeldDevice]:
    """Holds the device for the block, as soon as it is free."""
    told = False
    while True:
        with hold_device(store, wanted) as held:
            if held is not None:
                yield held
                return
        holder = store.leases.holder(device_key(wanted))
        if holder is None:
            continue  # it was given back in the meantime
        by = f"process {holder.pid} on {holder.host}"
        if not wait:
            raise TrainingError(f"The device is in use by {by}: leave out --no-wait to wait for it, or stop its run.")
        if not told:
            click.echo(f"Waiting for the device, in use by {by}; Ctrl-C gives up.", err=True)
            told = True
        time.sleep(LOOK_SECONDS)


def _execute(store: RunStore, held: HeldDevice, quiet: bool) -> Run:
    from cifar_core.runs.experiment import RunListener, execute_run

    claim = held.claim
    assert claim is not None
    before = store.get(claim.run_id)
    if not quiet:
        with reader_may_go(sys.stdout):
            click.echo(f"Run {claim.run_id}: {before.name} on {before.config.dataset}{_behind(before)}")
    bar = _Bar(quiet)
    with interrupts("Stopping after this batch; Ctrl-C again ends at once.") as interrupted:

        def should_stop() -> bool:
            # Told to the store here: the signal may come in the middle of a write, whose lock its handler would await.
            if interrupted():
                store.request_stop(claim.run_id)
            return interrupted() or held.is_lost

        try:
            run = execute_run(store, claim, RunListener(bar.on_progress, bar.on_epoch, should_stop))
        finally:
            bar.close()
    if run.error:
        click.echo(f"error: {run.error}", err=True)
    return run


def _behind(run: Run) -> str:
    """Where a run that was taken up again goes on, as the end of a sentence; empty for a new one."""
    if not run.epochs_done:
        return ""
    is_trained = run.epochs_done == run.config.training.epochs
    return ", trained already: evaluation" if is_trained else f", from epoch {run.epochs_done + 1}"


class _Bar:
    """A tqdm bar for the running epoch, and the seed's lines after it."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._bar: tqdm[Any] | None = None

    def on_progress(self, progress: StepProgress) -> None:
        if self._quiet:
            return
        with reader_may_go(sys.stderr):
            if self._bar is None:
                self._bar = tqdm(total=progress.batches, leave=False, dynamic_ncols=True)
            self._bar.set_description(train_line(progress), refresh=False)
            self._bar.update(progress.batch - self._bar.n)

    def on_epoch(self, metrics: EpochMetrics) -> None:
        self.close()
        if self._quiet:
            return
        heading, training, evaluation = epoch_lines(metrics)
        with reader_may_go(sys.stdout):
            click.echo(f"{heading}\n{training} [{metrics.seconds:.0f} s, {metrics.images_per_second:.0f} images/s]")
            click.echo(f"{evaluation}\n")

    def close(self) -> None:
        if self._bar is not None:
            with reader_may_go(sys.stderr):
                self._bar.close()
            self._bar = None


@contextmanager
def interrupts(told: str) -> Iterator[Callable[[], bool]]:
    """Gives whether Ctrl-C was pressed, which is answered with a sentence; a second one ends the program at once."""
    pressed = False

    def press(signum: int, frame: object) -> None:
        nonlocal pressed
        pressed = True
        # Python's own, not the handler from before: a shell that starts this in the background has the signal ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        click.echo(f"\n{told}", err=True)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _print_end(run: Run) -> None:
    protocol = run.config.training.protocol
    goes_on = f" `resume {run.id}` goes on." if run.state == RunState.STOPPED else ""
    click.echo(f"Run {run.id} is {run.state} after {run.epochs_done} of {run.config.training.epochs} epochs.{goes_on}")
    if run.best_epoch is not None:
        split = evaluation_split(protocol)
        best = f"{percent(run.best_accuracy)} at epoch {run.best_epoch} ({BEST_LABELS[protocol]})"
        click.echo(f"{f'Best {split} accuracy':24} {best}")
    if run.clean_train_accuracy is not None:
        click.echo(f"Clean training accuracy  {percent(run.clean_train_accuracy)}")
    if run.test_accuracy is not None:
        click.echo(f"Test accuracy            {percent(run.test_accuracy)} ({ACCURACY_LABELS[protocol]})")
