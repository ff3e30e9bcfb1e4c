"""Agreements to begin with: files that people copy and change."""

from importlib import resources


def names() -> list[str]:
    """The starters there are."""
    folder = resources.files(__name__)
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def text(name: str) -> bytes:
    """The text of a starter; raises `KeyError`."""
    if name not in names():
        raise KeyError(name)
    return (resources.files(__name__) / f"{name}.yaml").read_bytes()
