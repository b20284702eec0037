using System.Diagnostics;

namespace Gateway.Tracing;

/// <summary>
/// Makes sure that every outgoing request has an activity, sampled or not, since a connection counts all its requests. For those that
/// nobody samples it is an empty one.
/// </summary>
internal sealed class HttpClientListener : IDisposable
{
    private readonly ActivityListener _listener = new()
    {
        ShouldListenTo = static source => source.Name is Sources.HttpClient or Sources.HttpConnections,
        Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
    };

    public HttpClientListener() => ActivitySource.AddActivityListener(_listener);

    public void Dispose() => _listener.Dispose();
}
