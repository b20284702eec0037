namespace Gateway.Legacy;

/// <summary>A request on its way, over which the handler before the pool and the connection's stream, which know nothing of each other, meet.</summary>
/// <param name="upload">Its body, where it is watched.</param>
internal sealed class SentRequest(Upload? upload)
{
    private static readonly AsyncLocal<SentRequest?> _current = new();

    /// <summary>The one that is being sent in this flow.</summary>
    public static SentRequest? Current
    {
        get => _current.Value;
        set => _current.Value = value;
    }

    public Upload? Upload => upload;

    /// <summary>The HTTP/1.1 connection to which it was written last; null where there is none yet, or it speaks HTTP/2.</summary>
    public AppStream? Connection { get; set; }
}
