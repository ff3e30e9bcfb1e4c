"""The house rules bite: a planted wrong import, an unplaced package or a look at the clock turns `make check` red."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[3]
BIN = Path(sys.executable).parent


def _copied(tmp_path: Path, name: str) -> Path:
    """A copy of one of our packages, to plant something in."""
    package = find_spec(f"leadpact.{name}")
    assert package is not None and package.origin is not None
    copied = tmp_path / "leadpact" / name
    shutil.copytree(Path(package.origin).parent, copied)
    return copied


def _lint_imports(overlay: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "lint-imports", "--no-cache", "--no-logo"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(overlay)},
        capture_output=True,
        text=True,
        check=False,
    )


def _ruff(code: str, path: str) -> str:
    command: list[str | Path] = [
        BIN / "ruff",
        "check",
        "--no-cache",
        "--output-format=concise",
        f"--stdin-filename={path}",
        "-",
    ]
    return subprocess.run(command, cwd=ROOT, input=code, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("calendar", "kit"),
        ("contracts", "calendar"),
        ("kit", "web"),
        ("web", "intake"),
        ("intake", "qualifier"),
        ("local", "demo"),
        ("demo", "testkit"),
    ],
)
def test_a_wrong_import_is_named(tmp_path: Path, importer: str, imported: str) -> None:
    planted = _copied(tmp_path, importer)
    (planted / "planted.py").write_text(f"import leadpact.{imported}\n")
    done = _lint_imports(tmp_path)
    assert done.returncode == 1
    assert f"leadpact.{importer}.planted -> leadpact.{imported}" in done.stdout


@pytest.mark.parametrize(
    ("service", "imported"),
    [
        ("intake", "asyncpg"),
        ("qualifier", "fastapi"),
        ("sla_monitor", "leadpact.kit.pg"),
        ("reporting", "leadpact.reporting.wall"),
    ],
)
def test_an_import_that_makes_a_domain_impure_is_named(tmp_path: Path, service: str, imported: str) -> None:
    planted = _copied(tmp_path, service)
    (planted / "domain" / "planted.py").write_text(f"import {imported}\n")
    done = _lint_imports(tmp_path)
    assert done.returncode == 1
    assert f"leadpact.{service}.domain.planted -> {imported}" in done.stdout


def test_a_domain_knows_contracts_calendar_and_of_the_kit_what_is_pure() -> None:
    services = ("intake", "qualifier", "sla_monitor", "reporting")
    graph = grimp.build_graph(*(f"leadpact.{name}" for name in (*services, "kit")), cache_dir=None)
    found = {
        known
        for service in services
        for module in graph.find_descendants(f"leadpact.{service}.domain")
        for known in graph.find_modules_directly_imported_by(module)
        if not known.startswith(f"leadpact.{service}.domain") and known != f"leadpact.{service}.errors"
    }
    assert found == {"leadpact.intake.delivery", "leadpact.kit.decider", "leadpact.kit.errors", "leadpact.kit.ids"}


@pytest.mark.parametrize(
    "imported",
    ["calendar", "contracts.events.sla", "contracts.registry", "kit.ids", "sla_monitor.domain.decider"],
)
def test_verify_shares_no_code_with_whom_it_judges(tmp_path: Path, imported: str) -> None:
    planted = _copied(tmp_path, "verify")
    (planted / "judging" / "planted.py").write_text(f"import leadpact.{imported}\n")
    done = _lint_imports(tmp_path)
    assert done.returncode == 1
    assert f"leadpact.verify.judging.planted -> leadpact.{imported}" in done.stdout


def test_of_this_project_verify_knows_the_envelope_and_the_topic_table_alone() -> None:
    graph = grimp.build_graph("leadpact.verify", include_external_packages=True, cache_dir=None)
    inside = graph.find_descendants("leadpact.verify") | {"leadpact.verify"}
    found = {known for module in inside for known in graph.find_modules_directly_imported_by(module)} - inside
    graph = grimp.build_graph("leadpact.verify", "leadpact.contracts", cache_dir=None)
    known = {name for module in inside for name in graph.find_modules_directly_imported_by(module)} - inside
    assert {name for name in found if name.startswith("leadpact")} <= {"leadpact.contracts"}
    assert known == {"leadpact.contracts.envelope", "leadpact.contracts.errors", "leadpact.contracts.topics"}


def test_a_package_without_a_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "leadpact" / "mystery").mkdir(parents=True)
    (tmp_path / "leadpact" / "mystery" / "__init__.py").touch()
    done = _lint_imports(tmp_path)
    assert done.returncode == 1
    assert "leadpact.mystery" in done.stdout


@pytest.mark.parametrize(("package", "allowed"), [("contracts", {"msgspec"}), ("calendar", {"msgspec"})])
def test_the_lowest_layer_needs_the_standard_library_and_msgspec_alone(package: str, allowed: set[str]) -> None:
    graph = grimp.build_graph(f"leadpact.{package}", include_external_packages=True, cache_dir=None)
    inside = [module for module in graph.modules if module.startswith("leadpact.")]
    assert inside
    imported = {found for module in inside for found in graph.find_modules_directly_imported_by(module)}
    outside = {name for name in imported if not name.startswith("leadpact")}
    assert outside - set(sys.stdlib_module_names) <= allowed


@pytest.mark.parametrize(
    "look",
    [
        "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n",
        "import time\n\nNOW = time.time()\n",
        "from uuid import uuid4\n\nNEW = uuid4()\n",
        "import random\n\nDICE = random.randint(1, 6)\n",
        "import secrets\n\nKEY = secrets.token_hex()\n",
    ],
)
def test_clock_and_randomness_are_banned_outside_the_kit(look: str) -> None:
    assert "TID251" in _ruff(look, "services/intake/src/leadpact/intake/domain/planted.py")
    assert "TID251" not in _ruff(look, "shared/kit/src/leadpact/kit/clock.py")
    assert "TID251" not in _ruff("import random\n\nSEEDED = random.Random(7)\n", "deploy/demo/src/leadpact/demo/x.py")


def test_no_way_to_the_clock_to_randomness_or_to_a_fresh_id_was_forgotten() -> None:
    spans = {
        "clock_getres",
        "clock_settime",
        "clock_settime_ns",
        "get_clock_info",
        "mktime",
        "sleep",
        "strptime",
        "tzset",
    }
    counters = {"monotonic", "perf_counter", "process_time", "thread_time"}
    harmless = {*spans, *counters, *(f"{name}_ns" for name in counters), "pthread_getcpuclockid", "struct_time"}
    ways = {f"time.{name}" for name in dir(time) if name[0] != "_" and callable(getattr(time, name))}
    ways -= {f"time.{name}" for name in harmless}
    ways |= {f"random.{name}" for name in dir(random) if _draws(getattr(random, name))}
    ways |= {"uuid.uuid1", "uuid.uuid4", "uuid.uuid6", "uuid.uuid7", "uuid.uuid8", "os.getrandom", "os.urandom"}
    assert {"time.gmtime", "random.getrandbits"} < ways
    code = (
        "import os\nimport random\nimport time\nimport uuid\n\nWAYS = [\n"
        + "".join(f"    {way},\n" for way in ways)
        + "]\n"
    )
    said = _ruff(code, "services/intake/src/leadpact/intake/domain/planted.py")
    assert {way for way in ways if f"`{way}` is banned" not in said} == set()


def _draws(function: object) -> bool:
    """Whether it is a method of the one Random that nobody seeded."""
    return isinstance(getattr(function, "__self__", None), random.Random) and function not in (
        random.getstate,
        random.setstate,
    )
