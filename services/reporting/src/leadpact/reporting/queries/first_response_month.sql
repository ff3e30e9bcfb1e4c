select r.*
from calendar_at(:now) c, first_response(c.month_begins, :now) r
