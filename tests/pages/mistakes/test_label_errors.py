"""Images whose label may be wrong, and those torn between two classes."""

from __future__ import annotations

import pytest

from cifar_core.analysis.label_errors import find_label_errors, rank_ambiguous
from cifar_core.runs import Run
from cifar_core.ui.mistakes import image_pages
from cifar_core.ui.mistakes.image_pages import IMAGES_A_PAGE
from tests.pages.helpers import gallery_images, says, shown, stored_predictions
from tests.pages.mistakes.panes import bytes_of, open_pane


def test_likely_label_errors_are_those_of_confident_learning(run: Run) -> None:
    predictions = stored_predictions(run)
    found = find_label_errors(predictions)
    session = open_pane("Label errors", run)
    assert says(
        session, f"**{len(found.positions):,} candidate", f"among {len(predictions.targets):,} validation images"
    )
    assert says(session, "Northcutt", f"right in {100 * predictions.accuracy:.1f} %, validation-chosen")
    images = gallery_images(session)
    shown_positions = found.positions[:IMAGES_A_PAGE]
    assert [image.picture.tobytes() for image in images] == bytes_of(predictions, shown_positions)
    label, suggested = predictions.targets[found.positions[0]], found.suggested[0]
    assert images[0].caption == f"{label} → {suggested}?\n{100 * found.margins[0]:+.1f} points"
    assert f"Image {predictions.index[found.positions[0]]}: " in images[0].alt


def test_ambiguous_images_name_their_label_and_two_classes(run: Run) -> None:
    ranked = rank_ambiguous(stored_predictions(run))
    session = open_pane("Label errors", run)
    shown(session.segmented_control("label-errors-doubt").set_value("ambiguous").run())
    images = gallery_images(session)
    torn = int((ranked.scores >= 0.3).sum())
    assert says(session, f"For **{torn} image", "a second class gets 30.0 % or more")
    assert [image.picture.tobytes() for image in images] == bytes_of(
        stored_predictions(run), ranked.positions[:torn][:IMAGES_A_PAGE]
    )
    label, first, second = images[0].caption.splitlines()
    assert label == f"label {stored_predictions(run).targets[ranked.positions[0]]}"
    assert first.startswith(f"{ranked.first[0]}: ")
    assert second.startswith(f"{ranked.second[0]}: ")


def test_a_clicked_image_of_a_gallery_is_opened(run: Run, opened: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    session = open_pane("Label errors", run)
    monkeypatch.setattr(image_pages, "gallery", lambda images, key: 1)
    shown(session.run())
    assert opened == [find_label_errors(stored_predictions(run)).positions[1]]
