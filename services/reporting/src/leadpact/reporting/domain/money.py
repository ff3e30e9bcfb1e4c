"""Money as people read it: exact, each amount in its own currency, none ever added to another's (rule 46)."""

_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_DIGITS = dict.fromkeys(_NONE.split(), 0) | dict.fromkeys(_THREE.split(), 3) | {"CLF": 4, "UYW": 4}
"""Digits of the minor unit where they are not two (ISO 4217)."""


def money(minor: int, currency: str) -> str:
    """An amount of minor units with its currency: `1,234.50 EUR`, `1,234 JPY`."""
    digits = _DIGITS.get(currency, 2)
    whole, part = divmod(abs(minor), 10**digits)
    shown = f"{whole:,}.{part:0{digits}}" if digits else f"{whole:,}"
    return f"{'-' if minor < 0 else ''}{shown} {currency}"
