"""A browser in a network of its own, whose address changes while it watches."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .test_chromium import decodes, open_stage

pytestmark = pytest.mark.asyncio

HERE, THERE, ELSEWHERE = "10.213.77.1", "10.213.77.2", "10.213.77.3"


def run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


@pytest.fixture
def network(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A network namespace with one cable to us: its name, and a program that starts Chromium in it."""
    name, near, far = f"chama{os.getpid()}", f"ch{os.getpid()}a"[:15], f"ch{os.getpid()}b"[:15]
    try:
        run("ip", "netns", "add", name)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine lets nobody make a network namespace (root and `ip netns` are needed)")
    try:
        run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
        run("ip", "addr", "add", f"{HERE}/24", "dev", near)
        run("ip", "link", "set", near, "up")
        run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", name, "addr", "add", f"{THERE}/24", "dev", far)
        run("ip", "-n", name, "link", "set", far, "up")
        starts = tmp_path / "chromium"
        starts.write_text(f'#!/bin/sh\nexec ip netns exec {name} {shutil.which("chromium")} "$@"\n')
        starts.chmod(0o755)
        yield f"{name} {far}", str(starts)
    finally:
        run("ip", "netns", "del", name)


async def test_a_viewer_on_another_network_goes_on_within_seconds(network: tuple[str, str]) -> None:
    """From one address to another, as a phone from the hall's wireless to the mobile network. The connection stays the same:
    ICE begins anew and finds the other way."""
    (name, far), starts = network[0].split(), network[1]
    async with open_stage(HERE, starts) as stage:
        publisher, viewer = [await (await stage.browser.new_context()).new_page() for _number in range(2)]
        for page in (publisher, viewer):
            await page.goto(f"{stage.page_url}/?room=71")
            await page.wait_for_function("window.ready")
        await publisher.evaluate("publish()")
        await publisher.wait_for_function("window.it.state === 'playing'")
        await viewer.evaluate("watch()")
        await decodes(viewer)
        session = await viewer.evaluate("window.it.session.url")
        run("ip", "-n", name, "addr", "del", f"{THERE}/24", "dev", far)
        run("ip", "-n", name, "addr", "add", f"{ELSEWHERE}/24", "dev", far)
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(1)  # what was on its way is decoded
        decoded = await viewer.evaluate("inbound('framesDecoded')")
        async with asyncio.timeout(20):
            while await viewer.evaluate("inbound('framesDecoded')") <= decoded + 10:
                await asyncio.sleep(0.05)
        away = asyncio.get_running_loop().time() - began
        assert await viewer.evaluate("window.it.session.url") == session, "the same session goes on"
        assert away < 7, f"away for {away:.1f} s"
