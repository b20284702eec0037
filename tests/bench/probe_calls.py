"""Calls small apps without a server, with the probe or without it: the probe wraps the standard library, so each takes a process of its own.

For each line "<app> <count>" of its input it prints the CPU seconds of that many requests. Called by probe.py.
"""
import asyncio
import sys
import time

from asgiref.sync import async_to_sync

BODY = b'{"answer": 42}\n'
FIELDS = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]
ENVIRON = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "QUERY_STRING": "", "SERVER_PROTOCOL": "HTTP/1.1"}
SCOPE = {
    "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": "GET", "scheme": "http",
    "path": "/", "raw_path": b"/", "query_string": b"", "root_path": "", "headers": [(b"host", b"localhost")],
    "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 50000), "state": {},
}


async def view():
    return BODY


def sync_app(environ, start_response):
    start_response("200 OK", FIELDS)
    return [BODY]


def async_app(environ, start_response):
    body = async_to_sync(view)()    # what Flask and Django do with an async view
    start_response("200 OK", FIELDS)
    return [body]


async def asgi_app(scope, receive, send):
    body = await view()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})


def wsgi_seconds(app, count):
    def start_response(status, headers, exc_info=None):
        pass

    before = time.process_time()
    for _ in range(count):
        app(dict(ENVIRON), start_response)
    return time.process_time() - before


async def asgi_seconds(app, count):
    async def receive():
        return {"type": "http.request"}

    async def send(message):
        pass

    before = time.process_time()
    for _ in range(count):
        await app(dict(SCOPE), receive, send)
    return time.process_time() - before


def main():
    apps = {"sync": sync_app, "async": async_app, "asgi": asgi_app}
    if sys.argv[1:] == ["probe"]:
        from loop_probe import AsgiLoopProbe, LoopProbe
        apps = {"sync": LoopProbe(sync_app), "async": LoopProbe(async_app), "asgi": AsgiLoopProbe(asgi_app)}
    for line in sys.stdin:
        name, count = line.split()
        seconds = asyncio.run(asgi_seconds(apps[name], int(count))) if name == "asgi" else wsgi_seconds(apps[name], int(count))
        print(seconds, flush=True)


if __name__ == "__main__":
    main()
