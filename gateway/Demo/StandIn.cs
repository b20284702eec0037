using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Demo;

/// <summary>A small server on loopback. Its socket listens from the start, so that its address is known before it runs.</summary>
internal sealed class StandIn : IAsyncDisposable
{
    private const string Unheard = "Loopgate.Demo";

    private readonly WebApplication _app;

    private StandIn(WebApplication app, Uri address) => (_app, Address) = (app, address);

    public Uri Address { get; }

    /// <summary>Takes <paramref name="preferredPort"/>, which the README names, or any free port where that one is taken.</summary>
    public static StandIn Create(int preferredPort, Action<WebApplication> map)
    {
        Socket socket = Listen(preferredPort);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSockets(transport => transport.CreateBoundListenSocket = _ => socket);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen((IPEndPoint)socket.LocalEndPoint!));
        // A source and a meter of their own, to which nobody listens: what the stand-ins do is not the gateway's.
        builder.Services.AddSingleton(new ActivitySource(Unheard));
        builder.Services.AddSingleton<IMeterFactory, UnheardMeters>();
        WebApplication app = builder.Build();
        map(app);
        return new StandIn(app, new Uri($"http://{socket.LocalEndPoint}/"));
    }

    public Task StartAsync(CancellationToken cancellation) => _app.StartAsync(cancellation);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static Socket Listen(int preferredPort)
    {
        foreach (int port in (int[])[preferredPort, 0])
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return socket;
            }
            catch (SocketException) when (port == preferredPort)
            {
                socket.Dispose();
            }
        }

        throw new UnreachableException("Port 0 is always free.");
    }

    private sealed class UnheardMeters : IMeterFactory
    {
        private readonly Meter _meter = new(Unheard);

        public Meter Create(MeterOptions options) => _meter;

        public void Dispose() => _meter.Dispose();
    }
}
