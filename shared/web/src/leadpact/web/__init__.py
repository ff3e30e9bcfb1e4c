"""Frame of pages and APIs: what every service's HTTP side looks like, without a word of the business."""

from leadpact.web.app import create_app
from leadpact.web.errors import Fault, Problem
from leadpact.web.pages import Link, Pages, pages
from leadpact.web.paging import Cursors, Limit, Page, page
from leadpact.web.problems import denial, problem_response, unstorable

__all__ = [
    "Cursors",
    "Fault",
    "Limit",
    "Link",
    "Page",
    "Pages",
    "Problem",
    "create_app",
    "denial",
    "page",
    "pages",
    "problem_response",
    "unstorable",
]
