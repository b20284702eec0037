using System.Diagnostics;
using System.Diagnostics.Tracing;

namespace Gateway.Tracing;

/// <summary>
/// Counts the requests of HTTP/2 connections by .NET's event <c>RequestHeadersStart</c>, which is raised in the request's flow right
/// after the link to the connection's setup span was added. Made only once some client speaks HTTP/2: every event has its price.
/// </summary>
internal sealed class Http2Requests(ConnectionRegistry connections) : EventListener
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
        if (eventData.EventName == "RequestHeadersStart"
            && Activity.Current is { OperationName: Sources.HttpRequestOut } request
            && connections.Current(request) is { IsHttp2: true } connection)
        {
            connection.Carry(request);
        }
    }
}
