"""The media process: takes one publisher's picture and sound by WHIP and hands it to many viewers by WHEP.

It forwards RTP packets without decoding them. It imports neither Django nor anything else of ours; what it
may do for whom is written in signed grants (`grants.py`), and what happens in it is told to Django by events
(`events.py`).

    server.py         HTTP: WHIP, WHEP, control, health
    engine.py         who may open sessions, and what becomes of publications
    sessions.py       one browser's connection, and the publication it belongs to
    negotiation.py    SDP: reading an offer, writing an answer (pure)
    rtcp.py           the control packets of RTP (pure)
    packets.py        RTP on bytes (pure)
    forward.py        from one publisher's numbering into each viewer's (pure)
    layers.py         simulcast: which size of a picture goes to whom (pure)
    fanout.py         one packet to many viewers: in Python, or in C (fanout.c)
    transport.py      the only contact with the insides of aiortc, aioice and pylibsrtp
    events.py         what Django is told
    configuration.py  the environment
    __main__.py       the parent that keeps one worker (`worker.py`) alive
"""
