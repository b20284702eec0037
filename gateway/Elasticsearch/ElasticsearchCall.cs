using Gateway.Responding;

namespace Gateway.Elasticsearch;

/// <summary>
/// A read call: its operation's name in Elasticsearch's own words, its target below a node's URL, without a leading slash, the JSON
/// that is sent with it, if any, and the index or alias that it reads, if it reads one.
/// </summary>
internal readonly record struct ElasticsearchCall(string Operation, string Target, ReadOnlyMemory<byte> Body = default, string? Collection = null)
{
    /// <summary>Elasticsearch reads by GET; what has a body goes by POST, since a body of a GET has no meaning of its own in HTTP (RFC 9110 §9.3.1).</summary>
    public HttpMethod Method => Body.IsEmpty ? HttpMethod.Get : HttpMethod.Post;
}

/// <summary>What came of a call: the JSON that the cluster sent, or why there is none.</summary>
internal readonly record struct ElasticsearchResult(ReadOnlyMemory<byte> Json, Outcome? Failure = null, TimeSpan? RetryAfter = null);
