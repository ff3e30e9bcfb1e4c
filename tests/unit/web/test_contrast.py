"""Text stands out from its ground by day, by night and on the wall, as WCAG 2.2 measures it."""

import re
from importlib.resources import files

import pytest

CSS = (files("leadpact.web") / "static" / "frame.css").read_text()
TEXTS = ("ink", "soft", "accent", "good", "warn", "bad")


def _colours(opening: str) -> dict[str, str]:
    block = CSS[CSS.index(opening) + len(opening) :]
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", block[: block.index("}")]))


DAY = _colours(":root {")
NIGHT = DAY | _colours(":root:not(:has(body.wall)) {")
WALL = DAY | _colours(":root:has(body.wall) {")


def _luminance(colour: str) -> float:
    shares = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_21() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("ground", ["ground", "raised"])
@pytest.mark.parametrize("scheme", [DAY, NIGHT], ids=["day", "night"])
def test_text_is_readable(scheme: dict[str, str], ground: str, text: str) -> None:
    assert _contrast(scheme[text], scheme[ground]) >= 4.5


@pytest.mark.parametrize("text", TEXTS)
def test_the_wall_is_readable_from_afar(text: str) -> None:
    assert _contrast(WALL[text], WALL["ground"]) >= 7
    tint = "#" + "".join(
        f"{round(0.24 * int(DAY['vermillion'][at : at + 2], 16) + 0.76 * int(WALL['ground'][at : at + 2], 16)):02x}"
        for at in (1, 3, 5)
    )
    if text in {"ink", "soft", "bad"}:
        assert _contrast(WALL[text], tint) >= 4.5
