using System.Net;
using Gateway.Tests.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Tests.Legacy;

/// <summary>Trailers pass where the protocol can; where it cannot, none are announced.</summary>
public sealed class TrailerTests
{
    private const string Chunked = "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n";

    [Fact]
    public async Task Over_HTTP_1_1_none_is_sent_and_none_is_announced()
    {
        await using var app = new ScriptedServer(static async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync(Chunked);
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");

        Assert.True(answer.IsWhole);
        Assert.Equal(("hello", null), (answer.Body, answer.Field("Trailer")));
    }

    [Fact]
    public async Task Those_of_a_request_end_at_the_gateway_with_their_announcement()
    {
        await using var app = new ScriptedServer(static async connection =>
        {
            string? head = await connection.ReadHeadAsync();
            byte[] body = await connection.ReadAsync("5\r\nhello\r\n0\r\n\r\n".Length);
            string seen = head + System.Text.Encoding.Latin1.GetString(body);
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {seen.Length}\r\n\r\n{seen}");
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", app.Address.AbsoluteUri));

        RawAnswer answer = await RawClient.ExchangeAsync(gateway.Address,
            "POST /a HTTP/1.1\r\nHost: h\r\nTrailer: Content-Length, X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nContent-Length: 1\r\nX-Sum: 7\r\n\r\n");

        Assert.EndsWith("5\r\nhello\r\n0\r\n\r\n", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("Trailer", answer.Body, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("X-Sum", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Over_HTTP_2_they_are_whole_in_an_answer()
    {
        await using KestrelBackend app = await KestrelBackend.StartAsync(HttpProtocols.Http2, answer: static async context =>
        {
            context.Response.DeclareTrailer("grpc-status");
            await context.Response.WriteAsync("hello");
            context.Response.AppendTrailer("grpc-status", "0");
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(
            ("Kestrel:Endpoints:Http:Protocols", "Http2"), ("Admin:Url", "http://127.0.0.1:0"),
            ("ReverseProxy:Routes:r:ClusterId", "c"), ("ReverseProxy:Routes:r:Match:Path", "/{**rest}"),
            ("ReverseProxy:Clusters:c:Destinations:only:Address", app.Address.AbsoluteUri),
            ("ReverseProxy:Clusters:c:HttpRequest:Version", "2"), ("ReverseProxy:Clusters:c:HttpRequest:VersionPolicy", "RequestVersionExact"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/a") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

        using HttpResponseMessage answer = await gateway.Client.SendAsync(request);

        Assert.Equal("hello", await answer.Content.ReadAsStringAsync());
        Assert.Equal("grpc-status", answer.Headers.Trailer.Single());
        Assert.Equal(["0"], answer.TrailingHeaders.GetValues("grpc-status"));
    }
}
