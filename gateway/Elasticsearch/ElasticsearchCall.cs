using Gateway.Responding;

namespace Gateway.Elasticsearch;

/// <summary>A read call: its operation's name in Elasticsearch's own words, and its target below a node's URL, without a leading slash.</summary>
internal readonly record struct ElasticsearchCall(string Operation, string Target);

/// <summary>What came of a call: the JSON that the cluster sent, or why there is none.</summary>
internal readonly record struct ElasticsearchResult(ReadOnlyMemory<byte> Json, Outcome? Failure = null, TimeSpan? RetryAfter = null);
