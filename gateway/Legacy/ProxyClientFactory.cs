using System.Text;
using Gateway.Tracing;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Legacy;

/// <summary>YARP's factory of HTTP clients, with traced connections, and the pool settings and time limits that YARP lacks.</summary>
internal sealed class ProxyClientFactory(ILogger<ForwarderHttpClientFactory> logger, TracedConnections connections, LegacyOptions options)
    : ForwarderHttpClientFactory(logger)
{
    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        connections.Trace(handler, context.ClusterId);
        // As Kestrel reads and writes fields here: a byte is a character. Without it, .NET sends no field that is not ASCII.
        handler.RequestHeaderEncodingSelector ??= static (_, _) => Encoding.Latin1;
        handler.ResponseHeaderEncodingSelector ??= static (_, _) => Encoding.Latin1;
        ExchangeOptions exchange = OptionsOf(context);
        handler.ConnectTimeout = exchange.ConnectTimeout;
        handler.PooledConnectionIdleTimeout = exchange.PooledConnectionIdleTimeout;
        handler.PooledConnectionLifetime = exchange.ReuseConnections ? exchange.PooledConnectionLifetime : TimeSpan.Zero;
    }

    protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler) =>
        new AppTimeouts(base.WrapHandler(context, handler), OptionsOf(context));

    /// <summary>
    /// A client that is replaced is not disposed: a request may be about to use it. Its connections end as idle ones, and then it is collected.
    /// </summary>
    protected override bool CanReuseOldClient(ForwarderHttpClientContext context) =>
        base.CanReuseOldClient(context) && ExchangeOptions.AreSame(context.OldMetadata, context.NewMetadata);

    private ExchangeOptions OptionsOf(ForwarderHttpClientContext context) =>
        context.ClusterId == LegacyRoute.Id ? options : ExchangeOptions.FromMetadata(context.NewMetadata);
}
