"""The web process: the four services' APIs behind one origin, chosen by path, as an ingress does it elsewhere."""

