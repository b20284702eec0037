using System.Diagnostics;
using Gateway.Configuration;
using Gateway.Connections;
using Gateway.Tracing;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Listening;

/// <summary>
/// The server, without what only looks like a request, and with the trace context of callers that are not trusted taken off their
/// requests, and everybody's baggage. Here, for ASP.NET Core reads it right after this and before any middleware, in a propagator that
/// never learns who the caller is; and not in a factory of contexts, since with any but its own ASP.NET Core makes a new context for each
/// request. What was asked is on the span before any middleware too: ASP.NET Core's host filter stands first and may refuse it.
/// </summary>
internal sealed class EdgeServer(IServer server, TracingOptions options) : IServer
{
    public IFeatureCollection Features => server.Features;

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        // Those of ASPNETCORE_URLS and its kin, which are endpoints by now: Kestrel would warn that it listens there instead.
        Features.Get<IServerAddressesFeature>()?.Addresses.Clear();
        return server.StartAsync(new Edge<TContext>(application, options), cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => server.StopAsync(cancellationToken);

    public void Dispose()
    {
        // The services' container made the server, and disposes it.
    }

    private sealed class Edge<TContext>(IHttpApplication<TContext> application, TracingOptions options) : IHttpApplication<TContext>
        where TContext : notnull
    {
        /// <summary>W3C Trace Context, and .NET's own field before it.</summary>
        private static readonly string[] _traceFields = ["traceparent", "tracestate", "Request-Id"];

        /// <summary>W3C Baggage, and .NET's own field before it: it ends here whoever sent it.</summary>
        private static readonly string[] _baggageFields = ["baggage", "Correlation-Context"];

        public TContext CreateContext(IFeatureCollection contextFeatures)
        {
            IHttpRequestFeature request = contextFeatures.GetRequiredFeature<IHttpRequestFeature>();
            if (EndedConnection.IsLeftOver(request, contextFeatures))
            {
                // Neither served nor traced; Kestrel ends the connection.
                throw new ConnectionAbortedException("The client left before the request began.");
            }

            Remove(_baggageFields, request.Headers);
            if (!(contextFeatures.Get<IHttpConnectionFeature>()?.RemoteIpAddress).IsIn(options.TrustedCallers))
            {
                CallerTrace.Remember(request.Headers, contextFeatures);
                Remove(_traceFields, request.Headers);
            }

            TContext context = application.CreateContext(contextFeatures);
            if (Activity.Current is { IsAllDataRequested: true } span)
            {
                ServerSpan.Begin(span, request);
            }

            return context;
        }

        public Task ProcessRequestAsync(TContext context) => application.ProcessRequestAsync(context);

        public void DisposeContext(TContext context, Exception? exception) => application.DisposeContext(context, exception);

        private static void Remove(string[] fields, IHeaderDictionary headers)
        {
            foreach (string field in fields)
            {
                headers.Remove(field);
            }
        }
    }
}
