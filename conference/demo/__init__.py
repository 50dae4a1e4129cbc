"""The demo event: content written for this repository, all of it fictitious, and the code that loads it.

Wiring, like `admin.py`: it may name anything, and nothing imports it but the commands.
"""
