"""Where Grafana asks: the read models in PostgreSQL, and Prometheus; by the uids that the provisioning gives them."""

from typing import Any, Self

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.cog import builder, variants
from grafana_foundation_sdk.models.common import DataSourceRef

POSTGRES_TYPE = "grafana-postgresql-datasource"
POSTGRES_UID = "leadpact-postgres"
PROMETHEUS_UID = "leadpact-prometheus"

POSTGRES = DataSourceRef(type_val=POSTGRES_TYPE, uid=POSTGRES_UID)
PROMETHEUS = DataSourceRef(type_val="prometheus", uid=PROMETHEUS_UID)


class SqlQuery(variants.Dataquery, builder.Builder["SqlQuery"]):
    """A query of the PostgreSQL data source, which the SDK does not know; its own builder."""

    def __init__(self, sql: str, *, series: bool = False) -> None:
        """Take the text, with Grafana's macros in it; `series`: columns are time, name, value."""
        self._sql = sql
        self._series = series

    def build(self) -> Self:
        """Give itself."""
        return self

    def to_json(self) -> dict[str, Any]:
        """Give what Grafana stores."""
        return {
            "refId": "A",
            "datasource": {"type": POSTGRES_TYPE, "uid": POSTGRES_UID},
            "editorMode": "code",
            "rawQuery": True,
            "format": "time_series" if self._series else "table",
            "rawSql": self._sql,
        }


def promql(expression: str, legend: str = "", ref: str = "A") -> prometheus.Dataquery:
    """A query of Prometheus over the dashboard's time."""
    return prometheus.Dataquery().expr(expression).legend_format(legend or "__auto").range().ref_id(ref)
