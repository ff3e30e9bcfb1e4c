"""Errors of the sla-monitor.

SlaMonitorError
└── UnknownAgreement   a lead is governed by a version that no control record of its partition carried
"""


class SlaMonitorError(Exception):
    """What is wrong, in one sentence."""


class UnknownAgreement(SlaMonitorError):
    """A lead is governed by a version that no control record of its partition carried."""
