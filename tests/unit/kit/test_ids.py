"""Point 3: ids of derived events follow from their cause."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from leadpact.kit.ids import derive, fresh


@given(parts=st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.integers(), max_size=4))
def test_point3_a_derived_id_is_the_uuid5_of_its_parts(parts: list[str | int]) -> None:
    namespace = UUID("6d1b52a0-5f0e-5c51-9d8e-1eadac700001")
    assert derive(*parts) == str(uuid5(namespace, "\x1f".join(map(str, parts))))


def test_a_fresh_id_is_another_each_time() -> None:
    assert fresh() != fresh()
