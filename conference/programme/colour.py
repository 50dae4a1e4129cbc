"""An event's colour made readable: contrast as WCAG 2 computes it, and the nearest shade that reaches AA."""

from __future__ import annotations

import colorsys
import math

AA = 4.5
PAPER, NIGHT = "#f6f1e7", "#121815"
"""The grounds of the light and the dark pages (static/css/base.css)."""

Rgb = tuple[float, float, float]


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two `#rrggbb` colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(_rgb(first)), _luminance(_rgb(second))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def text_on(colour: str) -> str:
    """White or black, whichever is easier to read on `colour`; the better of the two always reaches AA."""
    return max(("#ffffff", "#000000"), key=lambda ink: contrast(ink, colour))


def readable_on(colour: str, ground: str) -> str:
    """`colour`, made darker or lighter only as far as text in it needs to reach AA on `ground`."""
    hue, light, saturation = colorsys.rgb_to_hls(*_rgb(colour))
    step = -0.01 if _luminance(_rgb(ground)) > 0.2 else 0.01
    shades = (min(1.0, max(0.0, light + step * number)) for number in range(101))
    colours = (_hex(colorsys.hls_to_rgb(hue, shade, saturation)) for shade in shades)
    return next((shade for shade in colours if contrast(shade, ground) >= AA), text_on(ground))


def hue(colour: str) -> float | None:
    """The hue as the eye orders colours (OKLCH), in degrees; None for a grey, which has none."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(colour)
    )
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return math.degrees(math.atan2(b, a)) % 360 if math.hypot(a, b) > 0.02 else None


def _rgb(colour: str) -> Rgb:
    return (int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255)


def _hex(rgb: Rgb) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in rgb)


def _luminance(rgb: Rgb) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
