"""Measures the gateway's memory. Called by ./memory; README.md says what is measured and how to read it."""
import argparse
import os
import re
import resource
import socket
import statistics
import sys
import time

from bench import CONNECTIONS, Bench, Failed, clean_environment, get, layout, machine, now_and_load, run, say, spread

GIB = max(1, int(os.environ.get("GIB") or 10))
IDLE = max(1, int(os.environ.get("IDLE") or 10_000))
REQUESTS = max(1, int(os.environ.get("REQUESTS") or 1_000_000))
GOAL_IDLE_CONNECTIONS_MIB = 250
REQUEST = b"GET /anything HTTP/1.1\r\nHost: bench\r\n\r\n"


class Memory:
    """One thing that is asked of a gateway of its own, and the gateway's resident memory before it and under it."""

    def __init__(self, bench, name, do):
        self.name = name
        address, self.gateway = bench.gateway(f"gateway{len(bench.processes.started)}")
        for _ in range(1_000):
            get(f"{address}/anything")
        time.sleep(5)  # as bench.py: idle is a server that has served, and has come to rest
        self.before, self.under = self.gateway.resident_mib(), []
        say(name)
        do(self, address)

    def look(self):
        self.under.append(self.gateway.resident_mib())

    def row(self):
        quarter = max(1, len(self.under) // 4)
        quarters = f"{statistics.median(self.under[:quarter]):.0f}, {statistics.median(self.under[-quarter:]):.0f}"
        return [self.name, f"{self.before:.0f}", spread(self.under, 0), quarters]


def transfer(bench, *arguments):
    """Has curl send or fetch the bytes, and looks at the memory ten times in a second."""
    def do(memory, address):
        command = ["curl", "--silent", "--show-error", "--fail", "--max-time", "600", *(part.format(address=address) for part in arguments)]
        log = os.path.join(bench.folder, "curl.log")
        with open(log, "wb") as output:
            curl = bench.processes.start(command, stdout=output, stderr=output, env=clean_environment())
        while curl.poll() is None:
            memory.look()
            time.sleep(0.1)
        with open(log, errors="replace") as output:
            said = output.read()
        if curl.returncode or said != str(GIB << 30):
            raise Failed(f"{memory.name}: curl ended with {curl.returncode} and said: {said}")
    return do


def serve(bench, path):
    """Has wrk ask until so many requests are answered, and looks at the memory ten times in a second."""
    def do(memory, address):
        log, done = os.path.join(bench.folder, "wrk.log"), 0
        while done < REQUESTS:
            with open(log, "wb") as output:
                wrk = bench.processes.start(["wrk", "-t2", f"-c{CONNECTIONS}", "-d5s", "--timeout", "10s", address + path], stdout=output, stderr=output)
            while wrk.poll() is None:
                memory.look()
                time.sleep(0.1)
            with open(log, errors="replace") as output:
                said = output.read()
            answered = re.search(r"(\d+) requests in", said)
            if not answered or int(answered[1]) == 0 or "Non-2xx" in said or "Socket errors" in said:
                raise Failed(f"{memory.name}: errors under load\n{said}")
            done += int(answered[1])
    return do


def keep_idle(memory, address):
    """Opens the connections, with one request over each, and at the end asks over each once more: none was closed meanwhile."""
    host, port = address.removeprefix("http://").split(":")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < IDLE + 100:
        raise Failed(f"{IDLE:,} connections need as many open files, the limit is {hard:,} (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, IDLE + 100), hard))
    connections = []
    try:
        for _ in range(IDLE):
            connections.append(socket.create_connection((host, int(port)), timeout=10))
            ask(connections[-1])
        for _ in range(20):
            time.sleep(0.5)
            memory.look()
        for connection in connections:
            ask(connection)
    finally:
        for connection in connections:
            connection.close()


def ask(connection):
    connection.sendall(REQUEST)
    answer = b""
    while not answer.endswith(b"abcde\n") or len(answer) < 480:
        part = connection.recv(4096)
        if not part:
            raise Failed(f"a connection was closed after {answer!r}")
        answer += part
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise Failed(f"an idle connection got {answer!r}")


def measure(processes, folder, markdown):
    about = [f"{machine()}", now_and_load()]
    bench = Bench(processes, folder)
    upload = os.path.join(folder, "upload")
    with open(upload, "wb") as file:
        file.truncate(GIB << 30)  # sparse: zeros that take no room
    cases = [
        Memory(bench, f"{GIB} GiB from the app", transfer(bench, "--output", "/dev/null", "--write-out", "%{{size_download}}", f"{{address}}/bytes/{GIB << 30}")),
        Memory(bench, f"{GIB} GiB to the app, with a length", transfer(bench, "--upload-file", upload, "{address}/upload")),
        Memory(bench, f"{REQUESTS:,} requests of `/`", serve(bench, "/")),
        Memory(bench, f"{REQUESTS:,} requests of the app", serve(bench, "/anything")),
        Memory(bench, f"{IDLE:,} idle connections", keep_idle),
    ]
    rows = [["what", "MiB before", "MiB under it", "its first quarter, its last"], *(case.row() for case in cases)]
    most = round(max(cases[-1].under))
    outcome = (f"memory with {IDLE:,} idle connections: {most} MiB at most, goal ≤ {GOAL_IDLE_CONNECTIONS_MIB} MiB: "
               f"{'met' if most <= GOAL_IDLE_CONNECTIONS_MIB else 'missed'}")
    print("\n".join([*about, "", layout(rows, markdown), "", f"- {outcome}" if markdown else outcome]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markdown", action="store_true", help="print the result as Markdown")
    sys.exit(run(measure, parser.parse_args().markdown))
