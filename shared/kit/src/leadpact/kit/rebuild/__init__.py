"""State made again from a consumer's input and its own past output, beside the state that lives (docs/adr/0024).

Nothing is decided here: the output says what was. So there is nothing here that could make an event or an effect.
"""
