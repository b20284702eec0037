"""Measures what the loop probe adds to a request. Called by ./probe; README.md says what is measured and how to read it."""
import argparse
import os
import re
import subprocess
import sys

from bench import (HERE, ROOT, Failed, Server, clean_environment, cpu_seconds_of, fetch, free_ports, layout, machine, now_and_load, run, say,
                   spread)

ROUNDS = max(1, int(os.environ.get("ROUNDS") or 9))
SECONDS = max(1, int(os.environ.get("SECONDS") or 3))
PEERS = os.path.join(os.path.abspath(os.environ["PEERS"]), "python")
PROGRAMS = os.path.join(PEERS, "es9" if os.path.isdir(os.path.join(PEERS, "es9")) else "es8", "bin")
ENVIRONMENT = {"PYTHONPATH": os.path.join(ROOT, "deploy", "legacy"), "PYTHONDONTWRITEBYTECODE": "1"}


class Calls:
    """A process of probe_calls.py, which is asked for so many calls at a time."""

    def __init__(self, processes, *arguments):
        command = [os.path.join(PROGRAMS, "python"), os.path.join(HERE, "probe_calls.py"), *arguments]
        self.process = processes.start(command, env=clean_environment() | ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def micros(self, app, count):
        self.process.stdin.write(f"{app} {count}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise Failed("probe_calls.py ended")
        return float(answer) / count * 1e6


class Gunicorn(Server):
    """The Flask app of the peers on one sync worker, a child of the process that was started."""

    def __init__(self, processes, folder, name, **environment):
        [port] = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        command = [os.path.join(PROGRAMS, "gunicorn"), "-w", "1", "-b", f"127.0.0.1:{port}", "--chdir", os.path.join(PEERS, "apps"), "flask_app:app"]
        super().__init__(processes, folder, name, command, f"{self.url}/sync", **ENVIRONMENT, **environment)
        self.processes = processes

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as children:
            return sum(cpu_seconds_of(worker) for worker in children.read().split())

    def micros(self, path):
        before = self.cpu_seconds()
        output = self.processes.run(["wrk", "-t1", "-c4", f"-d{SECONDS}s", "--timeout", "10s", self.url + path], SECONDS + 20)
        done = re.search(r"(\d+) requests in", output)
        if not done or int(done[1]) == 0 or "Non-2xx" in output or "Socket errors" in output:
            raise Failed(f"{self.name}: errors under load\n{output}{self.last_words()}")
        return (self.cpu_seconds() - before) / int(done[1]) * 1e6


class Case:
    """One kind of request: its CPU µs without and with the probe, a value for each round."""

    def __init__(self, name, sides, *request):
        self.name, self.sides, self.request = name, sides, request
        self.micros = ([], [])

    def measure(self, number):
        for side in (0, 1) if number % 2 else (1, 0):   # neither is always the first
            micros = self.sides[side].micros(*self.request)
            if number > 0:                              # round 0 warms up
                self.micros[side].append(micros)

    def row(self):
        without, probed = self.micros
        return [self.name, spread(without, 1), spread(probed, 1), spread([b - a for a, b in zip(without, probed)], 1)]


def start_all(processes, folder):
    calls = Calls(processes), Calls(processes, "probe")
    servers = Gunicorn(processes, folder, "without"), Gunicorn(processes, folder, "probed", LOOP_PROBE="1")
    reports = ["X-Loop" in fetch(server.url + "/loop")[0] for server in servers]
    if reports != [False, True]:
        raise Failed(f"the probe is on the wrong side: {reports}")
    return [
        Case("WSGI callable, no loop", calls, "sync", 50_000),
        Case("WSGI callable, `async_to_sync`", calls, "async", 500),
        Case("ASGI callable", calls, "asgi", 50_000),
        Case("Flask on gunicorn, `def` view", servers, "/sync"),
        Case("Flask on gunicorn, `async def` view", servers, "/loop"),
    ]


def measure(processes, folder, markdown):
    python = processes.run([os.path.join(PROGRAMS, "python"), "--version"], 30).strip()
    about = [f"{machine()}, {python}", f"{now_and_load()}, {ROUNDS} rounds, gunicorn for {SECONDS} s each, median [min–max]"]
    cases = start_all(processes, folder)
    for number in range(ROUNDS + 1):
        say(f"round {number} of {ROUNDS}" if number else "warm-up")
        for case in cases:
            case.measure(number)
    rows = [["CPU µs/request", "without", "with the probe", "the probe adds"], *(case.row() for case in cases)]
    print("\n".join([*about, "", layout(rows, markdown)]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markdown", action="store_true", help="print the result as Markdown, for a README")
    return run(measure, parser.parse_args().markdown)


if __name__ == "__main__":
    sys.exit(main())
