"""What each kind of source sends, as pure functions from bytes to drafts in our own shapes."""
