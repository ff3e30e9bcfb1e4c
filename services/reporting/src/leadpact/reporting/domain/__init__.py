"""From facts to rows of read models, pure."""
