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
