"""Measures the gateway beside bare YARP and Quart. Called by ./run; README.md says what is measured and how to read it."""
import argparse
import datetime
import json
import os
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ROUNDS = max(1, int(os.environ.get("ROUNDS") or 5))
SECONDS = max(1, int(os.environ.get("SECONDS") or 5))
CONNECTIONS = 32
PEERS = os.environ.get("PEERS")
ARTIFACTS = os.path.abspath(os.environ.get("ARTIFACTS") or os.path.join(ROOT, "artifacts"))
GATEWAY = os.environ.get("GATEWAY")  # a Gateway.dll to measure in place of the one built here
GOAL_CPU, GOAL_RATE, GOAL_IDLE_MIB, GOAL_SHARED_CPU, GOAL_VIEW_CPU, GOAL_GUARD_CPU = 1.6, 10, 90, 0.6, 1.5, 1.05

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
HTTP = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback needs no proxy, whatever the environment says


class Failed(Exception):
    """The benchmark says nothing: a server did not start, or an answer was wrong."""


# --- Processes: each is started here and stopped here, by its own pid ---------------------------------------------------

class Processes:
    """Every process that was started. A signal that comes while one is being started waits until it is in the list."""

    def __init__(self):
        self.started = []
        self.starting = False
        self.signal = None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.interrupted)

    def interrupted(self, number, _frame):
        self.signal = number
        if not self.starting:
            sys.exit(128 + number)

    def start(self, command, **options):
        self.starting = True
        try:
            # A session of its own: Ctrl-C reaches the driver only, which then stops them in order.
            process = subprocess.Popen(command, start_new_session=True, **{"stdin": subprocess.DEVNULL} | options)
            self.started.append(process)
        finally:
            self.starting = False
        if self.signal:
            sys.exit(128 + self.signal)
        return process

    def run(self, command, limit, **options):
        process = self.start(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
        try:
            output, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            raise Failed(f"{command[0]} was not done after {limit} s") from None
        if process.returncode:
            raise Failed(f"{' '.join(command)}\n{output}")
        return output

    def stop(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        running = [process for process in self.started if process.poll() is None]
        for process in running:
            process.terminate()
        limit = time.monotonic() + 15
        for process in running:
            try:
                process.wait(max(0.1, limit - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Server:
    """A process that listens, and what the kernel says it costs."""

    def __init__(self, processes, folder, name, command, ready, **environment):
        self.name = name
        self.log = os.path.join(folder, name + ".log")
        with open(self.log, "wb") as log:
            self.process = processes.start(command, cwd=folder, stdout=log, stderr=log, env=clean_environment() | environment)
        limit = time.monotonic() + 30
        while not answers(ready):
            if self.process.poll() is not None or time.monotonic() > limit:
                state = "is not ready after 30 s" if self.process.poll() is None else f"ended with {self.process.returncode}"
                raise Failed(f"{name} {state}:\n{self.last_words()}")
            time.sleep(0.1)

    def last_words(self):
        with open(self.log, errors="replace") as log:
            return "".join(log.readlines()[-20:])

    def cpu_seconds(self):
        return cpu_seconds_of(self.process.pid)

    def resident_mib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) / 1024


def cpu_seconds_of(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS  # utime and stime, the 14th and 15th of proc(5)


def clean_environment():
    """Without what would change a server's settings behind our back; DOTNET_* and OTEL_BSP_* stay, for experiments."""
    unwanted = re.compile(r"ASPNETCORE_|OTEL_(?!BSP_)|GATEWAY_CONFIG$|\w+__|(https?|all|no)_proxy$", re.IGNORECASE)
    return {name: value for name, value in os.environ.items() if not unwanted.match(name)} | {"DOTNET_ENVIRONMENT": "Production"}


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def get(url):
    return fetch(url)[1]


def fetch(url):
    """The header and the body of a good answer."""
    with HTTP.open(url, timeout=5) as answer:
        if answer.status != 200:
            raise Failed(f"{url} answered {answer.status}")
        return answer.headers, answer.read()


def status_of(method, url):
    try:
        with HTTP.open(urllib.request.Request(url, method=method), timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


def answers(url):
    try:
        get(url)
        return True
    except (OSError, Failed):  # urllib's own errors are OSErrors, a status of 400 or more included
        return False


# --- What is measured ------------------------------------------------------------------------------------------------

class Variant:
    """One path through one server, and its figures, a value for each counted round."""

    def __init__(self, name, server, url, connections=CONNECTIONS):
        self.name, self.server, self.url, self.connections = name, server, url, connections
        self.idle = server.resident_mib()
        self.cpu, self.rate, self.loaded = [], [], []
        self.requests = self.spans = 0

    def warm_up(self, processes, collector):
        """
        Until 5 s cost no less than the 5 s before, four to eight times: .NET compiles anew what runs often, for some 20 s here, and one
        noisy round is not to end it.
        """
        costs = [self.load(processes, collector, counted=False)]
        while len(costs) < 4 or (costs[-1] < costs[-2] * 0.95 and len(costs) < 8):
            costs.append(self.load(processes, collector, counted=False))

    def load(self, processes, collector, counted):
        """The CPU seconds of a request in one round, which is kept if it is counted."""
        seconds = SECONDS if counted else 5
        spans, cpu = span_count(collector), self.server.cpu_seconds()
        output = processes.run(["wrk", "-t2", f"-c{self.connections}", f"-d{seconds}s", "--timeout", "10s", self.url], seconds + 20)
        cpu = self.server.cpu_seconds() - cpu
        done = re.search(r"(\d+) requests in", output)
        if not done or int(done[1]) == 0 or "Non-2xx" in output or "Socket errors" in output:
            raise Failed(f"{self.name}: errors under load\n{output}{self.server.last_words()}")
        if counted:
            self.cpu.append(cpu / int(done[1]) * 1e6)
            self.rate.append(float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]))
            self.loaded.append(self.server.resident_mib())
            self.requests += int(done[1])
            self.spans += span_count(collector) - spans
        return cpu / int(done[1])


def span_count(collector):
    return json.loads(get(collector))["spans"]


def settled_spans(collector):
    """The count once nothing came for longer than the exporter's delay of 5 s."""
    count, since, limit = span_count(collector), time.monotonic(), time.monotonic() + 20
    while time.monotonic() - since < 6 and time.monotonic() < limit:
        time.sleep(0.25)
        if (now := span_count(collector)) != count:
            count, since = now, time.monotonic()
    return count


def spans_per_request(variant, collector):
    """Of requests so few that the exporter drops nothing: what 100 % is. Rounding takes off the spans of new connections."""
    before = settled_spans(collector)
    for _ in range(50):
        get(variant.url)
    spans = round((settled_spans(collector) - before) / 50)
    if spans == 0:
        raise Failed(f"{variant.name}: no span reached the collector: tracing is off, the figures would be worth nothing")
    return spans


def build(processes, project):
    say(f"building {project}")
    processes.run(["dotnet", "build", project, "-c", "Release", f"-p:ArtifactsPath={ARTIFACTS}", "--disable-build-servers", "-m:1",
                   "-nologo", "-v", "quiet"], 300, cwd=ROOT)
    name = {"gateway": "Gateway"}.get(project, os.path.basename(project))
    return os.path.join(ARTIFACTS, "bin", name, "release", name + ".dll")


def start_quart(processes, folder, port, cluster):
    """Quart on uvicorn, its fastest server here, one process as the gateway is one; None where there is no Python side."""
    if not PEERS:
        return None
    python = next((path for venv in ("es9", "es8") if os.path.exists(path := f"{PEERS}/python/{venv}/bin/python")), None)
    if python is None:
        raise Failed(f"PEERS={PEERS}: neither python/es9 nor python/es8 is a virtual environment")
    command = [python, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port), "--log-level", "error", "--no-access-log",
               "quart_app:app"]
    return Server(processes, folder, "quart", command, f"http://127.0.0.1:{port}/", ES_URL=cluster,
                  PYTHONPATH=f"{PEERS}/python/apps:{PEERS}/python")


class Bench:
    """The backend, with which every comparison begins, and what it starts beside it."""

    def __init__(self, processes, folder):
        self.processes, self.folder = processes, folder
        ports = free_ports(3)
        self.app, self.cluster, self.collector = (f"http://127.0.0.1:{port}" for port in ports)
        dll = build(processes, "tests/bench/Backend")
        self.gateway_dll = os.path.abspath(GATEWAY) if GATEWAY else build(processes, "gateway")
        Server(processes, folder, "backend",
               ["dotnet", dll, f"--App={ports[0]}", f"--Cluster={ports[1]}", f"--Collector={ports[2]}"], self.collector)

    def bare_yarp(self):
        dll, address = build(self.processes, "tests/bench/BareYarp"), f"http://127.0.0.1:{free_ports(1)[0]}"
        return address, Server(
            self.processes, self.folder, "bare-yarp", ["dotnet", dll, f"--urls={address}", f"--Address={self.app}"], f"{address}/anything")

    def gateway(self, name, *settings, **environment):
        address, admin = (f"http://127.0.0.1:{port}" for port in free_ports(2))
        return address, Server(
            self.processes, self.folder, name,
            ["dotnet", self.gateway_dll, f"--Legacy:Address={self.app}", f"--Elasticsearch:Nodes:0={self.cluster}",
             f"--Kestrel:Endpoints:Http:Url={address}", f"--Admin:Url={admin}", "--Inspect:Traces=0",
             "--Logging:LogLevel:Default=Warning", *settings],  # faults are logged, requests are not
            f"{admin}/readyz", OTEL_EXPORTER_OTLP_ENDPOINT=self.collector, OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf", **environment)


# --- The comparisons: each returns its variants in the order of a round, and a function that says how they came out ------------

def compare_goals(bench):
    """The gateway beside bare YARP and Quart: what is compared stands side by side."""
    (bare, bare_server), (gateway, gateway_server) = bench.bare_yarp(), bench.gateway("gateway")
    quart_port = free_ports(1)[0]
    quart, quart_server = f"http://127.0.0.1:{quart_port}", start_quart(bench.processes, bench.folder, quart_port, bench.cluster)
    check_answers(bench.app, bench.cluster, bare, gateway, quart if quart_server else None)
    time.sleep(5)  # idle is a server that has served, and has come to rest
    variants = {
        "bare": Variant("bare YARP, proxied", bare_server, f"{bare}/anything"),
        "proxied": Variant("gateway, proxied, traced", gateway_server, f"{gateway}/anything"),
        "info": Variant("gateway `/`, traced", gateway_server, f"{gateway}/"),
    }
    if quart_server:
        variants["quart"] = Variant("Quart on uvicorn `/`", quart_server, f"{quart}/")
    return variants, ["proxied", "info"], goals


def compare_tracing(bench):
    """The gateway with every request traced and exported, with nothing sampled, and with OpenTelemetry off."""
    states = {
        "traced": bench.gateway("traced"),
        "unsampled": bench.gateway("unsampled", OTEL_TRACES_SAMPLER="always_off"),
        "off": bench.gateway("off", OTEL_SDK_DISABLED="true"),
    }
    paths = {"/anything": "proxied", "/": "`/`"}
    variants = {
        f"{state} {path}": Variant(f"{text}, {state}", server, address + path)
        for path, text in paths.items() for state, (address, server) in states.items()
    }

    def outcome(variants):
        for path, text in paths.items():
            for state in ("unsampled", "off"):
                yield ratio(f"CPU, {text}, traced / {state}", variants[f"traced {path}"].cpu, variants[f"{state} {path}"].cpu)

    return variants, ["traced /anything", "traced /"], outcome


def compare_single_flight(bench):
    """`/` at 64 connections, with one call for all that come at the same time, and with a call for each."""
    shared, alone = bench.gateway("shared"), bench.gateway("alone", "--Views:info:SingleFlight=false")
    variants = {
        "shared": Variant("`/`, single flight", shared[1], f"{shared[0]}/", connections=64),
        "alone": Variant("`/`, a call for each request", alone[1], f"{alone[0]}/", connections=64),
    }
    return variants, ["shared", "alone"], lambda v: [
        ratio("CPU at `/`, single flight / a call for each", v["shared"].cpu, v["alone"].cpu, GOAL_SHARED_CPU)]


def search_view(path, index):
    call = {"search": {"index": index, "body": {"query": {"term": {"tags": "{colour}"}}, "size": 64}}}
    return {"path": path, "elasticsearch": call, "answer": "hits"}


VIEWS = {"views": {"same": search_view("/same/{colour}", "products"), "changing": search_view("/changing/{colour}", "changing")}}


def compare_views(bench):
    """A search view of 10 KB that finds the same each time, or something else, and such bytes from the app through the same gateway."""
    with open(os.path.join(bench.folder, "views.json"), "w") as file:
        json.dump(VIEWS, file)
    gateway, server = bench.gateway("gateway", GATEWAY_CONFIG=bench.folder)
    page, same, *changing = (get(gateway + path) for path in ("/products", "/same/blue", "/changing/blue", "/changing/blue"))
    if same != page or changing[0] == changing[1] or {len(page)} != {len(body) for body in changing}:
        raise Failed("the views' bodies are not what the app's is")
    variants = {
        "proxied": Variant("10 KB from the app, proxied", server, f"{gateway}/products"),
        "same": Variant("10 KB from a search view, the same hits", server, f"{gateway}/same/blue"),
        "changing": Variant("10 KB from a search view, other hits each time", server, f"{gateway}/changing/blue"),
    }
    return variants, ["proxied", "same", "changing"], lambda v: [
        ratio("CPU, search view with the same hits / proxied", v["same"].cpu, v["proxied"].cpu, GOAL_VIEW_CPU),
        ratio("CPU, search view with other hits each time / proxied", v["changing"].cpu, v["proxied"].cpu, GOAL_VIEW_CPU)]


def compare_guard(bench):
    """The same build with its guard and without."""
    guarded, unguarded = bench.gateway("guarded"), bench.gateway("unguarded", "--Guard:Enabled=false")
    if status_of("TRACE", guarded[0]) != 405 or status_of("TRACE", unguarded[0]) == 405:
        raise Failed("the switch does not do what it says")
    variants = {
        "guarded": Variant("proxied, with the guard", guarded[1], f"{guarded[0]}/anything"),
        "unguarded": Variant("proxied, without", unguarded[1], f"{unguarded[0]}/anything"),
    }
    return variants, ["guarded", "unguarded"], lambda v: [
        ratio("CPU, with the guard / without", v["guarded"].cpu, v["unguarded"].cpu, GOAL_GUARD_CPU)]


COMPARISONS = {"goals": compare_goals, "tracing": compare_tracing, "single-flight": compare_single_flight, "views": compare_views,
               "guard": compare_guard}


def check_answers(app, cluster, bare, gateway, quart):
    """Servers are compared at the same work only: the same bytes proxied, the same document from the same cluster."""
    page = get(f"{app}/anything")
    for proxy in (bare, gateway):
        if get(f"{proxy}/anything") != page or len(page) != 480:
            raise Failed(f"{proxy}/anything is not the 480 bytes of the backend")
    info = json.loads(get(f"{cluster}/"))
    for server in filter(None, (gateway, quart)):
        if json.loads(get(f"{server}/")) != info:
            raise Failed(f"{server}/ is not the cluster's document")


# --- What is said ----------------------------------------------------------------------------------------------------

def say(text):
    print(text, file=sys.stderr, flush=True)


def spread(values, digits):
    middle, low, high = (f"{value:,.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
    return f"{middle} [{low}–{high}]"


def table(variants, markdown):
    rows = [["variant", "CPU µs/request", "requests/s", "MiB idle", "MiB after load"]]
    rows += [[v.name, spread(v.cpu, 1), spread(v.rate, 0), f"{v.idle:.0f}", spread(v.loaded, 0)] for v in variants.values()]
    return layout(rows, markdown)


def layout(rows, markdown):
    """Rows of text below a row of headings: the first column to the left, figures to the right."""
    if markdown:
        return "\n".join(f"| {' | '.join(row)} |" for row in [rows[0], ["---"] + ["---:"] * (len(rows[0]) - 1)] + rows[1:])
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join([row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]) for row in rows)


def ratio(what, over, under, goal=None, at_most=True):
    value = [a / b for a, b in zip(over, under)]
    median = round(statistics.median(value), 2)  # judged as it is printed
    if goal is None:
        return f"{what}: {spread(value, 2)}"
    met = median <= goal if at_most else median >= goal
    return f"{what}: {spread(value, 2)}, goal {'≤' if at_most else '≥'} {goal}: {'met' if met else 'missed'}"


def goals(variants):
    yield ratio("CPU, gateway proxied / bare YARP", variants["proxied"].cpu, variants["bare"].cpu, GOAL_CPU)
    if "quart" in variants:
        yield ratio("requests/s at `/`, gateway / Quart", variants["info"].rate, variants["quart"].rate, GOAL_RATE, at_most=False)
    else:
        yield f"requests/s at `/`, gateway / Quart: not measured, PEERS is not set (goal ≥ {GOAL_RATE})"
    idle = round(variants["proxied"].idle)
    yield f"idle memory of the gateway: {idle} MiB, goal ≤ {GOAL_IDLE_MIB} MiB: {'met' if idle <= GOAL_IDLE_MIB else 'missed'}"


def delivery(variant, per_request):
    share = variant.spans / (variant.requests * per_request)
    return (f"spans, {variant.name}: the collector took {variant.spans:,} for {variant.requests:,} requests of {per_request} spans each "
            f"({share:.0%}; what is missing did not fit the exporter's queue, or is a call that requests shared)")


def machine():
    with open("/proc/cpuinfo") as cpus:
        model = re.search(r"model name\s*:\s*(.+)", cpus.read())
    return f"{model[1] if model else platform.machine()}, {len(os.sched_getaffinity(0))} cores, Linux {platform.release()}"


def now_and_load():
    return f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC, load average before: {os.getloadavg()[0]:.1f}"


def circumstances(processes):
    dotnet = processes.run(["dotnet", "--version"], 30, cwd=ROOT).strip()
    return [
        f"{machine()}, .NET SDK {dotnet}",
        f"{now_and_load()}, {CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS} s, median [min–max]",
    ]


def measure(processes, folder, comparison, markdown):
    about = circumstances(processes)
    bench = Bench(processes, folder)
    say("starting the servers")
    variants, traced, outcome = COMPARISONS[comparison](bench)
    say("counting the spans of a request")
    traced = [(variants[name], spans_per_request(variants[name], bench.collector)) for name in traced]
    say("warm-up")
    for variant in variants.values():
        variant.warm_up(processes, bench.collector)
    for number in range(ROUNDS):
        say(f"round {number + 1} of {ROUNDS}")
        for variant in variants.values():
            time.sleep(0.5)
            variant.load(processes, bench.collector, counted=True)
    for variant, _ in traced:
        if variant.spans == 0:
            raise Failed(f"{variant.name}: no span reached the collector under load")

    lines = [*outcome(variants), "errors: none", *(delivery(variant, spans) for variant, spans in traced)]
    print("\n".join([*about, "", table(variants, markdown), "", *(f"- {line}" if markdown else line for line in lines)]))


def run(measure, *arguments):
    """Measures with processes and a folder that are gone afterwards; the exit code."""
    processes = Processes()
    folder = tempfile.mkdtemp(prefix="bench-")
    try:
        measure(processes, folder, *arguments)
    except (Failed, OSError) as failure:
        say(f"FAILED: {failure}")
        return 1
    finally:
        processes.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markdown", action="store_true", help="print the result as Markdown, for a README")
    parser.add_argument("comparison", nargs="?", choices=COMPARISONS, default="goals", help="; ".join(
        f"{name}: {' '.join(function.__doc__.split())}" for name, function in COMPARISONS.items()))
    arguments = parser.parse_args()
    return run(measure, arguments.comparison, arguments.markdown)


if __name__ == "__main__":
    sys.exit(main())
