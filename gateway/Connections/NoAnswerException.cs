namespace Gateway.Connections;

/// <summary>A connection ended, by a close or a reset, after a request was written to it and before a byte of an answer came.</summary>
internal sealed class NoAnswerException(bool wasReused, Exception? reason)
    : HttpIOException(HttpRequestError.ResponseEnded, "The connection ended before the answer began.", reason)
{
    /// <summary>Whether it had carried a request before: then its peer may have given it up before it saw this one.</summary>
    public bool WasReused => wasReused;
}
