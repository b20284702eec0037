namespace Gateway.Tests.Truth;

/// <summary>How the requests of a run ended for their clients.</summary>
internal sealed class Tally
{
    /// <summary>With an answer, of the app's or the gateway's.</summary>
    public int Answered;

    /// <summary>As a WebSocket over which something was said, or which the client broke off.</summary>
    public int Talked;

    /// <summary>The client did not wait for the end.</summary>
    public int Left;

    /// <summary>The answer, or the WebSocket, was cut short.</summary>
    public int BrokenOff;

    public override string ToString() => $"for their clients {Answered} ended with an answer, {Talked} as a WebSocket, {BrokenOff} cut short, {Left} by leaving";
}
