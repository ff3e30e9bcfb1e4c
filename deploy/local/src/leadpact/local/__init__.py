"""The leadpact command and the local runner."""
