namespace Gateway.EndToEnd.Hosting;

/// <summary>What a Server span says of the loop that ran its request; null is an attribute that it does not have.</summary>
public sealed record LoopOnSpan(string? Id, string? Use, string? Reused, string? Count = null, string? Error = null, string? Dead = null)
{
    public static LoopOnSpan None { get; } = new(null, null, null);

    /// <summary>The part of the id that is the process's.</summary>
    public string? Process => Id?.Split('.')[0];

    public static LoopOnSpan Of(Span span) => new(
        span["loopgate.loop.id"],
        span["loopgate.loop.use"],
        span["loopgate.loop.reused"],
        span["loopgate.loop.count"],
        span["loopgate.loop.error"],
        span["loopgate.loop.dead"]);

    /// <summary>A loop that was made for its request.</summary>
    public static LoopOnSpan Fresh(string? id) => new(id, "1", "false");
}
