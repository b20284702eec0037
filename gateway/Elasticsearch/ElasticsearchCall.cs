using System.Diagnostics;
using Gateway.Responding;

namespace Gateway.Elasticsearch;

/// <summary>
/// A read call: its operation's name in Elasticsearch's own words, its target below a node's URL, without a leading slash, the JSON
/// that is sent with it, if any, and the index or alias that it reads, if it reads one.
/// </summary>
internal readonly record struct ElasticsearchCall(string Operation, string Target, ReadOnlyMemory<byte> Body = default, string? Collection = null)
{
    /// <summary>Two calls that send the same request, and so may share one.</summary>
    public static IEqualityComparer<ElasticsearchCall> SameRequest { get; } = EqualityComparer<ElasticsearchCall>.Create(
        static (one, other) => one.Target == other.Target && one.Body.Span.SequenceEqual(other.Body.Span),
        static call =>
        {
            var hash = default(HashCode);
            hash.Add(call.Target);
            hash.AddBytes(call.Body.Span);
            return hash.ToHashCode();
        });

    /// <summary>Elasticsearch reads by GET; what has a body goes by POST, since a body of a GET has no meaning of its own in HTTP (RFC 9110 §9.3.1).</summary>
    public HttpMethod Method => Body.IsEmpty ? HttpMethod.Get : HttpMethod.Post;
}

/// <summary>What came of a call: the JSON that the cluster sent, or why there is none; and the call's span, for who links to it.</summary>
internal readonly record struct ElasticsearchResult(
    ReadOnlyMemory<byte> Json, Outcome? Failure = null, TimeSpan? RetryAfter = null, ActivityContext Span = default);
