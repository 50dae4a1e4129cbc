"""The media process: takes one publisher's picture and sound by WHIP and hands it to many viewers by WHEP.

It forwards RTP packets without decoding them. It imports neither Django nor anything else of ours; what it
may do for whom is written in signed grants (`grants.py`), and what happens in it is told to Django by events
(`events.py`).

    __main__.py       the front with its workers, one for each core
    front.py          HTTP for everyone: hands each request to the worker of its room
    placement.py      which worker a room lives in, and who asks too often (pure)
    reports.py        what the workers tell, put together for Django
    keeper.py         keeps the workers alive
    worker.py         one worker
    server.py         HTTP of one worker: WHIP, WHEP, control, health
    answers.py        what all HTTP answers have in common
    engine.py         who may open sessions, and what becomes of publications
    sessions.py       one browser's connection, and the publication it belongs to
    negotiation.py    SDP: reading an offer, writing an answer (pure)
    rtcp.py           the control packets of RTP (pure)
    packets.py        RTP on bytes (pure)
    forward.py        from one publisher's numbering into each viewer's (pure)
    loudness.py       who is speaking (pure)
    layers.py         simulcast: which size of a picture goes to whom (pure)
    fanout.py         one packet to many viewers: in Python, or in C (fanout.c)
    transport.py      the only contact with the insides of aiortc, aioice and pylibsrtp
    measures.py       what is counted, of rooms, streams and legs
    metrics.py        the same in the words of Prometheus
    events.py         what Django is told
    loops.py          event loop and logs
    turn.py           credentials for a TURN server (pure)
    configuration.py  the environment
"""
