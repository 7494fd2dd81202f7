"""A machine that is not ours: processes are spawned, not forked, and no other machine answers.

Python runs this file first in each process that has its folder on PYTHONPATH, so it holds for a downloaded script, for
a notebook's kernel, for pip in a cell, and for whatever these start. Each process notes in $OUTSIDE_NOTES that it began,
with which start method, and which other machines it asked for; a program that swallows the refusal is found out, too.

Python's own sockets are watched, those of C libraries are not.
"""

import errno
import multiprocessing
import os
import sys

HERE = {"127.0.0.1", "::1", "localhost", "0.0.0.0", "::", ""}
# The arguments of each event: https://docs.python.org/3/library/audit_events.html
HOST = {
    "socket.connect": lambda socket, address: address,
    "socket.sendto": lambda socket, address: address,
    "socket.sendmsg": lambda socket, address: address,
    "socket.getaddrinfo": lambda host, *others: host,
    "socket.gethostbyname": lambda host: host,
    "socket.gethostbyaddr": lambda host: host,
}


def note(*words):
    with open(os.environ["OUTSIDE_NOTES"], "a", encoding="utf-8") as file:
        print(*words, file=file)


def refuse_other_machines(event, arguments):
    if event not in HOST:
        return
    address = HOST[event](*arguments)
    host = address[0] if isinstance(address, tuple) else address  # a text as an address is a Unix socket, or a name
    if isinstance(host, bytes):
        host = os.fsdecode(host)
    if host is None or host in HERE or (event.startswith(("socket.connect", "socket.send")) and address is host):
        return
    note("asked for", host)
    raise OSError(errno.ENETUNREACH, f"no other machine is to be reached from here, and {host} is one")


def spawn():
    """As on a Mac, where spawn is the default; with $OUTSIDE_SPAWNS=always as on Windows, where there is nothing else."""
    multiprocessing.set_start_method("spawn")
    if os.environ["OUTSIDE_SPAWNS"] == "always":
        contexts = multiprocessing.context._concrete_contexts
        for name in contexts.keys() - {"spawn"}:
            del contexts[name]
        multiprocessing.get_all_start_methods = lambda: ["spawn"]


sys.addaudithook(refuse_other_machines)
spawn()
note("began by", multiprocessing.get_start_method(), sys.orig_argv)
