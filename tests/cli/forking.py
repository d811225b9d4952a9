"""A process that runs the command line in forks of itself: starting Python takes longer.

Run as a program with the number of a socket. For each message, a JSON object with the arguments,
the environment and the encoding of the output, and the file descriptors of standard input, output
and error, it forks, and answers with the fork's id and then with its exit code. With the number of
a listening socket it does so on each connection, for several at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import json
import os
import signal
import socket
import sys
import termios
from typing import Any


def prepare() -> None:
    """Load what the commands need."""
    # All that commands import, once.
    import rich.progress  # noqa: F401  # only to have it loaded
    import sqlalchemy  # noqa: F401  # likewise

    import whitebit_ext
    import whitebit_ext.cli.app
    import whitebit_ext.cli.demo.demonstration

    for name in (*whitebit_ext.__all__, "SQLStore"):
        getattr(whitebit_ext, name)
    gc.freeze()


def serve(control: socket.socket) -> None:
    """Run a command for each message, until the other end is closed."""
    from whitebit_ext.cli import main

    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 65_536, 3)
        if not message:
            return
        child = os.fork()
        if not child:
            control.close()
            _become(json.loads(message), descriptors)
            try:
                main()
            except SystemExit as done:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(int(done.code or 0))  # the modules of all commands need not be taken down
            os._exit(99)
        for descriptor in descriptors:
            os.close(descriptor)
        control.sendall(b"%d\n" % child)
        _, status = os.waitpid(child, 0)
        control.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def _become(wanted: dict[str, Any], descriptors: list[int]) -> None:
    """Take over the arguments, the environment and the terminal of a command."""
    os.setsid()
    for standard, descriptor in enumerate(descriptors):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    with contextlib.suppress(OSError):  # not a terminal
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(wanted["directory"])
    sys.argv = ["whitebit-oauth", *wanted["arguments"]]
    for name, standard in (("stdout", 1), ("stderr", 2)):
        stream = open(standard, "w", encoding=wanted["encoding"], closefd=False)  # noqa: SIM115  # the process's own
        setattr(sys, name, stream)


if __name__ == "__main__":
    prepare()
    with socket.socket(fileno=int(sys.argv[1])) as given:
        if given.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            while True:
                connection, _ = given.accept()
                if not os.fork():
                    serve(connection)
                    os._exit(0)
                connection.close()
        serve(given)
