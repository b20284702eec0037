using Gateway.Tests.Hosting;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Protocols;

/// <summary>gRPC through a route and a cluster of the operator's, with a real server and a real client.</summary>
public sealed class GrpcTests : IAsyncLifetime
{
    private GrpcBackend _backend = null!;
    private GatewayHost _gateway = null!;
    private GrpcChannel _channel = null!;

    private CallInvoker Client => _channel.CreateCallInvoker();

    public async ValueTask InitializeAsync()
    {
        _backend = await GrpcBackend.StartAsync();
        _gateway = await GatewayHost.StartAsync(
            ("Kestrel:Endpoints:Http:Protocols", "Http2"),
            ("ReverseProxy:Routes:grpc:ClusterId", "grpc"), ("ReverseProxy:Routes:grpc:Match:Path", "/shop.Echo/{**rest}"),
            ("ReverseProxy:Clusters:grpc:Destinations:only:Address", _backend.Address.AbsoluteUri),
            ("ReverseProxy:Clusters:grpc:HttpRequest:Version", "2"), ("ReverseProxy:Clusters:grpc:HttpRequest:VersionPolicy", "RequestVersionExact"));
        _channel = GrpcChannel.ForAddress(_gateway.Address);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        // What a client asks for and does not get is no failure of the gateway's.
        Assert.DoesNotContain(_gateway.Log, static entry => entry.Level > LogLevel.Information);
        await _gateway.DisposeAsync();
        await _backend.DisposeAsync();
    }

    [Fact]
    public async Task A_call_has_its_answer_its_fields_and_its_trailers()
    {
        using AsyncUnaryCall<string> call = Client.AsyncUnaryCall(GrpcBackend.Unary, null, default, "cup");

        Assert.Equal("cup!", await call.ResponseAsync);
        Assert.Equal("cup", (await call.ResponseHeadersAsync).GetValue("begun"));
        Assert.Equal("cup", call.GetTrailers().GetValue("ended"));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task A_status_comes_with_its_detail_and_its_trailers()
    {
        RpcException failed = await Assert.ThrowsAsync<RpcException>(() => Client.AsyncUnaryCall(GrpcBackend.Unary, null, default, "missing").ResponseAsync);

        Assert.Equal((StatusCode.NotFound, "no such cup"), (failed.StatusCode, failed.Status.Detail));
        Assert.Equal("sold out", failed.Trailers.GetValue("reason"));
    }

    [Fact]
    public async Task A_stream_of_the_server_is_not_held_back()
    {
        using AsyncServerStreamingCall<string> call = Client.AsyncServerStreamingCall(GrpcBackend.FromServer, null, default, "cup");

        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal("cup 1", call.ResponseStream.Current);
        _backend.MayGoOn.SetResult();

        Assert.Equal(["cup 2"], await call.ResponseStream.ReadAllAsync().ToArrayAsync());
    }

    [Fact]
    public async Task A_stream_of_the_client_has_its_answer()
    {
        using AsyncClientStreamingCall<string, string> call = Client.AsyncClientStreamingCall(GrpcBackend.FromClient, null, default);
        await call.RequestStream.WriteAsync("a");
        await call.RequestStream.WriteAsync("b");
        await call.RequestStream.CompleteAsync();

        Assert.Equal("a,b", await call.ResponseAsync);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_server_that_ends_a_call_before_its_client_has_its_say(int answers)
    {
        for (int call = 0; call < 32; call++)
        {
            using AsyncDuplexStreamingCall<string, string> stream = Client.AsyncDuplexStreamingCall(GrpcBackend.BothWays, null, default);
            for (int answer = 0; answer < answers; answer++)
            {
                await stream.RequestStream.WriteAsync("cup");
                Assert.True(await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            }

            await stream.RequestStream.WriteAsync("enough");

            RpcException failed = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.Equal((StatusCode.ResourceExhausted, "no more cups"), (failed.StatusCode, failed.Status.Detail));
        }
    }

    [Fact]
    public async Task Both_sides_can_talk_in_turns()
    {
        using AsyncDuplexStreamingCall<string, string> call = Client.AsyncDuplexStreamingCall(GrpcBackend.BothWays, null, default);
        for (int turn = 0; turn < 10; turn++)
        {
            await call.RequestStream.WriteAsync($"{turn}");
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10)));
            Assert.Equal($"{turn}!", call.ResponseStream.Current);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_deadline_ends_the_call_on_both_sides()
    {
        // A cold call could meet its deadline before it has reached the server.
        Assert.Equal("cup!", await Client.AsyncUnaryCall(GrpcBackend.Unary, null, default, "cup").ResponseAsync);
        DateTime deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(2);

        RpcException late = await Assert.ThrowsAsync<RpcException>(
            () => Client.AsyncUnaryCall(GrpcBackend.Unary, null, new CallOptions(deadline: deadline), "wait").ResponseAsync);

        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
        await _backend.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_client_that_cancels_ends_the_call_at_the_server()
    {
        using var leaving = new CancellationTokenSource();
        Task<string> call = Client.AsyncUnaryCall(GrpcBackend.Unary, null, new CallOptions(cancellationToken: leaving.Token), "wait").ResponseAsync;
        await _backend.Waits.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await leaving.CancelAsync();

        await Assert.ThrowsAsync<RpcException>(() => call);
        await _backend.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }
}
