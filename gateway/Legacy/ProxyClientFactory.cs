using System.Collections.Frozen;
using System.Text;
using Gateway.Connections;
using Gateway.Tracing;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Legacy;

/// <summary>YARP's factory of HTTP clients, with traced connections, and the pool settings and time limits that YARP lacks.</summary>
internal sealed class ProxyClientFactory(ILoggerFactory loggers, TracedConnections connections, LegacyOptions options)
    : ForwarderHttpClientFactory(loggers.CreateLogger<ForwarderHttpClientFactory>())
{
    private static readonly FrozenSet<HttpMethod> _idempotent =
        FrozenSet.Create(HttpMethod.Get, HttpMethod.Head, HttpMethod.Options, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Trace);

    private readonly ILogger _log = loggers.CreateLogger("Gateway.Legacy");

    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        connections.Trace(handler, context.ClusterId);
        handler.PlaintextStreamFilter = static (connection, _) => ValueTask.FromResult(
            connection.NegotiatedHttpVersion.Major > 1 ? connection.PlaintextStream : new AppStream(connection.PlaintextStream));
        // As Kestrel reads and writes fields here: a byte is a character. Without it, .NET sends no field that is not ASCII.
        handler.RequestHeaderEncodingSelector ??= static (_, _) => Encoding.Latin1;
        handler.ResponseHeaderEncodingSelector ??= static (_, _) => Encoding.Latin1;
        ExchangeOptions exchange = OptionsOf(context);
        handler.ConnectTimeout = exchange.ConnectTimeout;
        handler.PooledConnectionIdleTimeout = exchange.PooledConnectionIdleTimeout;
        handler.PooledConnectionLifetime = exchange.ReuseConnections ? exchange.PooledConnectionLifetime : TimeSpan.Zero;
    }

    protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler) =>
        new AppExchange(new ResendingHandler(base.WrapHandler(context, handler), Fresh(context), MayRepeat, _log), OptionsOf(context));

    /// <summary>
    /// A client that is replaced is not disposed: a request may be about to use it. Its connections end as idle ones, and then it is collected.
    /// </summary>
    protected override bool CanReuseOldClient(ForwarderHttpClientContext context) =>
        base.CanReuseOldClient(context) && ExchangeOptions.AreSame(context.OldMetadata, context.NewMetadata);

    /// <summary>RFC 9110 §9.2.2; and a body has been read, and cannot be read again.</summary>
    private static bool MayRepeat(HttpRequestMessage request) =>
        _idempotent.Contains(request.Method) && request.Content is null or { Headers.ContentLength: 0 };

    private ExchangeOptions OptionsOf(ForwarderHttpClientContext context) =>
        context.ClusterId == LegacyRoute.Id ? options : ExchangeOptions.FromMetadata(context.NewMetadata);

    /// <summary>The same client without a pool, for what is sent again: another pooled connection may be as stale as the first. What YARP sets, it sets too.</summary>
    private SocketsHttpHandler Fresh(ForwarderHttpClientContext context)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
        };
        ConfigureHandler(context, handler);
        connections.Trace(handler, context.ClusterId, areResends: true);
        handler.PooledConnectionLifetime = TimeSpan.Zero;
        return handler;
    }
}
