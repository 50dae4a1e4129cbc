"""How much of the sound arrives, and what becomes of the picture, behind bad lines.

    python -m benchmarks.media_line [--seconds 8]

Chromium publishes here and another watches in a network namespace, behind the line of the tests (`tests/media/line.py`), which
loses the same packets in every run. The room judges the line as it does for people. Needs root, `ip netns` and /dev/net/tun.
"""

import argparse
import asyncio
import os
import re
import tempfile
from pathlib import Path

from tests.media.line import NoNetwork, bad_line
from tests.media.test_chromium import open_stage
from tests.media.test_network import VOICE, heard, viewer_behind

HERE, THERE = "10.216.80.1", "10.216.80.2"
SETTLING = 8
LINES = [
    ("a good line", {}),
    ("10 % loss", {"loss": 0.1}),
    ("30 % loss", {"loss": 0.3}),
    ("300 ms there and back", {"delay": 0.15}),
    ("30 % loss, 300 ms there and back", {"loss": 0.3, "delay": 0.15}),
    ("80 kbit/s", {"bits_per_second": 80_000}),
    ("30 % loss, 80 kbit/s", {"loss": 0.3, "bits_per_second": 80_000}),
]


async def measure(seconds: float, scratch: Path) -> None:
    namespace = f"chamb{os.getpid()}"
    try:
        with bad_line(namespace, HERE, THERE) as line:
            async with open_stage(HERE) as stage:
                publisher = await (await stage.browser.new_context()).new_page()
                await publisher.goto(f"{stage.page_url}/?room=72")
                await publisher.wait_for_function("window.ready")
                await publisher.evaluate(VOICE)
                await publisher.wait_for_function("window.it.state === 'playing'")
                async with viewer_behind(stage, namespace, scratch) as viewer:
                    for name, settings in LINES:
                        line.loss, line.delay, line.bits_per_second = 0.0, 0.0, 0.0
                        for what, value in settings.items():
                            setattr(line, what, value)
                        await asyncio.sleep(SETTLING)
                        share, pictures = await heard(viewer, seconds)
                        width, paused = await viewer.evaluate("[width(), window.line.pausedHere]")
                        picture = (
                            "paused for the voice" if paused else f"{pictures / seconds:.0f}/s, {width} wide"
                        )
                        print(
                            f"media line: {name:34} {100 * share:5.1f} % of the sound, picture {picture}",
                            flush=True,
                        )
                    line.loss, line.bits_per_second, line.cut = 0.0, 0.0, True
                    await viewer.evaluate("window.line.restore()")
                    await asyncio.sleep(20)
                    line.cut = False
                    began = asyncio.get_running_loop().time()
                    before = await viewer.evaluate("inbound('framesDecoded')")
                    while (decoded := await viewer.evaluate("inbound('framesDecoded')")) <= before:
                        before = decoded
                        await asyncio.sleep(0.05)
                    back = asyncio.get_running_loop().time() - began
                    print(
                        f"media line: after 20 s without a line the picture is back in {back:.1f} s",
                        flush=True,
                    )
    except NoNetwork:
        print(
            "media line: not measured, this machine lets nobody make a network (root, `ip netns`, /dev/net/tun)"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=re.sub(r"\s+", " ", (__doc__ or "").split("\n\n")[0]))
    parser.add_argument("--seconds", type=float, default=8)
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(measure(parser.parse_args().seconds, Path(scratch)))


if __name__ == "__main__":
    main()
