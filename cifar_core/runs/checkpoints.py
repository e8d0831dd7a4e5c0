"""A run's checkpoints: the last two whole epochs, and the best one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cifar_core.errors import StoreError
from cifar_core.files import rename, staged, write_atomically
from cifar_core.runs.run_files import CheckpointName, RunFiles
from cifar_core.training.checkpoint import Checkpoint, load_checkpoint


class RunCheckpoints:
    """Which file holds which epoch.

    The row of an epoch is committed between two of these files' changes, and a process may end anywhere. So a file is
    not believed by its name, but by the epoch inside: `last.pt` may be one ahead of the rows, and `best.pt` one best
    epoch behind them, whose weights then still lie in `last.pt` or `previous.pt`.
    """

    def __init__(self, files: RunFiles) -> None:
        self._files = files

    @contextmanager
    def staged_last(self, content: bytes) -> Iterator[Callable[[], None]]:
        """Writes a checkpoint for a block that decides when it becomes the last one, and the last one the previous.

        Raises:
            StoreError: it cannot be written; the files that were there are untouched.
        """
        last, previous = self._files.checkpoint("last"), self._files.checkpoint("previous")
        with staged(last, content) as put:
            has_moved = False

            def take_its_place() -> None:
                nonlocal has_moved
                # Once, though an epoch is told again where the store or the disk was away: what has the name then is
                # this very checkpoint, and the one before it would be lost.
                if not has_moved and last.exists():
                    rename(last, previous)
                has_moved = True
                put()

            yield take_its_place

    def keep_best(self, content: bytes) -> None:
        """Makes a checkpoint the best one.

        Raises:
            StoreError: it cannot be written.
        """
        write_atomically(self._files.checkpoint("best"), content)

    def of_epoch(self, epoch: int, first: CheckpointName) -> Checkpoint:
        """The checkpoint of one epoch.

        Args:
            epoch: from 1.
            first: where it should be; the other files are looked through behind it.

        Raises:
            StoreError: there is none, or it is damaged.
        """
        problem: StoreError | None = None
        for name in dict.fromkeys((first, "last", "previous", "best")):
            path = self._files.checkpoint(name)
            try:
                checkpoint = load_checkpoint(path)
            except StoreError as error:
                problem = problem or error
                continue
            if checkpoint.epoch == epoch:
                return checkpoint
            problem = problem or StoreError(f"{path} holds the weights of epoch {checkpoint.epoch}, not of {epoch}.")
        assert problem is not None
        raise problem

    def newest(self, epochs_done: int) -> Checkpoint | None:
        """Where a run goes on: the newest whole checkpoint of an epoch that its rows tell of; None if there is none.

        It lies in `last.pt` afterwards, so that the next epoch makes it the previous one, and not a damaged file.
        """
        found: list[tuple[int, CheckpointName, Checkpoint]] = []
        names: tuple[CheckpointName, ...] = ("best", "previous", "last")
        for name in names:
            try:
                checkpoint = load_checkpoint(self._files.checkpoint(name))
            except StoreError:
                continue
            if checkpoint.epoch <= epochs_done:
                found.append((checkpoint.epoch, name, checkpoint))
        if not found:
            return None
        _, name, checkpoint = max(found, key=lambda entry: (entry[0], names.index(entry[1])))
        if name != "last":
            write_atomically(self._files.checkpoint("last"), self._files.checkpoint(name).read_bytes())
        return checkpoint

    def mend_best(self, best_epoch: int) -> bool:
        """Writes the best checkpoint again where its process ended between its row and its file.

        Returns:
            Whether there is a best checkpoint; False if it is damaged, and no other file holds its epoch.
        """
        for name in ("best", "last", "previous"):
            path = self._files.checkpoint(name)
            try:
                if load_checkpoint(path).epoch == best_epoch:
                    if name != "best":
                        self.keep_best(path.read_bytes())
                    return True
            except StoreError:
                continue
        return False
