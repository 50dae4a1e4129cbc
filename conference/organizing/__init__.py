"""Making events and running them: the list of events, series, new editions, the organizers' pages.

Stands above the programme, because a new event begins with tracks and halls, and the organizers' pages count sessions and
tickets. What an event is and who does what there is below, in `events`.
"""
