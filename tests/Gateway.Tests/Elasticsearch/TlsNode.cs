using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Elasticsearch;

/// <summary>A node with TLS: Kestrel, which sends exactly the certificates that the test gives it.</summary>
internal sealed class TlsNode : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly SslServerAuthenticationOptions _tls = new();
    private readonly ConcurrentQueue<string> _clients = new();
    private int _connections;
    private int _requests;

    private TlsNode(X509Certificate2 certificate, X509Certificate2[] sentAlong)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        Show(certificate, sentAlong);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
            listen.UseHttps(
                (_, _, _, _) =>
                {
                    Interlocked.Increment(ref _connections);
                    return ValueTask.FromResult(_tls);
                },
                this)));
        // A source of its own, to which nobody listens: what the node does is not the gateway's trace.
        builder.Services.AddSingleton(new ActivitySource("Gateway.Tests.Node"));
        _app = builder.Build();
        _app.Run(async context =>
        {
            Interlocked.Increment(ref _requests);
            if (context.Connection.ClientCertificate is { } client)
            {
                _clients.Enqueue(client.Thumbprint);
            }

            context.Response.ContentType = "application/json";
            context.Response.Headers["X-elastic-product"] = "Elasticsearch";
            await context.Response.WriteAsync(Answers.InfoJson);
        });
    }

    public Uri Address => new(_app.Urls.Single());

    /// <summary>Requests that came through: none where the client did not believe the node.</summary>
    public int Requests => _requests;

    /// <summary>Handshakes that were begun.</summary>
    public int Connections => _connections;

    /// <summary>The thumbprints of the certificates that clients showed, request by request.</summary>
    public IReadOnlyList<string> Clients => [.. _clients];

    /// <summary>What new connections are shown from now on.</summary>
    public void Show(X509Certificate2 certificate, params X509Certificate2[] sentAlong) =>
        _tls.ServerCertificateContext = Context(certificate, sentAlong);

    /// <summary>From now on only clients are let in whose certificate, and what they send along, leads to this authority.</summary>
    public void Admit(X509Certificate2 authority)
    {
        _tls.ClientCertificateRequired = true;
        _tls.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        _tls.CertificateChainPolicy.CustomTrustStore.Add(authority);
        _tls.RemoteCertificateValidationCallback = static (_, _, _, errors) => errors == SslPolicyErrors.None;
    }

    public static async Task<TlsNode> StartAsync(X509Certificate2 certificate, params X509Certificate2[] sentAlong)
    {
        var node = new TlsNode(certificate, sentAlong);
        await node._app.StartAsync();
        return node;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>
    /// .NET's own factory builds the chain by itself and leaves out its root, and what does not belong to it; Elasticsearch sends its
    /// authority, and an attacker sends whatever he likes. So this goes by the constructor that the factory calls.
    /// </summary>
    private static SslStreamCertificateContext Context(X509Certificate2 certificate, X509Certificate2[] sentAlong) =>
        (SslStreamCertificateContext)typeof(SslStreamCertificateContext)
            .GetConstructors(BindingFlags.Instance | BindingFlags.NonPublic).Single()
            .Invoke([certificate, sentAlong.AsReadOnly(), null]);
}
