"""A visitor without a browser: asks a running dashboard for reruns over its WebSocket, and times them.

`python -m cifar_core.ui.probe URL` reads one request a line from stdin and prints one answer a line, both JSON:

    {"page": "architecture", "slider": "width-C1", "value": 40, "metric": "Parameters"}
    {"ms": 61.3, "elements": ["heading", "metric", "slider"], "metric": "99,873"}
    {"page": "runs?sort=name", "number": "page-of-run", "value": 2}

A page is opened at its first request and stays open, as a browser tab does; with other words behind its "?" it is
another tab. What cannot be answered, and a page that shows an error, is answered `{"error": SENTENCE}`: an error page
is quickly drawn, and must not pass for a fast rerun.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from cifar_core.errors import BenchError, LabError, SpecError

PATIENCE_SECONDS = 120.0
"""How long a rerun may take before it counts as lost."""


@dataclass
class Answer:
    """What a rerun sent back."""

    ms: float = 0.0
    """Milliseconds from the message sent to the script finished."""
    elements: set[str] = field(default_factory=set)
    """Kinds of the elements drawn, in Streamlit's own words: "metric", "plotly_chart"."""
    metrics: dict[str, str] = field(default_factory=dict)
    """Figures shown, by label."""
    widgets: dict[str, list[str]] = field(default_factory=lambda: {"slider": [], "number_input": []})
    """Ids of the widgets drawn that can be moved, by kind; an id ends with the key that the page gave it."""


class PageVisit:
    """One open page. It keeps no cache of messages, as a browser does: it is sent at least what a browser would be."""

    def __init__(self, connection: ClientConnection, page: str) -> None:
        """Draws the page for the first time.

        Args:
            connection: to the server, of this visit alone.
            page: the end of the page's URL, what it asks for included; "" for Home.

        Raises:
            BenchError: there is no such page, or it shows an error.
        """
        self._connection, self._page = connection, page
        name, _, query = page.partition("?")
        self._state = ClientState(page_name=name, query_string=query)
        self._last = self.rerun()

    def rerun(self, slider: str | None = None, number: str | None = None, value: float | None = None) -> Answer:
        """Runs the page's script once more, after moving a slider or entering a number if one is named.

        Args:
            slider: key of a slider.
            number: key of a number input.
            value: where it is moved to.

        Raises:
            SpecError: there is no such widget.
            BenchError: the rerun does not end, or ends in an error.
        """
        widgets = self._state.widget_states.widgets
        del widgets[:]
        if slider is not None:
            widgets.add(id=self._widget_id("slider", slider)).double_array_value.data.append(value)
        if number is not None:
            widgets.add(id=self._widget_id("number_input", number), double_value=value)
        start = time.perf_counter()
        self._last = answer = self._exchange(start)
        answer.ms = 1_000 * (time.perf_counter() - start)
        return answer

    def _widget_id(self, kind: str, key: str) -> str:
        for found in self._last.widgets[kind]:
            if found.endswith(f"-{key}"):
                return found
        raise SpecError(f"The page {self._page!r} has no {kind.replace('_', ' ')} with the key {key!r}.")

    def _exchange(self, start: float) -> Answer:
        answer = Answer()
        try:
            self._connection.send(BackMsg(rerun_script=self._state).SerializeToString())
            for message in self._messages(start + PATIENCE_SECONDS):
                kind = message.WhichOneof("type")
                if kind == "delta":
                    self._take_element(message.delta.new_element, answer)
                elif kind == "new_session":
                    # The script itself may ask for another run: the last drawing is the page's.
                    answer = Answer()
                elif kind == "navigation":
                    self._state.page_script_hash = message.navigation.page_script_hash
                elif kind == "page_info_changed":
                    self._state.query_string = message.page_info_changed.query_string
                elif kind == "page_not_found":
                    raise BenchError(f"The dashboard has no page {self._page!r}.")
                elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    return answer
                elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    raise BenchError(f"The script of page {self._page!r} cannot be compiled.")
        except TimeoutError as error:
            raise BenchError(f"Page {self._page!r} was not drawn within {PATIENCE_SECONDS:.0f} s.") from error
        except WebSocketException as error:
            raise BenchError(f"The dashboard hung up while it drew page {self._page!r}: {error}.") from error
        raise AssertionError("messages end with an exception")

    def _messages(self, deadline: float) -> Iterator[ForwardMsg]:
        while True:
            received = self._connection.recv(timeout=max(deadline - time.perf_counter(), 0))
            yield ForwardMsg.FromString(received)

    def _take_element(self, element: Element, answer: Answer) -> None:
        kind = element.WhichOneof("type")
        if kind is None:  # a container
            return
        answer.elements.add(kind)
        if kind == "exception":
            told = f"{element.exception.type} {element.exception.message}".strip()
            raise BenchError(f"Page {self._page!r} failed: {told or 'it does not say why'}.")
        if kind == "alert" and element.alert.format == Alert.ERROR:
            raise BenchError(f"Page {self._page!r} shows an error: {element.alert.body}")
        if kind == "metric":
            answer.metrics[element.metric.label] = element.metric.body
        elif kind in answer.widgets:
            answer.widgets[kind].append(getattr(element, kind).id)


def answer_requests(url: str, requests: Iterator[str]) -> Iterator[dict[str, object]]:
    """Answers requests, each one line of JSON, in order.

    Args:
        url: of the server.
        requests: objects with `page`, and if wanted `slider` or `number` (a key) with `value`, and `metric` (a label).
    """
    visits: dict[str, PageVisit] = {}
    with ExitStack() as open_connections:
        for line in requests:
            try:
                request = json.loads(line)
                page = request["page"]
                if page not in visits:
                    visits[page] = PageVisit(open_connections.enter_context(_connection(url)), page)
                answer = visits[page].rerun(request.get("slider"), request.get("number"), request.get("value"))
            except LabError as error:
                yield {"error": str(error)}
            else:
                metric = answer.metrics.get(request.get("metric"))
                yield {"ms": answer.ms, "elements": sorted(answer.elements), "metric": metric}


@contextmanager
def _connection(url: str) -> Iterator[ClientConnection]:
    stream = f"{url.rstrip('/').replace('http', 'ws', 1)}/_stcore/stream"
    try:
        # No proxy stands between a dashboard and the machine that it runs on.
        connection = connect(stream, subprotocols=[Subprotocol("streamlit")], max_size=None, proxy=None)
    except (OSError, ValueError, WebSocketException) as error:
        raise BenchError(f"No dashboard answers at {url}: {error}.") from error
    with connection:
        yield connection


def main(url: str) -> None:
    """Speaks with whoever started this program, until stdin ends."""
    for answer in answer_requests(url, iter(sys.stdin.readline, "")):
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
