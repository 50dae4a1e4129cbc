"""GStreamer's `webrtcbin` as a WHIP publisher and a WHEP player: a program of its own, for the machine's Python.

    gst.py publish URL TOKEN CODEC HERTZ     colour bars in VP8 or H264, and a tone, until it is ended
    gst.py watch URL TOKEN CODEC SOUND       until there are pictures and sound enough; the sound goes to the file

It is not imported: GStreamer's bindings come with Debian's Python and not with ours. What it found is one line of JSON on
standard output.
"""

import json
import sys
import time
import urllib.error
import urllib.request

import gi

for name in ("Gst", "GstWebRTC", "GstSdp"):
    gi.require_version(name, "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402 - their versions come first

PICTURES, SECONDS_OF_SOUND, PATIENCE = 30, 1.5, 15
RATE, BYTES = 48000, 2
ENCODERS = {
    "VP8": "vp8enc deadline=1 keyframe-max-dist=3000 target-bitrate=500000 ! rtpvp8pay picture-id-mode=15-bit",
    # The profile that browsers speak; the parser puts what a decoder needs before each whole frame.
    "H264": "openh264enc bitrate=500000 complexity=low ! video/x-h264,profile=constrained-baseline ! h264parse"
    " config-interval=-1 ! rtph264pay config-interval=-1 aggregate-mode=zero-latency",
}
DECODERS = {"VP8": "rtpvp8depay ! vp8dec", "H264": "rtph264depay ! h264parse ! openh264dec"}
VIDEO = {
    "VP8": "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000,rtcp-fb-nack-pli=true",
    "H264": "application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000,rtcp-fb-nack-pli=true,"
    "packetization-mode=(string)1,profile-level-id=(string)42e01f",
}
AUDIO = (
    "application/x-rtp,media=audio,encoding-name=OPUS,payload=97,clock-rate=48000,encoding-params=(string)2"
)


class Client:
    """One connection. Promises and descriptions are kept: the bindings free what nobody holds, also while it is in use."""

    def __init__(self, url, token):
        self.url, self.token, self.kept = url, token, []
        self.loop = GLib.MainLoop()
        self.found = {"pictures": 0, "width": 0, "height": 0, "first_picture": None, "sound": 0}
        self.asked_at = None

    def open(self, pipeline, webrtc):
        self.pipeline, self.webrtc = pipeline, webrtc
        webrtc.connect("on-negotiation-needed", self.negotiate)
        bus = pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", self.fail)
        pipeline.set_state(Gst.State.PLAYING)
        self.loop.run()
        pipeline.set_state(Gst.State.NULL)
        print(json.dumps(self.found), flush=True)

    def fail(self, _bus, message):
        self.found["error"] = message.parse_error()[0].message
        self.loop.quit()

    def negotiate(self, _webrtc):
        promise = Gst.Promise.new_with_change_func(self.offered)
        self.kept.append(promise)
        self.webrtc.emit("create-offer", None, promise)

    def offered(self, promise, *_):
        reply = promise.get_reply()
        offer = reply.get_value("offer")
        done = Gst.Promise.new()
        self.kept += [reply, offer, done]
        self.webrtc.emit("set-local-description", offer, done)
        GLib.timeout_add(20, self.post)

    def post(self):
        """Once every candidate is known, as WHIP allows."""
        if self.webrtc.get_property("ice-gathering-state") != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            return True
        offer = self.webrtc.get_property("local-description").sdp.as_text()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/sdp"}
        self.asked_at = time.monotonic()
        try:
            with urllib.request.urlopen(
                urllib.request.Request(self.url, offer.encode(), headers)
            ) as response:
                answer = response.read()
        except urllib.error.HTTPError as refused:
            if refused.code == 409:  # nothing is being sent yet
                GLib.timeout_add(100, self.post)
            else:
                self.found["error"] = f"{refused.code} {refused.read().decode()}"
                self.loop.quit()
            return False
        _, message = GstSdp.SDPMessage.new()
        GstSdp.sdp_message_parse_buffer(answer, message)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        done = Gst.Promise.new()
        self.kept += [message, description, done]
        self.webrtc.emit("set-remote-description", description, done)
        return False

    def publish(self, codec, hertz):
        self.open_description(
            "webrtcbin name=w bundle-policy=max-bundle "
            "videotestsrc is-live=true ! video/x-raw,width=640,height=360,framerate=25/1 ! videoconvert ! "
            f"{ENCODERS[codec]} ! {VIDEO[codec].split(',rtcp')[0]} ! w. "
            f"audiotestsrc is-live=true freq={hertz} volume=0.5 ! audioconvert ! audioresample ! "
            f"audio/x-raw,rate={RATE},channels=2 ! opusenc ! rtpopuspay ! {AUDIO} ! w."
        )

    def open_description(self, description):
        pipeline = Gst.parse_launch(description)
        self.open(pipeline, pipeline.get_by_name("w"))

    def watch(self, codec, sound):
        self.decoder = DECODERS[codec]
        pipeline = Gst.Pipeline()
        webrtc = Gst.ElementFactory.make("webrtcbin", "w")
        webrtc.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        webrtc.connect("pad-added", self.receive)
        pipeline.add(webrtc)
        for caps in (AUDIO, VIDEO[codec]):
            webrtc.emit(
                "add-transceiver",
                GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY,
                Gst.Caps.from_string(caps),
            )
        GLib.timeout_add_seconds(PATIENCE, self.loop.quit)
        with open(sound, "wb") as self.sound:
            self.open(pipeline, webrtc)

    def receive(self, _webrtc, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        kind = pad.get_current_caps().get_structure(0).get_string("media")
        chain = self.decoder if kind == "video" else "rtpopusdepay ! opusdec ! audioconvert ! audioresample"
        raw = "video/x-raw" if kind == "video" else f"audio/x-raw,format=S16LE,rate={RATE},channels=1"
        part = Gst.parse_bin_from_description(
            f"{chain} ! {raw} ! fakesink name=s sync=false signal-handoffs=true", True
        )
        part.get_by_name("s").connect("handoff", self.see if kind == "video" else self.hear)
        self.pipeline.add(part)
        part.sync_state_with_parent()
        pad.link(part.get_static_pad("sink"))

    def see(self, _sink, _buffer, pad):
        if self.found["first_picture"] is None:
            shape = pad.get_current_caps().get_structure(0)
            self.found["first_picture"] = round(time.monotonic() - self.asked_at, 3)
            self.found["width"], self.found["height"] = shape.get_value("width"), shape.get_value("height")
        self.found["pictures"] += 1
        self.look()

    def hear(self, _sink, buffer, _pad):
        self.sound.write(buffer.extract_dup(0, buffer.get_size()))
        self.found["sound"] += buffer.get_size()
        self.look()

    def look(self):
        if self.found["pictures"] >= PICTURES and self.found["sound"] >= SECONDS_OF_SOUND * RATE * BYTES:
            self.loop.quit()


if __name__ == "__main__":
    Gst.init(None)
    what, url, token, codec, last = sys.argv[1:]
    getattr(Client(url, token), what)(codec, last)
