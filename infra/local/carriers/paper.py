"""Labels to look at: 4 x 6 inches with an address, a number and bars, as a PDF or a GIF."""

from __future__ import annotations

import hashlib
import io
from base64 import b64encode
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

SIZE = (812, 1218)  # 4 x 6 inches at 203 dots an inch
MARGIN = 40


class Address(NamedTuple):
    """Who it goes to."""

    name: str
    lines: list[str]
    town: str
    country: str


def _bars(draw: ImageDraw.ImageDraw, number: str, top: int, height: int) -> None:
    """Bars that differ by number. No scanner reads them: nobody is to send anything by this label."""
    bits = "".join(f"{byte:08b}" for byte in hashlib.sha256(number.encode()).digest())
    width = (SIZE[0] - 2 * MARGIN) / len(bits)
    for at, bit in enumerate(bits):
        if bit == "1":
            left = MARGIN + at * width
            draw.rectangle([left, top, left + width, top + height], fill="black")


def page(title: str, lines: list[str]) -> str:
    """Base64 of a page as a PDF: what a driver signs."""
    image = Image.new("L", (850, 1100), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default
    draw.rectangle([MARGIN / 2, MARGIN / 2, 850 - MARGIN / 2, 1100 - MARGIN / 2], outline="black", width=3)
    draw.text((MARGIN, MARGIN), title, font=font(40), fill="black")
    for row, line in enumerate(lines[:24]):
        draw.text((MARGIN, 130 + row * 32), line[:60], font=font(22), fill="black")
    draw.text((MARGIN, 960), "SPECIMEN: NOT A FORM OF ANY CARRIER", font=font(24), fill="black")
    draw.line([MARGIN, 1050, 500, 1050], fill="black", width=2)
    draw.text((MARGIN, 1010), "Signature", font=font(18), fill="black")
    out = io.BytesIO()
    image.convert("1").save(out, format="PDF", resolution=100.0)
    return b64encode(out.getvalue()).decode()


def label(carrier: str, service: str, number: str, reference: str, to: Address, kg: float, form: str) -> str:
    """Base64 of a label as "PDF" or "GIF"."""
    image = Image.new("L", SIZE, "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default
    draw.rectangle([MARGIN / 2, MARGIN / 2, SIZE[0] - MARGIN / 2, SIZE[1] - MARGIN / 2], outline="black", width=4)
    draw.text((MARGIN, MARGIN), carrier, font=font(72), fill="black")
    draw.text((MARGIN, MARGIN + 90), f"{service}   {kg:.1f} kg", font=font(34), fill="black")
    draw.line([MARGIN / 2, 200, SIZE[0] - MARGIN / 2, 200], fill="black", width=4)
    draw.text((MARGIN, 220), "SHIP TO", font=font(26), fill="black")
    for row, line in enumerate([to.name, *to.lines, to.town, to.country]):
        draw.text((MARGIN, 260 + row * 48), line[:38], font=font(40), fill="black")
    draw.line([MARGIN / 2, 620, SIZE[0] - MARGIN / 2, 620], fill="black", width=4)
    draw.text((MARGIN, 640), f"TRACKING {number}", font=font(36), fill="black")
    _bars(draw, number, 700, 320)
    draw.text((MARGIN, 1050), f"REF {reference}", font=font(30), fill="black")
    draw.text((MARGIN, 1110), "SPECIMEN: NOT FOR POSTAGE", font=font(40), fill="black")
    out = io.BytesIO()
    image.convert("1").save(out, format=form, **({"resolution": 203.0} if form == "PDF" else {}))
    return b64encode(out.getvalue()).decode()
