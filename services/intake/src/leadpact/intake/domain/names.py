"""Names: texts that become keys of tables or are looked up by; a row of an index holds some 2,700 bytes."""

LONGEST = 200
"""Characters, of at most four bytes each."""
PATTERN = rf"^[^\x00]{{1,{LONGEST}}}$"
"""A name where a request carries it."""
