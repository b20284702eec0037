namespace Gateway.Elasticsearch;

/// <summary>The time that several requests have together: all attempts of one call, or what one attempt has to send twice.</summary>
internal readonly struct Budget(TimeProvider time, TimeSpan total)
{
    /// <summary>Timers end up to some milliseconds early; what is left then is not worth an attempt.</summary>
    private static readonly TimeSpan _shortestAttempt = TimeSpan.FromMilliseconds(10);

    private readonly long _started = time.GetTimestamp();

    public bool IsSpent => Left < _shortestAttempt;

    private TimeSpan Left => total - time.GetElapsedTime(_started);

    /// <summary>How long the next attempt may take: as long as any may, or what is left.</summary>
    public TimeSpan ForAttempt(TimeSpan longest)
    {
        TimeSpan left = Left;
        return left < TimeSpan.Zero ? TimeSpan.Zero : left < longest ? left : longest;
    }
}
