"""Starts a server from a thread other than its first, as programs in Go do.

usage: server.py [--ends]

Prints the port of the server, which answers every connection with "here". With --ends the program exits with
code 7 at the end of its input, while the server keeps running.
"""

import os
import socket
import subprocess
import sys
import threading

if sys.argv[1:] == ["serve"]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"here")

server = threading.Thread(target=lambda: subprocess.run([sys.executable, __file__, "serve"]))
server.start()
if sys.argv[1:] == ["--ends"]:
    sys.stdin.read()
    os._exit(7)
server.join()
