"""Grafana dashboards as code, from the wall's panel list."""
