select r.*
from calendar_at(:now) c, first_response(c.day_begins, :now) r
