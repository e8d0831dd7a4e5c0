"""The tree of modules in the text of `print(model)`, read as text alone: nothing is imported or executed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from cifar_core.errors import SpecError

MAX_TEXT = 200_000
"""Characters; a network of 200 layers prints in 20,000."""
MAX_DEPTH = 40
MAX_MODULES = 4_000
"""Repeated ones counted."""
_MAX_WORD = 40
"""Characters kept of a word among them."""
_MAX_ARGUMENTS = 2_000
"""Characters between the parentheses of one module."""

# "(conv1): Conv2d(" or "(0-2): 3 x Conv2d(", a network's own "Net(" before a child, or a bare parenthesis. Every
# repetition is bounded, so that no text makes the search slow.
_TOKEN = re.compile(
    r"\((?P<name>[^():\n]{1,80})\):[ \t]{0,8}(?:(?P<times>\d{1,6}) x )?(?P<kind>[A-Za-z_]\w{0,80})\("
    r"|(?P<root>\b[A-Za-z_]\w{0,80})\((?=\s{1,200}\([^():\n]{1,80}\):)"
    r"|(?P<parenthesis>[()])"
)


_CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")
_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff]")
"""What a web page or an editor puts in a blank's place."""
_QUOTING = re.compile(r"[>|`,]|^\s*#", re.MULTILINE)
"""Signs before or between lines that were quoted, or printed as a list."""


@dataclass(slots=True)
class PrintedModule:
    """One module as it was printed."""

    name: str
    """Dotted path; "" for the network itself."""
    kind: str
    arguments: str = ""
    children: list[PrintedModule] = field(default_factory=list)
    times: int = 1
    read_to: int = 0
    """Where in the text its last child ended; what stands between children must be blank."""

    def leaves(self) -> Iterator[PrintedModule]:
        """The modules without children, in the order printed; repeated ones as often as they stand there."""
        for _ in range(self.times):
            if not self.children:
                yield self
            for child in self.children:
                yield from child.leaves()

    def everything(self) -> Iterator[PrintedModule]:
        """This module and all below it, each once."""
        yield self
        for child in self.children:
            yield from child.everything()


def read_networks(text: str) -> list[PrintedModule]:
    """The networks printed in a text, whatever stands around them.

    Raises:
        SpecError: the text is too long, nested too deeply, no text at all, or holds no network.
    """
    if len(text) > MAX_TEXT:
        raise SpecError(f"The text has {len(text):,} characters: at most {MAX_TEXT:,} are read.")
    if "\0" in text:
        raise SpecError("This is not text: it holds zero bytes.")
    found = _scan(_BLANKS.sub(" ", text))
    networks = [module for module in found if not module.name]
    loose = [module for module in found if module.name]
    if not networks and loose:
        networks = [PrintedModule("", "Network", children=loose)]
    if not networks:
        raise SpecError(
            "The text holds no printed network: lines such as (conv1): Conv2d(3, 32, kernel_size=(3, 3)) are missing."
        )
    for network in networks:
        if all(leaf.kind in _CONTAINERS for leaf in network.leaves()):
            raise SpecError(f"{_title(network)} holds no layers.")
        if _count(network) > MAX_MODULES:
            raise SpecError(f"{network.kind} has more than {MAX_MODULES:,} modules: that is no compact network.")
    return networks


def _scan(text: str) -> list[PrintedModule]:
    found: list[PrintedModule] = []
    # Opened modules with the place where their arguments begin; None for a parenthesis within arguments.
    opened: list[tuple[PrintedModule, int] | None] = []
    for token in _TOKEN.finditer(text):
        if token["parenthesis"] == ")":
            if opened:
                _close(opened.pop(), text, token.start())
                parent = next((entry[0] for entry in reversed(opened) if entry is not None), None)
                if parent is not None:
                    parent.read_to = token.end()
            continue
        modules = [entry[0] for entry in opened if entry is not None]
        if token["parenthesis"] == "(":
            if modules:
                opened.append(None)
        elif len(opened) >= MAX_DEPTH:
            raise SpecError(f"The text is nested more than {MAX_DEPTH} deep: that is no printed network.")
        else:
            parent = modules[-1] if modules else None
            if parent is not None:
                _check_blank(parent, text[parent.read_to : token.start()])
            module = _module(token, parent)
            (found if parent is None else parent.children).append(module)
            module.read_to = token.end()
            opened.append((module, token.end()))
        if len(opened) > 4 * MAX_DEPTH:
            raise SpecError(f"The text is nested more than {MAX_DEPTH} deep: that is no printed network.")
    # An unclosed tail (a text cut short) would otherwise read as a smaller network.
    unclosed = [entry[0] for entry in opened if entry is not None]
    if unclosed:
        raise SpecError(f"{_title(unclosed[-1])} is not closed: the text seems to be cut short.")
    return found


def _module(token: re.Match[str], parent: PrintedModule | None) -> PrintedModule:
    if token["root"]:
        return PrintedModule(parent.name if parent else "", token["root"])
    path = f"{parent.name}.{token['name']}" if parent and parent.name else token["name"]
    return PrintedModule(path, token["kind"], times=int(token["times"] or 1))


def _close(entry: tuple[PrintedModule, int] | None, text: str, end: int) -> None:
    if entry is None:
        return
    if entry[0].children:
        _check_blank(entry[0], text[entry[0].read_to : end])
    else:
        entry[0].arguments = text[entry[1] : min(end, entry[1] + _MAX_ARGUMENTS)]


def _check_blank(module: PrintedModule, between: str) -> None:
    """Between two children nothing may be passed over: it might be a layer that prints itself in its own way."""
    strange = _QUOTING.sub(" ", between).strip()
    if strange:
        line = " ".join(strange.split())[:_MAX_WORD]
        raise SpecError(f"{_title(module)} holds {line!r}, which is no line that PyTorch prints for a layer.")


def _title(module: PrintedModule) -> str:
    return f"({module.name}): {module.kind}" if module.name else module.kind


def _count(module: PrintedModule) -> int:
    return module.times * (1 + sum(map(_count, module.children)))


def read_arguments(text: str) -> dict[str | int, object]:
    """What stands between a module's parentheses: by position and by name; numbers, words and tuples of them."""
    arguments: dict[str | int, object] = {}
    position = 0
    for item in _split(text):
        name, equals, value = item.partition("=")
        if equals and name.strip().isidentifier():
            arguments[name.strip()] = _value(value)
        elif item.strip():
            arguments[position] = _value(item)
            position += 1
    return arguments


def _split(text: str) -> list[str]:
    """At the commas that stand in no parentheses."""
    items, depth, start = [], 0, 0
    for at, character in enumerate(text):
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "," and depth == 0:
            items.append(text[start:at])
            start = at + 1
    return [*items, text[start:]]


def _value(text: str) -> object:
    text = text.strip()
    if text[:1] in ("(", "[") and text[-1:] in (")", "]"):
        return tuple(_word(item.strip()) for item in text[1:-1].split(",") if item.strip())
    return _word(text)


def _word(text: str) -> object:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    # Longer digits are no size of anything, and Python refuses to read thousands of them.
    if len(text) <= 12:
        for number in (int, float):
            try:
                return number(text)
            except ValueError:
                continue
    return text.strip("'\"")[:_MAX_WORD]


_CONSTANTS: dict[str, object] = {"True": True, "False": False, "None": None}
