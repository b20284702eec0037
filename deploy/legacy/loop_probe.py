"""Tells, in a response header, which asyncio event loops a request ran on and how often each was used.

    X-Loop: id=9f3c21aa.17;use=1                                                one loop, made for this request
    X-Loop: id=9f3c21aa.18;use=1, id=9f3c21aa.19;use=1                          two loops in one request
    X-Loop: id=9f3c21aa.20;use=1;error="Event loop is closed";dead=9f3c21aa.1   the view died (status >= 500):
                                                            its client is bound to loop .1, and that is closed
    X-Loop: id=9f3c21aa.21;use=1;caught="Event loop is closed"                  the app answered all the same
    X-Loop: id=none;error="from a running event loop"                           it died before any loop ran
    X-Loop: id=77e0b1c4.1;use=812                                               one loop for all requests (ASGI)

One file, no dependencies, Python 3.8 or later. One line puts it in, outside of every other middleware:

    app.wsgi_app = LoopProbe(app.wsgi_app)      Flask           application = LoopProbe(application)     Django
    app = AsgiLoopProbe(app)                    FastAPI, WsgiToAsgi, Django on ASGI
    app.asgi_app = AsgiLoopProbe(app.asgi_app)  Quart

An id is eight random hex digits for the process and a serial; id(loop) would not do, since CPython gives a freed
loop's address to the next one. A request that ran on no loop and met no such error gets no header.

The probe never changes an answer otherwise: whatever fails in here fails silently, and the header is left out.
It reports fixed phrases only, never an exception's whole text, which may hold anything.

What it cannot see: loops that start after the response's headers (while a body is streamed, or in a WSGI app that
is itself a generator); a uvloop loop of the app's own that it keeps and runs again; which loop is dead where that
is a uvloop loop; a 500 that the server makes by itself, because the exception left the app, has no header at all.
"""
import asyncio
import contextvars
import functools
import itertools
import logging
import os
import re
import sys
import threading
import weakref
from asyncio import base_events, events, tasks
from concurrent.futures import ThreadPoolExecutor

MAX_LOOPS = 8       # the gateway ignores a header with more loops,
MAX_BYTES = 1024    # or a longer one

# What asyncio, asgiref, aiohttp and uvloop say when something is used in, or from, the wrong loop.
_TROUBLE = re.compile(
    r"Event loop is closed"
    r"|attached to a different loop"
    r"|bound to a different event loop"
    r"|from a running event loop"
    r"|in the same thread as an async event loop"
    r"|while another loop is running"
    r"|event loop is already running"
    r"|should be used inside a task")

_current = contextvars.ContextVar("loop_probe", default=None)   # the _Request that this code runs for


class _Process:
    """All loops that this process has met. A forked child starts anew: its loops are not its parent's."""

    def __init__(self):
        self.name = os.urandom(4).hex()
        self.serials = itertools.count(1)
        self.loops = weakref.WeakKeyDictionary()    # loop -> [id, uses]; the probe keeps no loop alive
        self.lock = threading.RLock()   # re-entrant: the garbage collector may call into here from inside here

    def entry(self, loop):
        entry = self.loops.get(loop)
        if entry is None:
            entry = self.loops[loop] = ["%s.%d" % (self.name, next(self.serials)), 0]
        return entry


_process = _Process()


def _forked():
    global _process
    _process = _Process()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


class _Request:
    """What the probe has learned while one request was served."""

    def __init__(self):
        self.process, self.uses, self.trouble, self.dead = _process, {}, None, None

    def ran_on(self, loop):
        with self.process.lock:
            # A job that outlives its request may make loops for ever; it must not fill the memory with them.
            if len(self.uses) < MAX_LOOPS:
                entry = self.process.entry(loop)
                if entry[0] not in self.uses:
                    entry[1] += 1
                    self.uses[entry[0]] = entry[1]

    def failed(self, error, loop=None):
        found = _TROUBLE.search(str(error)[:2000])
        if found and self.trouble is None:
            with self.process.lock:
                self.trouble = found.group()
                self.dead = self.process.entry(loop)[0] if loop is not None else None

    def failed_with(self, error):
        """An exception with those that led to it: clients wrap what they get."""
        for _ in range(10):     # chains can be circles
            if error is None:
                return
            self.failed(error)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)

    def header(self, status):
        if status >= 500:
            self.failed_with(sys.exc_info()[1])     # Starlette answers from inside its except clause, logs nothing
        if not self.uses and self.trouble is None:
            return ""                               # most requests of a WSGI app: not worth the lock
        with self.process.lock:
            text = ", ".join(["id=%s;use=%d" % use for use in self.uses.items()])
            if self.trouble:
                text = "%s;%s=%s" % (text or "id=none", "error" if status >= 500 else "caught", _quoted(self.trouble))
                if self.dead:
                    text += ";dead=" + self.dead
        return text if len(text) <= MAX_BYTES else ""


