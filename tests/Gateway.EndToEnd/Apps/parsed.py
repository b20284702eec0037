"""What a server made of a request, as JSON, whatever the path: under WSGI and under ASGI, without a framework between.

    gunicorn parsed:wsgi    uvicorn parsed:asgi
"""
import hashlib
import json


def _answer(seen, body):
    seen["length"] = len(body)
    seen["sha256"] = hashlib.sha256(body).hexdigest()
    return json.dumps(seen).encode()


def wsgi(environ, start_response):
    fields = [[key, value] for key, value in sorted(environ.items())
              if key.startswith("HTTP_") or key in ("CONTENT_TYPE", "CONTENT_LENGTH")]
    seen = {"method": environ["REQUEST_METHOD"], "target": environ["RAW_URI"], "path": environ["PATH_INFO"],
            "query": environ["QUERY_STRING"], "fields": fields}
    answer = _answer(seen, environ["wsgi.input"].read())
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]


async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    seen = {"method": scope["method"], "target": scope["raw_path"].decode("latin-1"), "path": scope["path"],
            "query": scope["query_string"].decode("latin-1"),
            "fields": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]]}
    answer = _answer(seen, body)
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]})
    await send({"type": "http.response.body", "body": answer})
