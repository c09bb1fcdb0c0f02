"""Amounts in a currency's minor units, and as the providers write them: in units of their own, or with decimals."""

from __future__ import annotations

import re
from typing import NamedTuple

DECIMALS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}


def decimals(currency: str) -> int:
    return DECIMALS.get(currency, 2)


class Money(NamedTuple):
    minor: int
    currency: str  # upper case

    def __str__(self) -> str:
        return f"{self.decimal()} {self.currency}"

    def decimal(self) -> str:
        """49.98, or 500 of a currency without decimals."""
        places = decimals(self.currency)
        digits = str(self.minor).rjust(places + 1, "0")
        return f"{digits[:-places]}.{digits[-places:]}" if places else digits

    def units(self, places: int) -> int:
        """In units of ten to the power of minus `places`."""
        own = decimals(self.currency)
        return self.minor * 10 ** (places - own) if places >= own else self.minor // 10 ** (own - places)


def of_units(units: object, currency: str, places: int) -> Money | None:
    """None if it is no amount, or none above 0."""
    if not re.fullmatch(r"[1-9]\d{0,15}", str(units)) or not re.fullmatch(r"[A-Z]{3}", currency):
        return None
    own = decimals(currency)
    return Money(int(str(units)) * 10 ** (own - places) if own >= places else int(str(units)) // 10 ** (places - own), currency)


def of_decimal(text: object, currency: str) -> Money | None:
    """None if it is no amount, or none above 0."""
    found = re.fullmatch(r"(\d{1,12})(?:\.(\d+))?", str(text))
    places = decimals(currency)
    if not found or len(found[2] or "") > places or not re.fullmatch(r"[A-Z]{3}", currency):
        return None
    minor = int(found[1] + (found[2] or "").ljust(places, "0"))
    return Money(minor, currency) if minor else None
