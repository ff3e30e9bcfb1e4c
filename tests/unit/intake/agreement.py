"""The smallest agreement that is one."""

from leadpact.contracts.agreement import Agreement, Cadence, Group, Mode, Response, Routing, Unit

AGREEMENT = Agreement(
    id="demo",
    version=1,
    name="Demo",
    purpose="Try it",
    zone="UTC",
    calendar={},
    criteria=Group("root", Mode.ALL, ()),
    routing=Routing("us", 60, Unit.ELAPSED, "queue"),
    first_response=Response(3_600, Unit.BUSINESS),
    cadence=Cadence(1, 1, 0, 3_600, Unit.ELAPSED),
    reasons=(),
    target_per_month=1,
)
