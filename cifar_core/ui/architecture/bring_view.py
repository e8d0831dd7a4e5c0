"""A person's own network: pasted as PyTorch prints it, or as JSON."""

from __future__ import annotations

import streamlit as st

from cifar_core.architecture import ArchitectureSpec, all_required_pass, describe
from cifar_core.architecture.importing.printed import Question, parse_printed
from cifar_core.ui.architecture.changing import replace_architecture
from cifar_core.ui.architecture.panes import go_to_editor
from cifar_core.ui.panes import two_panes
from cifar_core.words import count, macs, percent, plain

_EXAMPLE = """Net(
  (conv1): Conv2d(3, 32, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
  (bn1): BatchNorm2d(32)
  (fc): Linear(in_features=32, out_features=10, bias=True)
)"""


def bring_network() -> None:
    """A box for `print(model)`, one for JSON, and what was read out of it."""
    left, right = two_panes()
    with left:
        st.markdown("**Paste what `print(model)` prints.** It is read, never executed.")
        text = st.text_area(
            "print(model)",
            key="printed",
            persist_state="session",
            height=360,
            placeholder=_EXAMPLE,
            label_visibility="collapsed",
        )
        st.caption("Press Ctrl+Enter, or click beside the box, to read it.")
        file = st.file_uploader("Or an architecture as JSON", type=["json", "txt"], key="spec-file", max_upload_size=2)
        st.caption(
            "From a file with code: `python -m cifar_core describe model.py:ClassName` follows the calls themselves, "
            "additions included; `import` writes the JSON for here. They run your code, so they are for the command "
            "line alone."
        )
    with right:
        if file is not None:
            _show_file(file.getvalue())
        elif text.strip():
            _show_printed(text)
        else:
            st.info(
                "Nothing is pasted yet. What is read here shows its count, field and rules, what had to be assumed, "
                "and opens in the editor.",
                icon=":material/content_paste:",
            )


def _show_file(content: bytes) -> None:
    """JSON of a spec; a text file is taken as a printed network."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        st.error("The file is not text: it must be an architecture as JSON, or what print(model) prints.")
        return
    if text.lstrip().startswith(("{", "[")):
        _offer(ArchitectureSpec.parse(text))
    else:
        _show_printed(text)


def _show_printed(text: str) -> None:
    answers: dict[str, str] = {}
    network = parse_printed(text)
    while raised := [question for question in network.questions if question.key not in answers]:
        answers |= {question.key: _ask(question) for question in raised}
        network = parse_printed(text, answers)
    for problem in network.problems:
        st.error(plain(problem), icon=":material/error:")
    if network.spec is not None:
        _offer(network.spec)
    if network.assumptions:
        st.markdown("**Taken for granted**")
        st.markdown("\n".join(f"- {plain(assumption)}" for assumption in network.assumptions))


def _ask(question: Question) -> str:
    options = list(question.options)
    answer: str = st.selectbox(
        question.sentence,
        options,
        index=options.index(question.default),
        format_func=lambda option: question.options[option],
        key=f"answer-{question.key}",
    )
    return answer


def _offer(spec: ArchitectureSpec) -> None:
    """The network's figures, and the way into the editor."""
    numbers = describe(spec)
    row = st.container(horizontal=True)
    row.metric("Parameters", count(numbers.params), border=True)
    row.metric("Field (before pooling)", f"{numbers.receptive_field} px", border=True)
    row.metric("MACs an image", macs(numbers.macs), border=True)
    row.metric("Coverage", percent(numbers.coverage), border=True)
    failed = [rule.title for rule in numbers.rules if rule.required and not rule.passed]
    met = all_required_pass(numbers.rules)
    st.markdown("It meets every rule of the assignment." if met else f"Rules not met: {', '.join(failed)}.")
    st.button(
        "Open in the editor",
        icon=":material/edit:",
        type="primary",
        key="open-network",
        on_click=_open,
        args=(spec.to_json(),),
    )


def _open(spec_json: str) -> None:
    replace_architecture(ArchitectureSpec.parse(spec_json))
    go_to_editor()
