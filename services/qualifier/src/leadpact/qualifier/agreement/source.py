"""Text to plain data, with the line of every value: a small, safe part of YAML (so `no` is a word), or JSON.

Plain words are text unless they are a JSON number, true, false or null. Aliases, tags and repeated keys are refused, so
that what is signed is what stands there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import yaml

from leadpact.qualifier.errors import Finding, Unsound

MOST_BYTES = 256 * 1024
_DEEPEST = 32
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,15})?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Source:
    """Plain data and the line on which each value, named by its JSON Pointer, begins."""

    data: Any
    lines: Mapping[str, int]

    def has(self, pointer: str) -> bool:
        """Whether there is a value at a pointer."""
        found = self.data
        for step in pointer.split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and key in found:
                found = found[key]
            elif isinstance(found, list) and key.isdecimal() and int(key) < len(found):
                found = found[int(key)]
            else:
                return False
        return True

    def finding(self, pointer: str, says: str) -> Finding:
        """What to say about a value; one that is missing is looked for on its parent's line."""
        place = pointer
        while place and place not in self.lines:
            place = place.rpartition("/")[0]
        return Finding(pointer, self.lines.get(place, 0), says)


def parse(text: bytes, *, json: bool) -> Source:
    """Read an agreement's text; raises `Unsound`."""
    if len(text) > MOST_BYTES:
        raise Unsound([Finding("", 0, f"an agreement has at most {MOST_BYTES} bytes")])
    source = _json(text) if json else _yaml(text)
    _readable(source, source.data, "", 0)
    return source


def _json(text: bytes) -> Source:
    try:
        return Source(msgspec.json.decode(text), {})
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unsound([Finding("", 0, f"not JSON: {error}")]) from error


def _yaml(text: bytes) -> Source:
    try:
        decoded = text.decode()
        _safe(decoded)
        node = yaml.compose(decoded, Loader=yaml.BaseLoader)
    except UnicodeDecodeError as error:
        raise Unsound([Finding("", 0, f"not UTF-8: {error.reason} at byte {error.start}")]) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # the latter two: an escape beyond Unicode
        mark = getattr(error, "problem_mark", None)
        says = f"not YAML: {getattr(error, 'problem', None) or str(error).splitlines()[0]}"
        raise Unsound([Finding("", 0 if mark is None else mark.line + 1, says)]) from error
    lines: dict[str, int] = {}
    return Source(None if node is None else _value(node, "", lines), lines)


def _safe(text: str) -> None:
    """Refuse, before anything is built, what could grow or nest without bound."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.BaseLoader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unsound([Finding("", line, "anchors and aliases are not for agreements: write it out")])
        if tag := getattr(event, "tag", None):
            raise Unsound([Finding("", line, f"tags such as {tag} are not for agreements")])
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            depth += 1
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise Unsound([Finding("", line, f"nested deeper than {_DEEPEST}")])


def _value(node: yaml.Node, pointer: str, lines: dict[str, int]) -> Any:  # noqa: ANN401 - plain data
    line = node.start_mark.line + 1
    lines[pointer] = line
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in found:
                says = f"{key.value!r} stands here twice" if isinstance(key, yaml.ScalarNode) else "a key is a word"
                raise Unsound([Finding(pointer, key.start_mark.line + 1, says)])
            found[key.value] = _value(value, f"{pointer}/{escaped(key.value)}", lines)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(value, f"{pointer}/{index}", lines) for index, value in enumerate(node.value)]
    if not isinstance(node, yaml.ScalarNode):
        raise TypeError(node)  # YAML has three kinds of nodes
    return _scalar(node)


def _scalar(node: yaml.ScalarNode) -> str | int | float | bool | None:
    text: str = node.value
    if node.style is not None:  # quoted or a block: text, whatever it looks like
        return text
    if text in _WORDS:
        return _WORDS[text]
    if found := _NUMBER.fullmatch(text):
        return float(text) if found[2] else int(text)
    return text


def _readable(source: Source, value: object, pointer: str, depth: int) -> None:
    """Refuse text that no database and no screen can show, and JSON nested deeper than YAML may be."""
    if depth > _DEEPEST:
        raise Unsound([source.finding(pointer, f"nested deeper than {_DEEPEST}")])
    match value:
        case str() if _UNPRINTABLE.search(value):
            raise Unsound([source.finding(pointer, "holds a control character")])
        case dict():
            for key, each in value.items():
                _readable(source, key, pointer, depth)
                _readable(source, each, f"{pointer}/{escaped(key)}", depth + 1)
        case list():
            for index, each in enumerate(value):
                _readable(source, each, f"{pointer}/{index}", depth + 1)
        case _:  # a number, a truth or nothing
            pass


def escaped(key: str) -> str:
    """A key as a step of a JSON Pointer."""
    return key.replace("~", "~0").replace("/", "~1")
