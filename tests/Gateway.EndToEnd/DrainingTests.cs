using System.Net;
using Gateway.EndToEnd.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.EndToEnd;

/// <summary>The way out on SIGTERM.</summary>
public sealed class DrainingTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    [Fact]
    public async Task On_sigterm_readiness_goes_off_while_requests_are_served_and_those_in_flight_end()
    {
        var arrived = new TaskCompletionSource();
        var released = new TaskCompletionSource();
        await using LocalServer app = await LocalServer.StartAsync(async context =>
        {
            if (context.Request.Path == "/slow")
            {
                arrived.SetResult();
                await released.Task.WaitAsync(TimeSpan.FromSeconds(30));
            }

            await context.Response.WriteAsync("done");
        });
        GatewayProcess gateway = await GatewayProcess.StartAsync(Processes, app.Address, Loopback.Nowhere, "--Draining:Wait=00:00:10");
        Task<Answer> slow = Load.GetAsync(gateway.Client, "/slow");
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(10));

        gateway.Process.Terminate();
        await Eventually.HoldsAsync(async () => await gateway.ReadinessAsync() != HttpStatusCode.OK, "readiness to go off");
        IReadOnlyCollection<Answer> meanwhile = await Load.AtOnceAsync(gateway.Address, "/quick", 20, connections: 4);
        HttpStatusCode? readiness = await gateway.ReadinessAsync();
        await Eventually.HoldsAsync(async () => await gateway.ReadinessAsync() is null, "the listeners to close");
        Assert.False(slow.IsCompleted);
        released.SetResult();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, readiness);
        Assert.All(meanwhile, static answer => Assert.Equal((HttpStatusCode.OK, "done"), (answer.Status, answer.Text)));
        Assert.Equal((HttpStatusCode.OK, "done"), ((await slow).Status, (await slow).Text));
        Assert.Equal(0, await gateway.Process.ExitAsync());
        Assert.DoesNotContain(gateway.Log, static entry => entry.LogLevel is "Error" or "Critical");
    }
}
