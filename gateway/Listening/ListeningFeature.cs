using System.Diagnostics;
using System.Text;
using Gateway.Configuration;
using Gateway.Responding;
using Gateway.Tracing;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Listening;

/// <summary>Ports, certificates and limits.</summary>
internal static class ListeningFeature
{
    public static void AddListening(this WebApplicationBuilder builder)
    {
        // RFC 9112 §2.2 lets a server read a bare LF as the end of a line. Where the next one reads it otherwise, a request is smuggled.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        // Kestrel would close a listener and open it anew where the file of its certificate changes.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableCertificateFileWatching", true);
        AdminOptions admin = builder.AddSettings<AdminOptions>(AdminOptions.Section);
        builder.Configuration.AddInMemoryCollection([new($"Kestrel:Endpoints:{AdminOptions.Endpoint}:Url", admin.Url)]);
        builder.AddCheck(static configuration => KestrelKeys.Problems(configuration.GetSection("Kestrel")));
        builder.AddCheck(Listeners.Problems);
        var tls = TlsEndpoints.Read(builder);

        builder.Services.AddSingleton(tls);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<MatcherPolicy, AdminPolicy>();
        builder.Services.AddSingleton<DiagnosticSource, KestrelRefusals>();
        StandBeforeServer(builder.Services);
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, builder.Configuration.GetSection("Kestrel"), tls));
    }

    /// <summary>Leaves what came in by the admin listener out of traces, metrics and logs of requests.</summary>
    public static void UseAdmin(this WebApplication app) =>
        app.Use(static (context, next) =>
        {
            if (AdminConnection.Has(context))
            {
                LeftOut.Mark(context);
            }

            return next(context);
        });

    /// <summary>Answers 421 to requests for a host whose clients have to show a certificate, over a connection that was opened for another name.</summary>
    public static void UseTlsNames(this WebApplication app)
    {
        if (app.Services.GetRequiredService<TlsEndpoints>().DifferByName)
        {
            app.Use(static (context, next) => context.Features.Get<TlsHandshake>()?.IsGoodFor(context.Request.Host.Host) == false
                ? context.AnswerAsync(Outcome.HostUnknown, detail: "The host asks its clients for a certificate, and the connection was opened for another name.")
                : next(context));
        }
    }

    /// <summary>The place for endpoints that only the admin listener has.</summary>
    public static RouteGroupBuilder MapAdmin(this WebApplication app) => app.MapGroup("").WithMetadata(new AdminOnly());

    private static void Configure(KestrelServerOptions kestrel, IConfigurationSection section, TlsEndpoints tls)
    {
        // The app decides how large a body may be and how slowly it may come: it has done so before the gateway came.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.AddServerHeader = false;
        // A byte is a character, on the way to the app and back: what is in a field is the app's to read, UTF-8 or not.
        kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        section.Bind(kestrel);
        // In the place of what the framework has made of the whole section: it would not start with an endpoint that has no URL.
        KestrelConfigurationLoader loader = kestrel.Configure(Listeners.WithoutOff(section));
        ILogger logger = kestrel.ApplicationServices.GetRequiredService<ILogger<TlsEndpoint>>();
        foreach (IConfigurationSection endpoint in section.GetSection("Endpoints").GetChildren())
        {
            // Kestrel keeps one of these for a name.
            loader.Endpoint(endpoint.Key, configuration => Configure(configuration.ListenOptions, endpoint.Key, tls, logger));
        }
    }

    private static void Configure(ListenOptions listener, string name, TlsEndpoints tls, ILogger logger)
    {
        if (name == AdminOptions.Endpoint)
        {
            listener.Use(static next => connection =>
            {
                connection.Features.Set(new AdminConnection());
                return next(connection);
            });
        }

        tls.Use(listener, name, logger);
    }

    private static void StandBeforeServer(IServiceCollection services)
    {
        Type server = services.Last(static service => service.ServiceType == typeof(IServer)).ImplementationType!;
        services.AddSingleton(server);
        services.AddSingleton<IServer>(provider => new EdgeServer(
            (IServer)provider.GetRequiredService(server), provider.GetRequiredService<TracingOptions>()));
    }
}
