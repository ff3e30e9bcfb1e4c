"""Read models, the wall and a lead's time line."""
