using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Hosting;

/// <summary>A real server behind the gateway, for the protocols that no script speaks; numbers the requests on each connection.</summary>
public sealed class KestrelBackend : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, ServedRequest> _served = new();

    private KestrelBackend(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    /// <summary>By their path: the connection on which each request came, and which one it was on it.</summary>
    public IReadOnlyDictionary<string, ServedRequest> Served => _served;

    public static async Task<KestrelBackend> StartAsync(
        HttpProtocols protocols, bool tls = false, RequestDelegate? answer = null, Action<KestrelServerLimits, ListenOptions>? configure = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        // Not ASP.NET Core's own source, to which the gateway in this process listens.
        builder.Services.AddSingleton(new ActivitySource("Gateway.Tests.Backend"));
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = protocols;
            configure?.Invoke(kestrel.Limits, listen);
            if (tls)
            {
                listen.UseHttps(SelfSigned());
            }
        }));
        var backend = new KestrelBackend(builder.Build());
        backend._app.UseWebSockets();
        backend._app.Run(context => backend.ServeAsync(context, answer ?? (static request => request.Response.WriteAsync("ok"))));
        await backend._app.StartAsync();
        return backend;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Task ServeAsync(HttpContext context, RequestDelegate answer)
    {
        IDictionary<object, object?> connection = context.Features.Get<IConnectionItemsFeature>()!.Items;
        int position;
        lock (connection)
        {
            position = connection.TryGetValue(typeof(ServedRequest), out object? earlier) ? (int)earlier! + 1 : 1;
            connection[typeof(ServedRequest)] = position;
        }

        // Over HTTP/2 the id of the connection is the same on all its streams.
        _served[context.Request.Path] = new ServedRequest(context.Connection.Id, position, context.Request.Protocol);
        return answer(context);
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest("CN=backend", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}

/// <summary>Where a request was served.</summary>
public sealed record ServedRequest(string Connection, int Position, string Protocol);
