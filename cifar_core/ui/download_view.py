"""CIFAR-10 offered where it is missing, and its download as it goes on."""

from __future__ import annotations

import streamlit as st

from cifar_core.data import dataset_status
from cifar_core.data.cifar10_files import ARCHIVE
from cifar_core.data.download import DatasetDownload, running_download, start_download
from cifar_core.data.fetch import bytes_kept
from cifar_core.settings import data_folder
from cifar_core.words import duration, megabytes, plain

REFRESH_SECONDS = 1.0
_FOLLOWED = "followed-download"
"""The thread that this person sees: one that is over is no longer found among the living ones."""
_ARRIVED = "cifar10-arrived"


def offer_cifar10(missing: str = "digits stand in", arrived: str = "choose it as the data set") -> None:
    """What is missing and a button that downloads it, or the download under way; nothing where CIFAR-10 is at hand.

    When the download is over, the whole page is drawn anew, so that everything on it finds the images.

    Args:
        missing: what that means on this page.
        arrived: what can be done when it has come.
    """
    if st.session_state.pop(_ARRIVED, False):
        st.toast(f"CIFAR-10 is here: {arrived}.", icon=":material/check_circle:")
    running = running_download()
    if running is not None:
        st.session_state[_FOLLOWED] = running
        with st.container(border=True):
            st.fragment(_draw_running, run_every=REFRESH_SECONDS)(running)
        return
    followed: DatasetDownload | None = st.session_state.get(_FOLLOWED)
    available = dataset_status("cifar10").available
    if followed is not None and available:
        # What stands above on the page may have been drawn before the last file came.
        del st.session_state[_FOLLOWED]
        st.session_state[_ARRIVED] = True
        st.rerun()
    if not available:
        with st.container(border=True):
            _draw_offer(missing, followed.error if followed is not None else None)


def _draw_offer(missing: str, error: str | None) -> None:
    folder = data_folder().resolve()
    st.markdown(
        f"CIFAR-10 is not here: {missing}. The download goes into {plain(str(folder))}; you can also put {ARCHIVE} "
        "there by hand."
    )
    if error:
        st.error(plain(error), icon=":material/error:")
    kept = bytes_kept(folder)
    if kept:
        st.caption(f"{megabytes(kept)} of it have come already: the download goes on from there.")
    st.button(
        "Try again" if error else "Download CIFAR-10 (170 MB)",
        icon=":material/refresh:" if error else ":material/download:",
        key="download-cifar10",
        on_click=_start,
    )


def _start() -> None:
    st.session_state[_FOLLOWED] = start_download()


def _draw_running(download: DatasetDownload) -> None:
    if not download.is_alive():
        st.rerun()  # the whole page draws once more, and the refresh ends
    share, text = _how_far(download)
    st.markdown("CIFAR-10 is being downloaded; every page can be used meanwhile.")
    st.progress(share, text)
    st.button(
        "Cancel",
        icon=":material/cancel:",
        key="cancel-cifar10",
        disabled=download.is_cancelled,
        help="What has come is kept, and the next download goes on from there.",
        on_click=download.cancel,
    )


def _how_far(download: DatasetDownload) -> tuple[float, str]:
    """The share that is done, and the words for it."""
    progress = download.progress
    if progress is None:
        return 0.0, "Asking for it"
    if progress.stage != "downloading":
        return 1.0, "Comparing its md5" if progress.stage == "checking" else "Unpacking"
    if progress.total is None:
        return 0.0, megabytes(progress.received)
    share = min(progress.received / max(progress.total, 1), 1.0)
    parts = [f"{megabytes(progress.received)} of {megabytes(progress.total)}"]
    left = download.seconds_left
    if download.is_cancelled:
        parts.append("stopping")
    elif left is not None:
        parts.append(f"about {duration(left)} left")
    return share, "  ·  ".join(parts)
