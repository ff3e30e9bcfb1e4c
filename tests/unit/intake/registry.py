"""What any registry must do; run on the double here, on PostgreSQL's sources beside the integration tests."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from leadpact.intake.door.sources import Registered, Registry
from leadpact.intake.errors import UnknownSource, Unproven
from tests.doubles.registry import registered

FORMS = registered("forms", "typeform", "a secret of forms", mapping={"r1": "email"})
SITE = registered("site", "segment", "write key of today", "write key of yesterday")
FAIR = Registered("fair", "csv", "America/Sao_Paulo", "event", {"a": "b"}, ["industry"], ())
Put = Callable[[Registered], Awaitable[None]]


class RegistrySuite:
    """Subclass it with fixtures `registry` and `put`, which registers a source."""

    async def test_a_source_is_found_as_it_was_registered(self, registry: Registry, put: Put) -> None:
        for source in (FORMS, SITE, FAIR):
            await put(source)
        for source in (FORMS, SITE, FAIR):
            assert await registry.find(source.name) == await registry.find(source.name, source.kind) == source

    async def test_a_source_of_another_kind_is_as_unknown_as_none(self, registry: Registry, put: Put) -> None:
        await put(FORMS)
        for name, kind in (("nobody", None), ("nobody", "typeform"), ("forms", "segment"), ("FORMS", None), ("", None)):
            with pytest.raises(UnknownSource):
                await registry.find(name, kind)

    async def test_r9_every_live_write_key_proves_its_segment_source(self, registry: Registry, put: Put) -> None:
        for source in (FORMS, SITE, registered("shop", "segment", "write key of the shop")):
            await put(source)
        for key in SITE.secrets:
            assert await registry.of_write_key(key) == SITE
        assert (await registry.of_write_key("write key of the shop")).name == "shop"

    async def test_r9_no_other_text_is_a_write_key(self, registry: Registry, put: Put) -> None:
        await put(FORMS)
        await put(SITE)
        for wrong in ("", "site", "write key of", FORMS.secrets[0]):
            with pytest.raises(Unproven):
                await registry.of_write_key(wrong)

    async def test_what_is_said_of_a_source_is_replaced_as_a_whole(self, registry: Registry, put: Put) -> None:
        await put(SITE)
        await registry.of_write_key(SITE.secrets[1])
        rotated = replace(SITE, secrets=("write key of tomorrow", SITE.secrets[0]), zone="Europe/Berlin")
        await put(rotated)
        assert await registry.find("site") == rotated
        assert await registry.of_write_key("write key of tomorrow") == rotated
        with pytest.raises(Unproven):
            await registry.of_write_key(SITE.secrets[1])

    async def test_the_source_api_is_there_from_the_start(self, registry: Registry) -> None:
        assert await registry.find("api") == registered("api", "json")