def _quoted(text):
    """A quoted string of HTTP: printable ASCII, backslash and quote escaped, not too long."""
    text = "".join(c if " " <= c <= "~" else "?" for c in text[:128])
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


def _quietly(function, *args):
    try:
        return function(*args)
    except Exception:   # noqa: BLE001  a probe is no reason for a 500
        return None


class LoopProbe:
    """Around a WSGI app."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        if _current.get() is not None:      # an AsgiLoopProbe further out reports for this request
            return self.app(environ, start_response)
        request = _Request()

        def start(status, headers, *exc_info):
            text = _quietly(lambda: request.header(int(status[:3])))
            return start_response(status, [*headers, ("X-Loop", text)] if text else headers, *exc_info)

        return _for(request, self.app, environ, start)


class AsgiLoopProbe:
    """Around an ASGI app. Lifespan and WebSocket scopes pass untouched."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        # The mark is in the scope, not in the context: uvicorn may start a request inside the last one's context.
        if scope["type"] != "http" or "loop_probe" in scope:
            return await self.app(scope, receive, send)
        request = _Request()
        _quietly(lambda: request.ran_on(asyncio.get_running_loop()))    # trio has none

        async def start(message):
            if message["type"] == "http.response.start":
                text = _quietly(lambda: request.header(message["status"]))
                if text:
                    header = (b"x-loop", text.encode("ascii"))
                    message = dict(message, headers=[*message.get("headers", ()), header])
            await send(message)

        token = _current.set(request)
        try:
            await self.app(dict(scope, loop_probe=True), receive, start)
        finally:
            _current.reset(token)


def _for(request, function, /, *args, **kwargs):
    token = _current.set(request)
    try:
        return function(*args, **kwargs)
    finally:
        _current.reset(token)


# Under WSGI a loop is made, run and thrown away inside the view, where no middleware sees it. So a few functions
# of the standard library are wrapped, once, at import. Outside of a request each costs one look at a context
# variable. Wrappers take their own arguments by position only: **kwargs belong to the app and may have any name.

def _wrap(owner, name, make):
    original = getattr(owner, name)
    setattr(owner, name, functools.wraps(original)(make(original)))


def _new_event_loop(original):      # asyncio.run() and asgiref take their loops here, uvloop's included
    def new_event_loop():
        loop = original()
        request = _current.get()
        if request is not None:
            _quietly(request.ran_on, loop)
        return loop
    return new_event_loop


def _run_forever(original):         # also under run_until_complete(): a loop that the app kept and runs again
    def run_forever(self):
        request = _current.get()
        if request is not None:
            _quietly(request.ran_on, self)
        return original(self)
    return run_forever


def _run_coroutine_threadsafe(original):    # the cure many apps choose: one loop for all, in a thread of its own
    def run_coroutine_threadsafe(coro, loop):
        request = _current.get()
        if request is not None:
            _quietly(request.ran_on, loop)
        return original(coro, loop)
    return run_coroutine_threadsafe


def _submit(original):      # asgiref runs the view's loop in a pool's thread, and contexts do not cross by themselves
    def submit(self, fn, /, *args, **kwargs):
        request = _current.get()
        if request is None:
            return original(self, fn, *args, **kwargs)
        return original(self, _for, request, fn, *args, **kwargs)
    return submit


def _check_closed(original):        # where "Event loop is closed" is raised, and the one place that knows which loop
    def check_closed(self):         # called for every callback: nothing here but in the bad case
        try:
            original(self)
        except RuntimeError as error:
            request = _current.get()
            if request is not None and not _quietly(_in_finalizer):
                _quietly(request.failed, error, self)
            raise
    return check_closed


def _in_finalizer():
    """Left-over connections of an earlier request are closed whenever the collector runs: not this one's fault."""
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


def _handle(original):      # the other texts: frameworks log the exception that they turn into a 500
    def handle(self, record):
        request = _current.get()
        if request is not None and isinstance(record.exc_info, tuple):
            _quietly(request.failed_with, record.exc_info[1])
        return original(self, record)
    return handle


_wrap(events, "new_event_loop", _new_event_loop)
asyncio.new_event_loop = events.new_event_loop
_wrap(tasks, "run_coroutine_threadsafe", _run_coroutine_threadsafe)
asyncio.run_coroutine_threadsafe = tasks.run_coroutine_threadsafe
_wrap(base_events.BaseEventLoop, "run_forever", _run_forever)
_wrap(base_events.BaseEventLoop, "_check_closed", _check_closed)
_wrap(ThreadPoolExecutor, "submit", _submit)
_wrap(logging.Logger, "handle", _handle)
