"""Small tables of words, read once from the file beside this one."""

from importlib.resources import files
from typing import Any, Final

import yaml

_TOLD: Final[dict[str, Any]] = yaml.safe_load(files(__package__).joinpath("words.yaml").read_text(encoding="utf-8"))

ROLES: Final = frozenset(_TOLD["roles"].split())
FREE_MAIL: Final = frozenset(_TOLD["free_mail"].split())
COUNTRIES: Final[dict[str, str]] = {name: code for code, names in _TOLD["countries"].items() for name in names}
TOP_LEVELS: Final[dict[str, str]] = _TOLD["top_levels"]
