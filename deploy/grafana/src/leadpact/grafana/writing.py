"""The dashboards as files: JSON that a diff can read."""

import json

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from leadpact.grafana import operations, wall


def rendered() -> dict[str, str]:
    """Text by file name, the same for the same panels."""
    boards = {"wall.json": wall.build(), "operations.json": operations.build()}
    return {
        name: json.dumps(json.loads(JSONEncoder().encode(board)), indent=2, ensure_ascii=False) + "\n"
        for name, board in boards.items()
    }
