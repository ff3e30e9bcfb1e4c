"""Whether a schema still reads everything that an older one wrote: the rules by which an event may grow in place.

Allowed without a new version: a new field with a default, a wider type (integer → number, string → string or null), a
new value of an enumeration. Everything else that differs is a break.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

_UNDERSTOOD = frozenset(
    {"$defs", "$id", "$ref", "$schema", "additionalProperties", "anyOf", "default", "description", "discriminator"}
    | {"enum", "format", "items", "properties", "required", "title", "type"}
)
_SAYS_NOTHING = frozenset({"default", "description", "title"})
_WIDER = {("integer", "number")}


def breaks(old: Schema, new: Schema) -> list[str]:
    """What the new schema would refuse, lose or read differently; each line begins with the path of the field."""
    return list(dict.fromkeys(_Comparison(old, new).compare(old, new, "data")))


@dataclass(frozen=True, slots=True)
class _Variant:
    """One kind of value; `reference` is its name if it has one."""

    schema: Schema
    reference: str = ""

    @property
    def name(self) -> str:
        return str(self.schema.get("title") or self.schema.get("type") or "anything")


@dataclass(frozen=True, slots=True)
class _Comparison:
    old: Schema
    new: Schema
    known: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Findings by pair of references; empty while they are being compared, for types that hold themselves."""

    def compare(self, old: Schema, new: Schema, path: str) -> list[str]:
        before, after = _variants(self.old, old), _variants(self.new, new)
        if len(before) == len(after) == 1:
            return self._once(before[0], after[0], path)
        found = []
        for variant in before:
            tried = {candidate.name: self._once(variant, candidate, path) for candidate in after}
            if all(tried.values()):  # no candidate takes it whole
                found += tried.get(variant.name, [f"{path}: no longer takes {variant.name}"])
        return found

    def _once(self, old: _Variant, new: _Variant, path: str) -> list[str]:
        pair = (old.reference, new.reference)
        if not all(pair):
            return list(self._differences(old.schema, new.schema, path))
        if pair not in self.known:
            self.known[pair] = []
            self.known[pair] = list(self._differences(old.schema, new.schema, path))
        return self.known[pair]

    def _differences(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        if new.keys() <= _SAYS_NOTHING:
            return
        if "enum" in old or "enum" in new:
            yield from _values(old, new, path)
            return
        kinds = (old.get("type"), new.get("type"))
        if kinds[0] != kinds[1] and kinds not in _WIDER:
            yield f"{path}: was {kinds[0] or 'anything'}, is {kinds[1]}"
            return
        yield from _constraints(old, new, path)
        yield from self._fields(old, new, path)
        for part, inside in (("items", "[]"), ("additionalProperties", "{}")):
            if part in new:
                yield from self.compare(old.get(part, {}), new[part], path + inside)

    def _fields(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in sorted(before.keys() - after.keys()):
            yield f"{path}.{name}: was removed or renamed"
        for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
            yield f"{path}.{name}: needs a default, older events lack it"
        for name in sorted(before.keys() & after.keys()):
            optional = name not in new.get("required", ()) and name not in old.get("required", ())
            if optional and before[name].get("default") != after[name].get("default"):
                yield f"{path}.{name}: older events that lack it would be read with another default"
            yield from self.compare(before[name], after[name], f"{path}.{name}")


def _values(old: Schema, new: Schema, path: str) -> Iterator[str]:
    if "enum" not in old:
        yield f"{path}: only some values are taken now"
    elif "enum" in new:
        if lost := sorted(map(str, set(old["enum"]) - set(new["enum"]))):
            yield f"{path}: no longer takes {', '.join(lost)}"
    elif new.get("type") != "string" or "format" in new:
        yield f"{path}: was one of {', '.join(map(str, old['enum']))}, is {new.get('format', new.get('type'))}"


def _constraints(old: Schema, new: Schema, path: str) -> Iterator[str]:
    if new.get("format") not in (None, old.get("format")):
        yield f"{path}: must be a {new['format']} now"
    for rule in sorted((old.keys() | new.keys()) - _UNDERSTOOD):
        if old.get(rule) != new.get(rule):
            yield f"{path}: {rule} was {old.get(rule)}, is {new.get(rule)}"


def _variants(whole: Schema, part: Schema) -> list[_Variant]:
    """What a value may be, one by one, references followed."""
    if "$ref" in part:
        target = whole["$defs"][part["$ref"].rpartition("/")[2]]
        return [_Variant(found.schema, found.reference or part["$ref"]) for found in _variants(whole, target)]
    if "anyOf" in part:
        return [variant for choice in part["anyOf"] for variant in _variants(whole, choice)]
    return [_Variant(part)]
