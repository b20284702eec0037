using System.Text.Json;
using Gateway.Tests.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Model;

namespace Gateway.Tests.Responding;

/// <summary>What a bug of ours looks like from outside.</summary>
public sealed class OwnErrorTests
{
    [Fact]
    public async Task An_exception_that_nobody_expects_is_a_500_in_the_one_shape_which_tells_nothing_of_it()
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            static builder => builder.Services.AddSingleton<ILoadBalancingPolicy, Buggy>(),
            ("ReverseProxy:Routes:r:ClusterId", "c"), ("ReverseProxy:Routes:r:Match:Path", "/a"),
            ("ReverseProxy:Clusters:c:LoadBalancingPolicy", "Buggy"),
            ("ReverseProxy:Clusters:c:Destinations:one:Address", "http://127.0.0.1:1"),
            ("ReverseProxy:Clusters:c:Destinations:two:Address", "http://127.0.0.1:2"));
        gateway.ErrorsAreExpected = true;

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");

        TraceOfOne trace = await gateway.TraceAsync();
        Assert.Equal(500, answer.Status);
        Assert.Equal("application/problem+json", answer.Field("Content-Type"));
        JsonElement problem = JsonDocument.Parse(answer.Body).RootElement;
        Assert.Equal(trace.Server.GetProperty("traceId").GetString(), problem.GetProperty("traceId").GetString());
        Assert.Equal("The gateway failed.", problem.GetProperty("detail").GetString());
        Assert.DoesNotContain("inner workings", answer.Body, StringComparison.Ordinal);
        Assert.Equal("gateway_failed", TraceOfOne.Attribute(trace.Server, "error.type"));
        Assert.Equal("gateway", TraceOfOne.Attribute(trace.Server, "loopgate.served_by"));
        Assert.Equal("Error", trace.Server.GetProperty("status").GetString());
        Assert.Single(gateway.Log, static entry => entry is { Level: LogLevel.Error, Category: "Gateway.Responding", Exception: InvalidOperationException });
    }

    private sealed class Buggy : ILoadBalancingPolicy
    {
        public string Name => "Buggy";

        public DestinationState? PickDestination(HttpContext context, ClusterState cluster, IReadOnlyList<DestinationState> availableDestinations) =>
            throw new InvalidOperationException("inner workings");
    }
}
