"""What it costs to forward media: the media process, Debian's Janus and stock aiortc, the same work in the same run.

    python -m benchmarks.media [--viewers 5,25,50,100,200] [--seconds 8] [--only c,python,janus,relay,gallery,ingest,join]

Each server runs on the first core, the publisher and the viewers on the second. The publisher sends what a 720p camera at 1 Mb/s
and a microphone send (112 + 50 packets a second). CPU is that of all processes of the server, per packet that a viewer got; the
delivered share counts the packets of the picture; the delay is from before the publisher encrypts until a viewer's socket has it.
"""

import argparse
import asyncio
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiortc import AudioStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from benchmarks._media_clients import Client, Publisher, Result, Viewers, compile_receiver
from benchmarks._media_relay import RATE, Recorded, record
from benchmarks._media_servers import Janus, Ours, Relay, Server
from realtime.media import fanout
from realtime.media.transport import machine_addresses

SETTLING = 3.0
JOINING_AT_ONCE = 4
EVERYTHING = "c,python,janus,relay,gallery,ingest,join"


def say(what: str, figure: str) -> None:
    print(f"media: {what:44} {figure}", flush=True)


class Bench:
    def __init__(self, folder: Path, seconds: float) -> None:
        cores = sorted(os.sched_getaffinity(0))
        self.server_core = {cores[0]}
        os.sched_setaffinity(0, set(cores[1:]) or set(cores))
        self.folder, self.seconds = folder, seconds
        self.library = compile_receiver(folder)
        # Not loopback where there is another: Janus does not offer that.
        self.address = machine_addresses()[0]

    def servers(self, wanted: set[str]) -> Iterable[Callable[[], Server]]:
        place = (self.address, self.server_core, self.folder)
        if "c" in wanted:
            if fanout.compiled_path().exists():
                yield lambda: Ours(*place, fanout="c")
            else:
                print("media: no compiled fan-out here, it is not measured (`make setup` compiles it)")
        if "python" in wanted:
            yield lambda: Ours(*place, fanout="python")
        if "janus" in wanted:
            if why := Janus.why_not():
                print(f"media: Janus is not measured: {why}")
            else:
                yield lambda: Janus(*place)

    @asynccontextmanager
    async def stage(self, server: Server, publishers: int, viewers_of: list[int]) -> Any:
        """Publishers who send, and viewers, each of the publisher of that number."""
        clients = [Client(self.address) for _ in viewers_of]
        viewers = Viewers(self.library, clients)
        sending, running = [], []
        for number in range(publishers):
            client = Client(self.address)
            await server.publish(client, number + 1)
            sending.append(Publisher(client, viewers.shared if number == 0 else None))
            running.append(asyncio.create_task(sending[-1].run()))
        gate = asyncio.Semaphore(JOINING_AT_ONCE)

        async def join(number: int) -> None:
            async with gate:
                await server.watch(clients[number], number, viewers_of[number])

        began, before = time.monotonic(), server.busy()
        await asyncio.gather(*map(join, range(len(clients))))
        self.joining = (time.monotonic() - began, server.busy() - before)
        viewers.start()
        await asyncio.sleep(SETTLING)
        try:
            yield viewers, sending
        finally:
            for task in running:
                task.cancel()
            await viewers.stop()

    async def one_to_many(self, make: Callable[[], Server], count: int) -> Result:
        async with make() as server, self.stage(server, 1, [1] * count) as (viewers, sending):
            result: Result = await viewers.measure(self.seconds, sending, server.busy)
        say(
            f"{server.name}, {count} viewers",
            f"{1e6 * result.cpu / max(1, result.packets):6.1f} µs per packet, "
            f"{100 * result.cpu / result.seconds:5.1f} % of a core, {100 * result.delivered:6.2f} % delivered, "
            f"{1000 * result.median:.1f} ms median, {1000 * result.late:.1f} ms for 99 %",
        )
        return result

    async def gallery(self, make: Callable[[], Server], people: int = 10) -> None:
        """All see all others, with the picture at 1 Mb/s: no smaller sizes to help."""
        others = [of for of in range(1, people + 1) for _ in range(people - 1)]
        async with make() as server, self.stage(server, people, others) as (viewers, sending):
            result = await viewers.measure(self.seconds, sending, server.busy)
            of_first = [viewers.viewers[number] for number in range(people - 1)]
            expected = viewers.shared.window_length
            delivered = sum(min(each.delivered, expected) for each in of_first) / (expected * len(of_first))
        say(
            f"{server.name}, gallery of {people}",
            f"{100 * result.cpu / result.seconds:5.1f} % of a core, "
            f"{result.packets / result.seconds:.0f} packets/s out, {100 * delivered:.2f} % delivered",
        )

    async def ingest(self, make: Callable[[], Server], people: int = 8) -> None:
        async with make() as server, self.stage(server, people, []) as (viewers, sending):
            result = await viewers.measure(self.seconds, sending, server.busy)
        say(
            f"{server.name}, {people} publishers, no viewers",
            f"{1e6 * result.cpu / result.sent:6.1f} µs per packet that comes in, "
            f"{100 * result.cpu / result.seconds / people:.1f} % of a core each",
        )

    async def join(self, make: Callable[[], Server], count: int = 60) -> None:
        async with make() as server, self.stage(server, 1, [1] * count):
            took, cpu = self.joining
        say(
            f"{server.name}, {count} join",
            f"{count / took:5.1f} a second, {1000 * cpu / count:.1f} ms of CPU each",
        )

    async def relay(self, viewers_of_it: Iterable[int]) -> None:
        """One real picture, because it is decoded; the viewers count frames."""
        packets = await asyncio.to_thread(record)
        for count in viewers_of_it:
            async with Relay(self.address, self.server_core, self.folder) as server:
                publisher = RTCPeerConnection(RTCConfiguration(iceServers=[]))
                publisher.addTrack(Recorded(packets))
                publisher.addTrack(AudioStreamTrack())
                await publisher.setLocalDescription(await publisher.createOffer())
                sdp = publisher.localDescription.sdp
                async with server.http.post(f"{server.url}/publish", data=sdp) as response:
                    answer = RTCSessionDescription(await response.text(), "answer")
                await publisher.setRemoteDescription(answer)
                await asyncio.sleep(2)
                async with self.stage(server, 0, [1] * count) as (viewers, _sending):
                    result = await viewers.measure(
                        self.seconds, [Publisher(Client(self.address))], server.busy
                    )
                await publisher.close()
            say(
                f"{server.name}, {count} viewers",
                f"{1e6 * result.cpu / max(1, result.packets):6.0f} µs per packet, "
                f"{100 * result.cpu / result.seconds:5.1f} % of a core, {result.frames:.1f} of {RATE} frames a second",
            )


async def measure(viewers: list[int], seconds: float, wanted: set[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), seconds)
        for count in viewers:
            per_packet = {}
            for make in bench.servers(wanted):
                result = await bench.one_to_many(make, count)
                per_packet[make().name] = result.cpu / max(1, result.packets)
            if Janus.name in per_packet:
                for name, cost in per_packet.items():
                    if name != Janus.name:
                        say(f"{name}, {count} viewers", f"{cost / per_packet[Janus.name]:.2f} times Janus")
        servers = list(bench.servers(wanted))
        for what, run in (("gallery", bench.gallery), ("ingest", bench.ingest), ("join", bench.join)):
            for make in servers if what in wanted else ():
                await run(make)
        if "relay" in wanted:
            await bench.relay((1, 2, 5))


def main() -> None:
    parser = argparse.ArgumentParser(description=re.sub(r"\s+", " ", (__doc__ or "").split("\n\n")[0]))
    parser.add_argument("--viewers", default="5,25,50,100,200")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--only", default=EVERYTHING)
    arguments = parser.parse_args()
    viewers = [int(each) for each in arguments.viewers.split(",") if each]
    asyncio.run(measure(viewers, arguments.seconds, set(arguments.only.split(","))))


if __name__ == "__main__":
    main()
