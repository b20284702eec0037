using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Legacy;

/// <summary>Bodies that come without a length, where <c>Legacy:BufferChunkedBodies</c> gives them one.</summary>
public sealed class BodyLengthTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string Chunks = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

    [Theory]
    [InlineData("5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n", "hello, world")]
    [InlineData("14\r\nas many as there may\r\n0\r\n\r\n", "as many as there may")]
    [InlineData("0\r\n\r\n", "")]
    public async Task Chunks_arrive_as_one_body_with_its_length(string chunks, string expected)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app, "20");

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, Chunks + chunks);

        Assert.Equal(200, answer.Status);
        ScriptedRequest request = Assert.Single(app.Requests);
        Assert.Equal(expected, Encoding.ASCII.GetString(request.Body));
        Assert.Equal($"{expected.Length}", request.Field("Content-Length"));
        Assert.Null(request.Field("Transfer-Encoding"));
    }

    [Fact]
    public async Task Whoever_waits_for_a_100_gets_it_here_and_the_app_is_not_waited_for()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app, "20");
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync("POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", await client.ReadUntilAsync("\r\n\r\n"));
        await client.SendAsync("5\r\nhello\r\n0\r\n\r\n");

        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
        ScriptedRequest request = Assert.Single(app.Requests);
        Assert.Null(request.Field("Expect"));
        Assert.Equal("hello", Encoding.ASCII.GetString(request.Body));
    }

    [Fact]
    public async Task A_byte_more_than_may_be_collected_is_answered_413_and_nothing_reaches_the_app()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app, "20");
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        // It goes on after that, and is not waited for.
        await client.SendAsync(Chunks + "16\r\nmore than there may be\r\n");
        RawAnswer answer = await client.ReadAnswerAsync();

        Assert.Equal(413, answer.Status);
        Assert.Equal("application/problem+json", answer.Field("Content-Type"));
        Assert.True(await client.IsClosedAsync());
        Assert.Empty(app.Connections);
        Assert.Equal(["loopgate.failures{error.type=body_too_large}"], measured.Counted);
        TraceOfOne trace = await gateway.TraceAsync();
        Assert.Equal("gateway", TraceOfOne.Attribute(trace.Server, "loopgate.served_by"));
    }

    [Fact]
    public async Task A_body_with_a_length_is_sent_on_as_it_comes_however_long_it_is()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app, "20");

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, $"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 40\r\n\r\n{new string('x', 40)}");

        Assert.Equal(200, answer.Status);
        Assert.Equal(40, Assert.Single(app.Requests).Body.Length);
    }

    [Fact]
    public async Task By_default_chunks_stay_chunks()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app, "0");

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, Chunks + "5\r\nhello\r\n0\r\n\r\n");

        Assert.Equal(200, answer.Status);
        ScriptedRequest request = Assert.Single(app.Requests);
        Assert.Equal("chunked", request.Field("Transfer-Encoding"));
        Assert.Null(request.Field("Content-Length"));
    }

    [Fact]
    public async Task A_body_of_HTTP_2_without_a_length_gets_one_too()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:BufferChunkedBodies", "20"), ("Kestrel:Endpoints:Http:Protocols", "Http2"));
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway.Address, "/a"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StreamContent(PipeReader.Create(new ReadOnlySequence<byte>("hello"u8.ToArray())).AsStream()),
        };

        using HttpResponseMessage answer = await client.SendAsync(request);

        Assert.Equal("ok", await answer.Content.ReadAsStringAsync());
        Assert.Equal("5", Assert.Single(app.Requests).Field("Content-Length"));
    }

    [Fact]
    public async Task A_client_that_leaves_within_its_body_leaves_nothing_at_the_app()
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await StartAsync(app, "20");
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]));
        using RawClient client = await RawClient.ConnectAsync(gateway.Address);

        await client.SendAsync(Chunks.Replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n", StringComparison.Ordinal));
        await client.ReadUntilAsync("100 Continue\r\n\r\n");
        await client.SendAsync("5\r\nhel");
        client.Reset();

        await Eventually.Holds(() => measured.Counted.Count > 0, "the client's end to be noticed");
        Assert.Equal(["loopgate.failures{error.type=client_left}"], measured.Counted);
        Assert.Empty(app.Connections);
    }

    /// <summary>The app was never asked, so it is not to blame.</summary>
    [Theory]
    [InlineData("Http1")]
    [InlineData("Http2")]
    public async Task A_body_that_takes_the_whole_time_of_the_route_is_answered_408_and_nothing_reaches_the_app(string version)
    {
        await using var app = ScriptedServer.Always(Ok);
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:BufferChunkedBodies", "20"), ("Legacy:TotalTimeout", "00:00:00.3"),
            ("Kestrel:Endpoints:Http:Protocols", version));
        using var measured = new Measured(gateway, ("loopgate.failures", ["error.type"]));
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync("hel"u8.ToArray());
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway.Address, "/a"))
        {
            Version = version == "Http2" ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StreamContent(pipe.Reader.AsStream()),
        };
        request.Headers.TransferEncodingChunked = version == "Http1";
        request.Headers.ExpectContinue = version == "Http1";

        Task<HttpResponseMessage> sending = client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await Eventually.Holds(() => measured.Counted.Count > 0, "the end of the time");
        await pipe.Writer.CompleteAsync();
        using HttpResponseMessage answer = await sending;

        Assert.Equal((HttpStatusCode.RequestTimeout, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.ToString()));
        Assert.Equal(["loopgate.failures{error.type=body_too_slow}"], measured.Counted);
        Assert.Empty(app.Connections);
        Assert.DoesNotContain(gateway.Log, static entry => entry.Level >= LogLevel.Warning);
        TraceOfOne trace = await gateway.TraceAsync();
        Assert.Equal("gateway", TraceOfOne.Attribute(trace.Server, "loopgate.served_by"));
    }

    private static Task<GatewayHost> StartAsync(ScriptedServer app, string most) =>
        GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri), ("Legacy:BufferChunkedBodies", most));
}
