using Gateway.Listening;
using Gateway.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gateway.Tests.Listening;

/// <summary>The way out on SIGTERM.</summary>
public sealed class DrainingTests
{
    private const string Request = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task While_draining_readiness_is_off_requests_are_served_and_connections_are_closed_after_them()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Draining:Wait", "00:01:00"));
        using RawClient before = await RawClient.ConnectAsync(gateway.Address);
        await before.SendAsync(Request);
        Assert.Null((await before.ReadAnswerAsync()).Field("Connection"));
        using var end = new CancellationTokenSource();

        Task stopping = gateway.StopAsync(end.Token);
        await Eventually.Async(async () => (await ReadinessAsync(gateway)).Status == 503, "readiness to go off");

        Assert.Equal("draining\n", (await ReadinessAsync(gateway)).Body);
        Assert.Equal("live\n", await gateway.Client.GetStringAsync(new Uri(gateway.Admin, "/livez")));
        await before.SendAsync(Request);
        RawAnswer answer = await before.ReadAnswerAsync();
        Assert.Equal((200, "ok", "close"), (answer.Status, answer.Body, answer.Field("Connection")));
        Assert.True(await before.IsClosedAsync());
        Assert.Equal("close", (await RawClient.ExchangeAsync(gateway.Address, Request)).Field("Connection"));
        await end.CancelAsync();
        await stopping.ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_service_that_fails_beside_the_requests_is_no_silent_end(bool whileStarting)
    {
        WebApplicationBuilder builder = EmptyBuilder();
        builder.Services.AddHostedService(services => new FailingService(whileStarting ? null : services.GetRequiredService<IHostApplicationLifetime>()));
        builder.Services.AddHostedService(services => new WaitingService(whileStarting));
        await using WebApplication app = builder.Build();

        Exception failed = await Assert.ThrowsAsync<InvalidOperationException>(() => app.RunUntilDrainedAsync().WaitAsync(TimeSpan.FromSeconds(10)));

        Assert.Equal(nameof(FailingService), failed.Message);
    }

    [Fact]
    public async Task A_signal_while_the_gateway_starts_is_no_failure()
    {
        WebApplicationBuilder builder = EmptyBuilder();
        builder.Services.AddHostedService(static _ => new WaitingService(true));
        await using WebApplication app = builder.Build();

        Task running = app.RunUntilDrainedAsync();
        app.Lifetime.StopApplication();

        await running.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_request_in_flight_is_served_to_its_end()
    {
        var working = new TaskCompletionSource();
        var mayAnswer = new TaskCompletionSource();
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            working.SetResult();
            await connection.WaitAsync(mayAnswer.Task);
            await connection.SendAsync(Ok);
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);
        await client.SendAsync(Request);
        await working.Task.WaitAsync(TimeSpan.FromSeconds(10));

        Task stopping = gateway.StopAsync();
        await Eventually.Async(async () => !await AcceptsAsync(gateway), "the listener to close");
        Assert.False(stopping.IsCompleted);
        mayAnswer.SetResult();

        RawAnswer answer = await client.ReadAnswerAsync();
        Assert.Equal((200, "ok"), (answer.Status, answer.Body));
        await stopping.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_request_in_flight_beyond_the_deadline_is_cut()
    {
        var working = new TaskCompletionSource();
        await using var app = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            working.SetResult();
            await connection.StallAsync();
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Draining:Deadline", "00:00:00.3"));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);
        await client.SendAsync(Request);
        await working.Task.WaitAsync(TimeSpan.FromSeconds(10));

        await gateway.StopAsync().ContinueWith(static _ => { }, TaskScheduler.Default).WaitAsync(TimeSpan.FromSeconds(10));

        RawAnswer answer = await client.ReadAnswerAsync();
        Assert.False(answer is { IsWhole: true, Status: 200 });
        await app.Connections[0].ClientLeft.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private static Task<RawAnswer> ReadinessAsync(GatewayHost gateway) =>
        RawClient.ExchangeAsync(gateway.Admin, "GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n");

    private static async Task<bool> AcceptsAsync(GatewayHost gateway)
    {
        try
        {
            using RawClient client = await RawClient.ConnectAsync(gateway.Address);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    private static WebApplicationBuilder EmptyBuilder()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        return builder;
    }

    /// <summary>Fails once everything has started, or at once where there is nothing to wait for.</summary>
    private sealed class FailingService(IHostApplicationLifetime? lifetime) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            if (lifetime is not null)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, lifetime.ApplicationStarted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            throw new InvalidOperationException(nameof(FailingService));
        }
    }

    /// <summary>Where it waits, the start never ends by itself.</summary>
    private sealed class WaitingService(bool waits) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) =>
            waits ? Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken) : Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
