"""Apps that refuse a body without reading it: one line of WSGI and one of ASGI, as an app's own limit of a body's size would."""

_TEXT = b"too large\n"


def wsgi(environ, start_response):
    start_response("413 Content Too Large", [("Content-Type", "text/plain"), ("Content-Length", str(len(_TEXT)))])
    return [_TEXT]


async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(_TEXT)).encode())]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": _TEXT})
