using System.Text;
using Gateway.Tracing;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Legacy;

/// <summary>YARP's factory of HTTP clients, with traced connections for every cluster, and for the app the pool settings that YARP lacks.</summary>
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
        if (context.ClusterId == LegacyRoute.Id)
        {
            handler.ConnectTimeout = options.ConnectTimeout;
            handler.PooledConnectionIdleTimeout = options.PooledConnectionIdleTimeout;
            handler.PooledConnectionLifetime = options.ReuseConnections ? options.PooledConnectionLifetime : TimeSpan.Zero;
        }
    }

    protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler)
    {
        HttpMessageHandler wrapped = base.WrapHandler(context, handler);
        return context.ClusterId == LegacyRoute.Id ? new AppTimeouts(wrapped, options) : wrapped;
    }
}
