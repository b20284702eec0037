"""The app of the README's example: views that read products from Elasticsearch. views.json beside it moves them into the gateway.

Its client is the synchronous one, which works in every request, so that what the app sends can be held against what the gateway sends.
"""
import os

from elasticsearch import Elasticsearch
from flask import Flask, jsonify, request

app = Flask(__name__)
es = Elasticsearch(os.environ.get("ELASTICSEARCH_URL", "http://localhost:9200"))


@app.get("/products/<id>")
def product(id):
    return jsonify(es.get(index="products", id=id)["_source"])


@app.get("/products/<id>/stored")
def stored(id):
    """With what Elasticsearch says about the document."""
    return jsonify(es.get(index="products", id=id).body)


@app.get("/products")
def search():
    """Products by words of their name, the cheapest first."""
    found = es.search(
        index="products",
        query={"bool": {
            "must": [{"match": {"name": request.args["q"]}}],
            "filter": [{"range": {"price": {"lte": request.args.get("most", 1e9, type=float)}}}],
        }},
        sort=[{"price": "asc"}],
        size=request.args.get("size", 10, type=int),
    )
    return jsonify([hit["_source"] for hit in found["hits"]["hits"]])


@app.get("/products/count")
def count():
    found = es.count(index="products", query={"term": {"color": request.args["color"]}})
    return jsonify(found.body)


@app.get("/by-template/<words>")
def by_template(words):
    found = es.search_template(index="products", id="products-by-name", params={"words": words, "size": 5})
    return jsonify([hit["_source"] for hit in found["hits"]["hits"]])
