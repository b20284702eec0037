using System.Diagnostics;
using System.Text;
using Gateway.Configuration;
using Gateway.Tracing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Listening;

/// <summary>Ports, limits, and the way out on SIGTERM.</summary>
internal static class ListeningFeature
{
    private const string AdminEndpoint = "Admin";

    public static void AddListening(this WebApplicationBuilder builder)
    {
        // RFC 9112 §2.2 lets a server read a bare LF as the end of a line. Where the next one reads it otherwise, a request is smuggled.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        // Kestrel would close a listener and open it anew where the file of its certificate changes.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableCertificateFileWatching", true);
        AdminOptions admin = builder.AddSettings<AdminOptions>(AdminOptions.Section);
        DrainingOptions draining = builder.AddSettings<DrainingOptions>(DrainingOptions.Section);
        builder.Configuration.AddInMemoryCollection([new($"Kestrel:Endpoints:{AdminEndpoint}:Url", admin.Url)]);
        CheckEndpoints(builder);
        var tls = TlsEndpoints.Read(builder);

        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<MatcherPolicy, AdminPolicy>();
        builder.Services.AddSingleton<DiagnosticSource, KestrelRefusals>();
        builder.Services.AddSingleton<Drain>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<Drain>());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = draining.Wait + draining.Deadline);
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, builder.Configuration.GetSection("Kestrel"), tls));
    }

    /// <summary>Leaves what came in by the admin listener out of traces, metrics and logs of requests.</summary>
    public static void UseAdmin(this WebApplication app) =>
        app.Use(static (context, next) =>
        {
            if (context.Features.Get<AdminConnection>() is not null)
            {
                LeftOut.Mark(context);
            }

            return next(context);
        });

    /// <summary>The place for endpoints that only the admin listener has.</summary>
    public static RouteGroupBuilder MapAdmin(this WebApplication app) => app.MapGroup("").WithMetadata(new AdminOnly());

    /// <summary>Asks clients to come back on another connection once the process is on its way out.</summary>
    public static void UseDraining(this WebApplication app)
    {
        Drain drain = app.Services.GetRequiredService<Drain>();
        app.Use((context, next) =>
        {
            drain.Enter();
            if (drain.IsDraining && !HttpProtocol.IsHttp2(context.Request.Protocol))
            {
                context.Response.OnStarting(static state => CloseAfter((HttpResponse)state), context.Response);
            }

            Task serving = next(context);
            if (!serving.IsCompletedSuccessfully)
            {
                return LeaveAfterAsync(serving, drain, context);
            }

            drain.Leave(context);
            return serving;
        });
    }

    /// <summary>Runs until a signal has stopped it and what was in flight has ended, or was cut: at the deadline, or by a second signal.</summary>
    public static async Task RunUntilDrainedAsync(this WebApplication app)
    {
        using var signals = new Signals();
        await app.StartAsync();
        await Task.Delay(Timeout.InfiniteTimeSpan, app.Lifetime.ApplicationStopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await app.StopAsync(signals.Second);
        }
        catch (OperationCanceledException)
        {
            // The host's word for a deadline that passed; Drain has said what that cut.
        }
    }

    private static async Task LeaveAfterAsync(Task serving, Drain drain, HttpContext context)
    {
        try
        {
            await serving;
        }
        finally
        {
            drain.Leave(context);
        }
    }

    private static void Configure(KestrelServerOptions kestrel, IConfiguration section, TlsEndpoints tls)
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
        ILogger logger = kestrel.ApplicationServices.GetRequiredService<ILogger<TlsEndpoint>>();
        foreach (IConfigurationSection endpoint in section.GetSection("Endpoints").GetChildren())
        {
            // Kestrel keeps one of these for a name.
            kestrel.ConfigurationLoader!.Endpoint(endpoint.Key, configuration => Configure(configuration.ListenOptions, endpoint.Key, tls, logger));
        }
    }

    private static void Configure(ListenOptions listener, string name, TlsEndpoints tls, ILogger logger)
    {
        if (name == AdminEndpoint)
        {
            listener.Use(static next => connection =>
            {
                connection.Features.Set(new AdminConnection());
                return next(connection);
            });
        }

        tls.Use(listener, name, logger);
    }

    private static void CheckEndpoints(WebApplicationBuilder builder)
    {
        foreach (IConfigurationSection endpoint in builder.Configuration.GetSection("Kestrel:Endpoints").GetChildren())
        {
            string key = endpoint.Key == AdminEndpoint ? $"{AdminOptions.Section}:{nameof(AdminOptions.Url)}" : $"{endpoint.Path}:Url";
            if (!IsAddress(endpoint["Url"]))
            {
                builder.AddProblem($"{key}: the value is not a URL to listen on such as http://*:8080.");
            }
        }
    }

    private static bool IsAddress(string? url)
    {
        try
        {
            return !string.IsNullOrEmpty(url) && BindingAddress.Parse(url) is { Port: >= 0 and <= 65535, Scheme: "http" or "https", PathBase: "" };
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static Task CloseAfter(HttpResponse response)
    {
        if (response.StatusCode != StatusCodes.Status101SwitchingProtocols)
        {
            response.Headers.Connection = "close";
        }

        return Task.CompletedTask;
    }
}
