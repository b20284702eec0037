"""The legacy app of the demo: a small Flask app with the fault that Loopgate is there for."""
import os

from elasticsearch import AsyncElasticsearch
from flask import Flask, Response, jsonify

from loop_probe import LoopProbe

app = Flask(__name__)

# The fault. This client lives as long as the process, but it binds to the event loop of the first request that
# uses it, and Flask runs every async view in a new loop: from the second request on, "Event loop is closed".
es = AsyncElasticsearch(os.environ.get("ELASTICSEARCH_URL", "http://localhost:9200"))


@app.get("/")
async def info():
    return jsonify(**(await es.info()))


@app.get("/hello")
async def hello():
    """Async without Elasticsearch: it works, but each request pays for a loop of its own."""
    return jsonify(hello="world")


@app.get("/plain")
def plain():
    """No async, no loop."""
    return Response("plain\n", mimetype="text/plain")


app.wsgi_app = LoopProbe(app.wsgi_app)
