"""What may be done with agreements: draft, check, sign, activate, withdraw; each act is an event with its actor."""

import asyncio
from dataclasses import replace
from datetime import date

from msgspec.structs import replace as changed

from leadpact.contracts.agreement import Agreement
from leadpact.contracts.events.agreement import Activated, Approved, Drafted, Withdrawn
from leadpact.kit.access import Caller, Role
from leadpact.kit.clock import Clock
from leadpact.qualifier.agreement import Check, check, content_hash, read
from leadpact.qualifier.agreement.source import parse
from leadpact.qualifier.book import Book, Page
from leadpact.qualifier.domain.signing import Approval, Paper, State, Team, may_activate, may_sign, may_withdraw
from leadpact.qualifier.errors import Conflict, NotFound

JSON, YAML = "application/json", "application/yaml"
_EDITORS = (Role.MARKETING, Role.SALES, Role.ADMIN)


class Clerk:
    """Keeps the book. Methods raise `Unsound`, `NotFound`, `Conflict`, `Forbidden`, `Unavailable`."""

    def __init__(self, book: Book, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    async def all(self) -> list[Paper]:
        """Every version of every agreement."""
        return await self._book.all()

    async def find(self, id_: str, version: int | None = None) -> Paper:
        """A version, by default the latest."""
        return _version(id_, await self._book.versions(id_), version)

    async def check(self, text: bytes, media: str) -> tuple[Agreement, Check]:
        """What a text would mean as a first version, and what is wrong with it; nothing is kept."""
        agreement = await self._read(text, media)
        others = [paper.agreement for paper in await self._book.all() if paper.state is State.IN_FORCE]
        return agreement, check(agreement, others)

    async def draft(self, text: bytes, media: str, caller: Caller) -> Paper:
        """Write down a version: a new one, or the one that is still a draft; its signatures are void if it changed.

        A text that says what the latest version says already makes nothing new.
        """
        caller.require_role(*_EDITORS)
        first = await self._read(text, media)
        async with self._book.page() as page:
            latest = next(reversed(await page.versions(first.id)), None)
            if latest is not None and _says(latest, first) and latest.state is not State.WITHDRAWN:
                return latest
            version = 1 if latest is None else latest.agreement.version + (latest.state is not State.DRAFT)
            agreement = changed(first, version=version)
            paper = Paper(
                agreement=agreement,
                hash=content_hash(agreement),
                state=State.DRAFT,
                media=media,
                source=text.decode(),
                drafted_by=caller.actor.id,
                drafted_at=self._clock.business(),
            )
            await page.put(paper)
            drafted = Drafted(agreement=agreement.id, version=version, hash=paper.hash)
            page.tell(agreement.id, drafted, caller.actor, paper.drafted_at)
            return paper

    async def sign(self, id_: str, version: int, team: Team, seen: str, caller: Caller) -> Paper:
        """A person of a team signs the content whose hash they have seen (rule 45)."""
        async with self._book.page() as page:
            paper = _version(id_, await page.versions(id_), version)
            may_sign(paper, caller.actor, caller.roles, team, seen)
            await _refuse_errors(page, paper)
            approval = Approval(team, caller.actor.id, caller.name, self._clock.business())
            paper = replace(paper, approvals=(*paper.approvals, approval))
            await page.put(paper)
            approved = Approved(agreement=id_, version=version, hash=paper.hash, team=team.value)
            page.tell(id_, approved, caller.actor, approval.signed_at)
            return paper

    async def activate(self, id_: str, version: int, caller: Caller) -> Paper:
        """Bring a signed version into force, in place of the one before it (rule 51)."""
        caller.require_role(*_EDITORS)
        async with self._book.page() as page:
            versions = await page.versions(id_)
            paper = _version(id_, versions, version)
            now = self._clock.business()
            may_activate(paper, now)
            await _refuse_errors(page, paper)
            for before in versions:
                if before.state is State.IN_FORCE:
                    await page.put(replace(before, state=State.REPLACED))
            paper = replace(paper, state=State.IN_FORCE, activated_by=caller.actor.id, activated_at=now)
            await page.put(paper)
            page.tell(id_, Activated(agreement=paper.agreement, hash=paper.hash), caller.actor, now)
            return paper

    async def withdraw(self, id_: str, version: int, caller: Caller) -> Paper:
        """Take a version out of force: it opens no new engagement."""
        caller.require_role(*_EDITORS)
        async with self._book.page() as page:
            paper = _version(id_, await page.versions(id_), version)
            may_withdraw(paper)
            paper = replace(paper, state=State.WITHDRAWN)
            await page.put(paper)
            page.tell(id_, Withdrawn(agreement=id_, version=version), caller.actor, self._clock.business())
            return paper

    async def _read(self, text: bytes, media: str) -> Agreement:
        """Reading may take a second for a long text: in a thread, so that others are answered meanwhile."""

        def made() -> Agreement:
            return read(parse(text, json=media == JSON), version=1, today=self._today())

        return await asyncio.to_thread(made)

    def _today(self) -> date:
        return self._clock.business().date()


def _says(paper: Paper, agreement: Agreement) -> bool:
    return content_hash(changed(agreement, version=paper.agreement.version)) == paper.hash


def _version(id_: str, versions: list[Paper], number: int | None) -> Paper:
    found = [paper for paper in versions if number in {None, paper.agreement.version}]
    if not found:
        raise NotFound(f"there is no agreement {id_}" if not versions else f"{id_} has no version {number}")
    return found[-1]


async def _refuse_errors(page: Page, paper: Paper) -> None:
    """An agreement that cannot be kept, or clashes with one in force, is neither signed nor activated (rule 44)."""
    others = [other.agreement for other in await page.in_force()]
    if errors := check(paper.agreement, others).errors:
        raise Conflict("; ".join(errors))
