using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gateway.Connections;
using Gateway.Tracing;

namespace Gateway.Elasticsearch;

/// <summary>The pool of connections to the nodes: traced, bounded, and with TLS of our own making; a stale one costs its call nothing.</summary>
internal static class ClusterHandler
{
    private const string Peer = "elasticsearch";

    public static HttpMessageHandler Create(ElasticsearchOptions options, TracedConnections connections, ILogger logger)
    {
        var tls = new ClusterTls(options, logger);
        SocketsHttpHandler fresh = Create(options, tls, connections, areResends: true);
        fresh.PooledConnectionLifetime = TimeSpan.Zero;
        // All calls only read.
        return new ResendingHandler(Create(options, tls, connections, areResends: false), fresh, static _ => true, logger);
    }

    private static SocketsHttpHandler Create(ElasticsearchOptions options, ClusterTls tls, TracedConnections connections, bool areResends)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = options.ConnectTimeout,
            MaxConnectionsPerServer = options.MaxConnectionsPerNode,
            PooledConnectionIdleTimeout = options.PooledConnectionIdleTimeout,
            PooledConnectionLifetime = options.PooledConnectionLifetime,
            PlaintextStreamFilter = static (connection, _) => ValueTask.FromResult<Stream>(new AnsweredStream(connection.PlaintextStream)),
        };
        connections.Trace(handler, Peer, isDatabase: true, areResends);
        Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect = handler.ConnectCallback!;
        handler.ConnectCallback = async (context, cancellation) =>
        {
            Stream connection = await connect(context, cancellation);
            if (context.InitialRequestMessage.RequestUri?.Scheme != Uri.UriSchemeHttps)
            {
                return connection;
            }

            // .NET makes TLS of a connection by itself, but takes its settings once for all connections; what is TLS already it takes as
            // it is, and asks only a bare connection for its address.
            Activity.Current?.SetTag(Names.NetworkPeerAddress, AddressOf(connection));
            return await tls.AuthenticateAsync(connection, context.DnsEndPoint.Host, cancellation);
        };
        return handler;
    }

    private static string? AddressOf(Stream connection) =>
        connection is NetworkStream { Socket.RemoteEndPoint: IPEndPoint peer } ? peer.Address.ToString() : null;
}
