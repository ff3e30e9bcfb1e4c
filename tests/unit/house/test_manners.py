"""The house's manners that no linter knows: reasons, sizes, rule numbers, trees of errors, nothing of one machine."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from leadpact.kit.logging import FIELDS

ROOT = Path(__file__).parents[3]
HOMES = ("deploy", "services", "shared", "tests")
WRITTEN = {".py", ".md", ".sql", ".yaml", ".yml", ".toml", ".html", ".js", ".css", ".sh", ".json", ""}
MOST_LINES, MEDIAN_LINES = 350, 110
RULES = {int(number) for number in re.findall(r"^(\d+)\. ", (ROOT / "docs/rules.md").read_text(), re.MULTILINE)}

POINTS = range(1, 13)
"""Of how an event is handled (docs/architecture.md)."""

_IGNORED = re.compile(r"# (?:(?:noqa|type: ignore)(?::|\[)|(?:ruff|mypy|isort|fmt): )[^#]*")  # of a line, of a file
_REASONED = re.compile(r"# (?:noqa: [A-Z0-9, ]+? - \S|type: ignore\[[a-z, -]+\](?:  #| -) \S)")
_SAID = re.compile(r"\brules? (\d+(?:(?:, | and |\N{EN DASH})\d+)*)")
_LOGS = re.compile(r"_?log\.(?:debug|info|warning|error|exception)")
_MACHINE = re.compile(r"(?<![\w.])/(?:work|root|home/\w+|tmp/w)/")


def files(*homes: str) -> Iterator[Path]:
    """Every file that a person wrote, of these homes."""
    for home in homes:
        for path in sorted((ROOT / home).rglob("*")):
            if path.is_file() and path.suffix in WRITTEN and not {"__pycache__", "vendor"}.intersection(path.parts):
                yield path


def python(*homes: str) -> list[Path]:
    """Every module of these homes."""
    return [path for path in files(*homes) if path.suffix == ".py"]


def unreasoned(text: str) -> list[str]:
    """Lines that ignore a check and do not say why."""
    return [line.strip() for line in text.splitlines() if _IGNORED.search(line) and not _REASONED.search(line)]


def unknown_rules(text: str) -> set[int]:
    """Numbers of rules that nobody wrote, in prose and in names of tests."""
    said = [int(number) for found in _SAID.findall(text) for number in re.findall(r"\d+", found)]
    return {*said, *map(int, re.findall(r"\bdef test_r(\d+)_", text))} - RULES


def unknown_points(text: str) -> set[int]:
    """Numbers of points of event handling that there are not, in names of tests."""
    return {int(number) for number in re.findall(r"\bdef test_point(\d+)_", text)} - set(POINTS)


def unlisted(text: str) -> set[str]:
    """Fields of log lines that the log would withhold."""
    calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    said = (call for call in calls if _LOGS.fullmatch(ast.unparse(call.func)))
    return {str(word.arg) for call in said for word in call.keywords} - FIELDS - {"exc_info"}


def out_of_tree(text: str) -> set[str]:
    """Errors of a module that its opening tree leaves out."""
    module = ast.parse(text)
    tree = ast.get_docstring(module) or ""
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    errors = {node.name for node in classes if {ast.unparse(base) for base in node.bases} - {"NamedTuple"}}
    return {name for name in errors if not re.search(rf"\b{name}\b", tree)}


def test_every_ignored_check_says_why() -> None:
    others = [path for path in python(*HOMES) if path != Path(__file__)]  # this one holds planted faults
    found = {str(path.relative_to(ROOT)): lines for path in others if (lines := unreasoned(path.read_text()))}
    assert found == {}


def test_every_rule_that_is_named_exists() -> None:
    found = {str(path.relative_to(ROOT)): numbers for path in files(*HOMES, "docs") if (numbers := _unknown(path))}
    assert found == {}


def test_a_package_s_errors_open_with_their_tree() -> None:
    modules = [path for path in python("deploy", "services", "shared") if path.name == "errors.py"]
    assert len(modules) > 5
    left_out = {str(path.relative_to(ROOT)): names for path in modules if (names := out_of_tree(path.read_text()))}
    assert left_out == {}


def test_log_lines_have_no_fields_that_are_withheld() -> None:
    found = {
        path.name: names for path in python("deploy", "services", "shared") if (names := unlisted(path.read_text()))
    }
    assert found == {}
    assert unlisted('log.warning("it waits", of="x", gate=1, exc_info=error)') == {"of"}


def test_modules_are_small() -> None:
    lines = {path: len(path.read_text().splitlines()) for path in python(*HOMES)}
    assert {str(path.relative_to(ROOT)): size for path, size in lines.items() if size > MOST_LINES} == {}
    assert median(size for path, size in lines.items() if "src" in path.parts and size > 1) <= MEDIAN_LINES


def test_nothing_that_is_written_down_knows_one_machine() -> None:
    found = [str(path.relative_to(ROOT)) for path in files(*HOMES, "docs", ".ci") if _of_a_machine(path)]
    assert found == []


@pytest.mark.parametrize(
    "planted",
    [
        "x = 1  # noqa: S105",
        "x = 1  # noqa: S105, ANN401",
        "x = f()  # type: ignore[attr-defined]",
        "# ruff: noqa: S105",
        "# mypy: ignore-errors",
        "# fmt: off",
    ],
)
def test_an_ignored_check_without_a_reason_is_found(planted: str) -> None:
    assert unreasoned(planted) == [planted]


@pytest.mark.parametrize(
    "good",
    ["x = 1  # noqa: S105 - a name", "x = f()  # type: ignore[attr-defined]  # no stubs", "x = 1"],
)
def test_a_reason_is_seen(good: str) -> None:
    assert unreasoned(good) == []


def test_a_planted_rule_error_and_path_are_found() -> None:
    assert unknown_rules("as rule 99 says, and rules 1, 2 and 98\ndef test_r97_x() -> None: ...") == {99, 98, 97}
    assert out_of_tree('"""Errors.\n\nGood\n"""\n\nclass Good(Exception): ...\nclass Lost(Good): ...\n') == {"Lost"}
    assert _MACHINE.search("see /" + "work/main") and not _MACHINE.search("the frame/work/flow")


def _unknown(path: Path) -> set[int]:
    return unknown_rules(path.read_text()) - ({97, 98, 99} if path == Path(__file__) else set())


def _of_a_machine(path: Path) -> bool:
    return _MACHINE.search(path.read_text()) is not None


def test_names_of_tests_cite_points_of_event_handling_that_there_are() -> None:
    found = {path.name: numbers for path in python("tests", "shared") if (numbers := unknown_points(path.read_text()))}
    assert found == {}
    assert unknown_points("async def test_point" + "14_x(") == {14}
