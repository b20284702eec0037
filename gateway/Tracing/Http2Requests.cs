using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Tracing;

namespace Gateway.Tracing;

/// <summary>
/// Counts the requests of HTTP/2 connections by .NET's event <c>RequestHeadersStart</c>, which is raised in the request's flow right
/// after the link to the connection's setup span was added. Listens only once some client speaks HTTP/2: every event has its price.
/// </summary>
internal sealed class Http2Requests
{
    private readonly ConcurrentDictionary<ActivitySpanId, ConnectionIdentity> _open = new();
    private readonly Lock _starting = new();
    private Listener? _listener;

    /// <summary>How many connections are known now.</summary>
    public int Count => _open.Count;

    public void Start()
    {
        if (_listener is null)
        {
            lock (_starting)
            {
                _listener ??= new Listener(this);
            }
        }
    }

    public void Opened(ActivitySpanId setup, ConnectionIdentity connection) => _open[setup] = connection;

    public void Closed(ActivitySpanId setup) => _open.TryRemove(setup, out _);

    private void HandedOver(Activity request)
    {
        ActivitySpanId setup = default;
        foreach (ref readonly ActivityLink link in request.EnumerateLinks())
        {
            setup = link.Context.SpanId;
        }

        if (_open.TryGetValue(setup, out ConnectionIdentity? connection))
        {
            connection.Carry(request);
        }
    }

    private sealed class Listener(Http2Requests owner) : EventListener
    {
        private const string SourceName = "System.Net.Http";

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == SourceName)
            {
                EnableEvents(eventSource, EventLevel.Informational);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.EventName == "RequestHeadersStart" && Activity.Current is { OperationName: Sources.HttpRequestOut } request)
            {
                owner.HandedOver(request);
            }
        }
    }
}
