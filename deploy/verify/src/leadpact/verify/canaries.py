"""Check 11: texts that were planted as secrets stand nowhere in the clear: topics, logs, metrics, errors (rule 13)."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import msgspec

from leadpact.verify.findings import Check, Findings

_PATIENCE = 10
_CHUNK = 1 << 20


class Canaries:
    """Looks for texts, as they are and as JSON writes them; whoever finds one must not say it."""

    def __init__(self, texts: Sequence[str], found: Findings) -> None:
        self._wanted = [
            (number, form)
            for number, text in enumerate(texts, 1)
            for form in {text.encode(), msgspec.json.encode(text)[1:-1], text.encode("unicode_escape")}
        ]
        self._longest = max((len(form) for _, form in self._wanted), default=1)
        self._found = found

    def look(self, where: str, *pieces: bytes) -> None:
        """Search bytes."""
        for number in {number for number, form in self._wanted for piece in pieces if form in piece}:
            self._found.violated(Check.CANARIES, where, f"canary {number} stands here in the clear")

    def files(self, paths: Iterable[Path]) -> None:
        """Search logs, a piece at a time."""
        for path in paths:
            self._found.count("log files searched")
            with path.open("rb") as file:
                before = b""
                while piece := file.read(_CHUNK):
                    self.look(path.name, before + piece)
                    before = piece[-self._longest :]

    def pages(self, urls: Iterable[str]) -> None:
        """Search pages over HTTP; one that does not answer is a violation, for it was not searched."""
        for url in urls:
            self._found.count("pages searched")
            try:
                with urlopen(url, timeout=_PATIENCE) as answer:  # noqa: S310 - our own processes
                    self.look(url, answer.read())
            except (URLError, OSError) as error:
                self._found.violated(Check.CANARIES, url, f"it could not be searched: {error}")
