"""Nothing is wrong after a story as the kit is; a mutation turns those checks red that docs/mutations.md names."""

from pathlib import Path

import pytest

from tests.chaos.kit.mutations import MUTATIONS, Mutation
from tests.chaos.kit.scene import Scene
from tests.chaos.kit.stories import STORIES, Story

TABLE = Path(__file__).parents[3] / "docs/mutations.md"
pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_as_the_kit_is_nothing_is_wrong_after(story: Story, scene: Scene) -> None:
    assert await story(scene) == {}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
async def test_a_mutation_is_seen(mutation: Mutation, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    mutation.planted(monkeypatch)
    found = await mutation.story(scene)
    assert set(found) == mutation.seen_by


def test_the_table_for_people_names_each_mutation_its_story_and_its_checks() -> None:
    rows = [
        tuple(cell.strip() for cell in line.split("|")[1:-1]) for line in TABLE.read_text().splitlines() if "|" in line
    ]
    told = {(row[0], row[2], frozenset(row[4].split(", "))) for row in rows[2:]}
    assert told == {(each.name, each.story.__name__.replace("_", " "), each.seen_by) for each in MUTATIONS}
