using System.Diagnostics;
using System.Net;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Protocols;

/// <summary>A real gRPC server, whose messages are texts.</summary>
public sealed class GrpcBackend : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GrpcBackend(WebApplication app) => _app = app;

    public static Method<string, string> Unary { get; } = Of(MethodType.Unary, "Unary");

    public static Method<string, string> FromServer { get; } = Of(MethodType.ServerStreaming, "FromServer");

    public static Method<string, string> FromClient { get; } = Of(MethodType.ClientStreaming, "FromClient");

    public static Method<string, string> BothWays { get; } = Of(MethodType.DuplexStreaming, "BothWays");

    public Uri Address => new(_app.Urls.Single());

    /// <summary>Lets the streams of the server go on after their first message.</summary>
    public TaskCompletionSource MayGoOn { get; } = new();

    /// <summary>Ends when a call that waits is at the server.</summary>
    public TaskCompletionSource Waits { get; } = new();

    /// <summary>Ends when a call that waits is cancelled at the server.</summary>
    public TaskCompletionSource Cancelled { get; } = new();

    public static async Task<GrpcBackend> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        // Not ASP.NET Core's own source, to which the gateway in this process listens.
        builder.Services.AddSingleton(new ActivitySource("Gateway.Tests.Backend"));
        builder.Services.AddRouting();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<IServiceMethodProvider<GrpcBackend>, Methods>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        GrpcBackend? backend = null;
        builder.Services.AddSingleton(_ => backend!);
        WebApplication app = builder.Build();
        backend = new GrpcBackend(app);
        app.UseRouting();
        app.MapGrpcService<GrpcBackend>();
        await app.StartAsync();
        return backend;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static Method<string, string> Of(MethodType type, string name) =>
        new(type, "shop.Echo", name, Marshallers.StringMarshaller, Marshallers.StringMarshaller);

    private async Task<string> AnswerAsync(string request, ServerCallContext call)
    {
        switch (request)
        {
            case "missing":
                call.ResponseTrailers.Add("reason", "sold out");
                throw new RpcException(new Status(StatusCode.NotFound, "no such cup"));
            case "wait":
                Waits.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, call.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Cancelled.TrySetResult();
                return "";
            default:
                await call.WriteResponseHeadersAsync([new Metadata.Entry("begun", request)]);
                call.ResponseTrailers.Add("ended", request);
                return $"{request}!";
        }
    }

    private async Task StreamAsync(string request, IServerStreamWriter<string> answers)
    {
        await answers.WriteAsync($"{request} 1");
        await MayGoOn.Task;
        await answers.WriteAsync($"{request} 2");
    }

    private sealed class Methods : IServiceMethodProvider<GrpcBackend>
    {
        public void OnServiceMethodDiscovery(ServiceMethodProviderContext<GrpcBackend> context)
        {
            context.AddUnaryMethod(Unary, [], static (backend, request, call) => backend.AnswerAsync(request, call));
            context.AddServerStreamingMethod(FromServer, [], static (backend, request, answers, _) => backend.StreamAsync(request, answers));
            context.AddClientStreamingMethod(FromClient, [], static async (_, requests, call) =>
                string.Join(',', await requests.ReadAllAsync(call.CancellationToken).ToArrayAsync(call.CancellationToken)));
            context.AddDuplexStreamingMethod(BothWays, [], static async (_, requests, answers, call) =>
            {
                await foreach (string request in requests.ReadAllAsync(call.CancellationToken))
                {
                    if (request == "enough")
                    {
                        throw new RpcException(new Status(StatusCode.ResourceExhausted, "no more cups"));
                    }

                    await answers.WriteAsync($"{request}!");
                }
            });
        }
    }
}
