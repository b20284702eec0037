namespace Gateway.Tracing;

/// <summary>
/// The gateway's counterpart of a Python event loop: this process, which lives as long as its requests do and never makes another.
/// </summary>
internal sealed class GatewayLoop
{
    private long _uses;

    public string Id { get; } = new SerialIds().Next();

    /// <summary>Counts one more request that ran here and returns which one it was.</summary>
    public long Use() => Interlocked.Increment(ref _uses);
}
