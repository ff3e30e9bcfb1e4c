"""A service with pages, as small as can be."""
