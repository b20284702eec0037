namespace Gateway.Elasticsearch;

/// <summary>How one request to one node ended.</summary>
internal enum NodeResult
{
    /// <summary>The node answered, with whatever status.</summary>
    Answered,

    /// <summary>No connection: refused, reset, no such name, TLS failed.</summary>
    Unreachable,

    /// <summary>The node broke off, or did not speak HTTP.</summary>
    Broken,

    /// <summary>The answer is longer than we take; another node would send the same.</summary>
    TooLarge,

    /// <summary>The time for this attempt is over.</summary>
    TooSlow,

    /// <summary>Nothing was sent, for as many requests as may wait for a connection already.</summary>
    NotSent,
}

/// <summary>
/// What came of one request to one node; where it did not answer, <paramref name="Reason"/> is for the log and <paramref name="Cause"/>
/// one of <see cref="Causes"/>, if it is known.
/// </summary>
internal readonly record struct NodeAnswer(
    NodeResult Result,
    int Status = 0,
    ReadOnlyMemory<byte> Body = default,
    string? ContentType = null,
    string? ContentEncoding = null,
    string? Product = null,
    TimeSpan? RetryAfter = null,
    string? Reason = null,
    string? Cause = null);
