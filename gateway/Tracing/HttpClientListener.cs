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
        // .NET puts the exception on the client's span as an event, and its text quotes what the other side sent: bytes of the app's.
        ExceptionRecorder = static (Activity _, Exception failure, ref TagList tags) =>
        {
            tags.Add("exception.message", failure is HttpRequestException { HttpRequestError: var error } ? error.ToString() : failure.GetType().Name);
            tags.Add("exception.stacktrace", "");
        },
        Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
    };

    public HttpClientListener() => ActivitySource.AddActivityListener(_listener);

    public void Dispose() => _listener.Dispose();
}
