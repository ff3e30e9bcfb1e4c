"""What an authority must do; subclass it with fixtures `authority`, `issue` and `revoke`.

`issue` makes a key of `ANN` with `ROLES` and `SCOPES`, bound to the sources it is given, and gives its text, each time
another; `revoke` ends one and lets a minute pass.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

import pytest

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.kit.access import Authority, Role, Scope
from leadpact.kit.errors import Forbidden, Unauthenticated

ANN = Actor("ann", ActorKind.HUMAN)
ROLES = frozenset({Role.SALES})
SCOPES = frozenset({Scope.COMMAND, Scope.READ})
Revoke = Callable[[str], Awaitable[None]]


class Issue(Protocol):
    """Makes a key."""

    async def __call__(self, *sources: str) -> str:
        """Its text."""
        ...


class AuthorityConformance:
    """Rule 45: whoever calls is somebody, and may do what their key says."""

    async def test_r45_a_key_gives_its_actor_with_roles_and_scopes(self, authority: Authority, issue: Issue) -> None:
        caller = await authority.authenticate(f"Bearer {await issue()}")
        assert (caller.actor, caller.roles, caller.scopes) == (ANN, ROLES, SCOPES)

    async def test_r45_a_key_opens_no_door_it_has_no_scope_or_role_for(
        self, authority: Authority, issue: Issue
    ) -> None:
        caller = await authority.authenticate(f"Bearer {await issue()}")
        for scope in SCOPES:
            caller.require(scope)
        for scope in set(Scope) - SCOPES:
            with pytest.raises(Forbidden, match=scope.value):
                caller.require(scope)
        caller.require_role(Role.ADMIN, *ROLES)
        with pytest.raises(Forbidden):
            caller.require_role(Role.ADMIN)

    async def test_r45_a_key_keeps_the_sources_it_is_bound_to_and_one_without_may_name_any(
        self, authority: Authority, issue: Issue
    ) -> None:
        bound = await authority.authenticate(f"Bearer {await issue('site', 'crm')}")
        bound.require_source("crm")
        with pytest.raises(Forbidden, match="delivers as crm or site, not as api"):
            bound.require_source("api")
        (await authority.authenticate(f"Bearer {await issue()}")).require_source("api")

    async def test_the_scheme_may_be_written_in_any_case_and_space_around_the_key_means_nothing(
        self, authority: Authority, issue: Issue
    ) -> None:
        key = await issue()
        for told in (f"bearer {key}", f"BEARER  {key}", f"Bearer {key} "):
            assert (await authority.authenticate(told)).actor == ANN

    async def test_whatever_is_not_the_whole_key_opens_nothing(self, authority: Authority, issue: Issue) -> None:
        key = await issue()
        for wrong in (None, "", " ", "Bearer", "Bearer ", key, f" Bearer {key}", f"Basic {key}", f"Bearer{key}"):
            with pytest.raises(Unauthenticated):
                await authority.authenticate(wrong)
        for wrong in (key[:-1], key[1:], f"{key}x", f"{key}\x00", f"{key} {key}", key.swapcase()):
            with pytest.raises(Unauthenticated):
                await authority.authenticate(f"Bearer {wrong}")

    async def test_a_revoked_key_opens_nothing_a_minute_later_and_others_still_do(
        self, authority: Authority, issue: Issue, revoke: Revoke
    ) -> None:
        key, other = await issue(), await issue()
        for told in (key, other):
            await authority.authenticate(f"Bearer {told}")
        await revoke(key)
        with pytest.raises(Unauthenticated):
            await authority.authenticate(f"Bearer {key}")
        assert (await authority.authenticate(f"Bearer {other}")).actor == ANN
