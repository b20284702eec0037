"""The views of loop_trouble.py at /trouble/<name>, behind the probe: a factory for each framework.

    gunicorn "trouble_apps:flask()"    hypercorn "trouble_apps:quart()"    uvicorn --factory trouble_apps:fastapi
"""
from loop_probe import AsgiLoopProbe, LoopProbe
from loop_trouble import VIEWS


async def _answer(name):
    await VIEWS[name]()
    return "answered\n"


def _flask():
    from flask import Flask, Response, request

    app = Flask(__name__)
    app.get("/trouble/<name>", endpoint="trouble")(_answer)

    @app.get("/said")
    def said():
        return Response("said\n", headers=[("X-Loop", value) for value in request.args.getlist("field")])

    return app


def flask():
    app = _flask()
    app.wsgi_app = LoopProbe(app.wsgi_app)
    return app


def flask_asgi():
    from asgiref.wsgi import WsgiToAsgi

    return AsgiLoopProbe(WsgiToAsgi(_flask()))


def _configure_django():
    from django.conf import settings
    from django.http import HttpResponse
    from django.urls import path

    async def trouble(request, name):
        return HttpResponse(await _answer(name))

    settings.configure(SECRET_KEY="not a secret", ALLOWED_HOSTS=["*"], ROOT_URLCONF=(path("trouble/<name>", trouble),))


def django():
    _configure_django()
    from django.core.wsgi import get_wsgi_application

    return LoopProbe(get_wsgi_application())


def django_asgi():
    _configure_django()
    from django.core.asgi import get_asgi_application

    return AsgiLoopProbe(get_asgi_application())


def quart():
    from quart import Quart

    app = Quart(__name__)
    app.get("/trouble/<name>", endpoint="trouble")(_answer)
    app.asgi_app = AsgiLoopProbe(app.asgi_app)
    return app


def fastapi():
    from fastapi import FastAPI

    app = FastAPI()
    app.get("/trouble/{name}")(_answer)
    return AsgiLoopProbe(app)
