using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Tracing;

/// <summary>
/// Opens the connections of the gateway's clients, each with an identity of its own, and knows which request rides on which.
/// </summary>
/// <remarks>
/// How it knows. .NET opens a connection inside an activity <c>HTTP connection_setup</c> and calls back for the socket, so the
/// connection learns its setup span there. Over HTTP/1.1 every byte of a request is written in the request's own asynchronous flow,
/// under TLS too, so the first write under an activity not seen before is the next request on that connection: the position at
/// which the server reads it. Over HTTP/2 a loop writes for all requests; there .NET's own event at the hand-over counts
/// (<see cref="Http2Requests"/>).
/// </remarks>
internal sealed class TracedConnections(SpanPipeline pipeline, ConnectionRegistry registry, GatewayMetrics metrics) : IDisposable
{
    private readonly SerialIds _ids = new();
    private readonly Lock _starting = new();
    private Http2Requests? _http2;

    /// <summary>
    /// Lets the handler open its connections here. <paramref name="peer"/> says whom it talks to, in few words; the metrics of a
    /// database have names of their own, and a request that is sent again is a second attempt.
    /// </summary>
    public void Trace(SocketsHttpHandler handler, string peer, bool isDatabase = false, bool areResends = false) =>
        handler.ConnectCallback = (context, cancellation) => ConnectAsync(context, peer, isDatabase, areResends, cancellation);

    private async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, string peer, bool isDatabase, bool areResends, CancellationToken cancellation)
    {
        Activity? setup = Activity.Current is { OperationName: Sources.ConnectionSetup } current ? current : null;
        bool http2 = MayBeHttp2(context.InitialRequestMessage);
        if (http2)
        {
            ListenToHttp2();
        }

        // What SocketsHttpHandler itself does without a callback: both address families, no delay.
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            // The socket keeps it. .NET asks for it next; where the other side has reset the connection by then, what that throws is a bare
            // SocketException to whoever sent the request, and thrown here it is the failure to connect that it is.
            _ = socket.RemoteEndPoint;
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        string address = Address(context.InitialRequestMessage, context.DnsEndPoint);
        var identity = new ConnectionIdentity(_ids.Next(), peer, setup, address, pipeline, metrics)
        {
            IsHttp2 = http2,
            AreResends = areResends,
            DatabasePool = isDatabase ? $"{address}:{context.DnsEndPoint.Port}" : null,
        };
        identity.Opened();
        if (setup is null)
        {
            return new TracedStream(socket, identity, identity.Closed);
        }

        registry.Opened(setup.SpanId, identity);
        return new TracedStream(socket, identity, () =>
        {
            identity.Closed();
            registry.Closed(setup.SpanId);
        });
    }

    public void Dispose() => _http2?.Dispose();

    private void ListenToHttp2()
    {
        if (_http2 is null)
        {
            lock (_starting)
            {
                _http2 ??= new Http2Requests(registry);
            }
        }
    }

    /// <summary>Whether the connection may speak HTTP/2: without TLS, where nothing is negotiated, only where that is insisted on.</summary>
    private static bool MayBeHttp2(HttpRequestMessage request) =>
        request.RequestUri?.Scheme == Uri.UriSchemeHttps
            ? request.Version.Major > 1 || request.VersionPolicy == HttpVersionPolicy.RequestVersionOrHigher
            : request.Version.Major > 1 && request.VersionPolicy != HttpVersionPolicy.RequestVersionOrLower;

    /// <summary>
    /// The configured address: .NET names the Host field, which is the client's where it is passed on, and would make a series in
    /// every metric for each Host that anybody sends.
    /// </summary>
    private static string Address(HttpRequestMessage request, DnsEndPoint endpoint) => request.RequestUri?.IdnHost ?? endpoint.Host;
}
