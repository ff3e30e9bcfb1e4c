"""What can go wrong for somebody who types `leadpact chaos`.

LocalError
└── NoDisk   nothing may be mounted here, or what is mounted does not do as it is told
"""

from leadpact.local.errors import LocalError


class NoDisk(LocalError):
    """Nothing may be mounted here, or a disk does not do as it is told; the message is the system's."""
