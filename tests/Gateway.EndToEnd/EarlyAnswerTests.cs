using System.Net.Sockets;
using System.Text;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>An app that refuses a body before it has read it, on the servers that Python apps run on.</summary>
public sealed class EarlyAnswerTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private const int Megabyte = 1 << 20;
    private const int Length = 64 * Megabyte;

    [Theory]
    [InlineData("gunicorn -w 1 -b 127.0.0.1:0 early_apps:wsgi")]
    [InlineData("gunicorn -w 1 -k gthread --threads 4 -b 127.0.0.1:0 early_apps:wsgi")]
    [InlineData("uvicorn --port 0 early_apps:asgi")]
    [InlineData("hypercorn -b 127.0.0.1:0 early_apps:asgi")]
    public async Task Its_answer_reaches_the_client(string command)
    {
        PythonApp app = await PythonApp.StartAsync(Processes, command);
        GatewayProcess gateway = await GatewayProcess.StartAsync(Processes, app.Address, Loopback.Nowhere);

        for (int round = 1; round <= 5; round++)
        {
            (string answer, int sent) = await UploadAsync(gateway.Address);

            Output.WriteLine($"{command}, round {round}: {answer.Split("\r\n")[0]} after {sent} MB");
            Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
            Assert.EndsWith("too large\n", answer, StringComparison.Ordinal);
        }
    }

    /// <summary>What came back while the body was sent, and how much of it went out before that.</summary>
    private static async Task<(string Answer, int Sent)> UploadAsync(Uri gateway)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var client = new TcpClient();
        await client.ConnectAsync(gateway.Host, gateway.Port, limit.Token);
        await using NetworkStream stream = client.GetStream();
        int sent = 0;
        Task sending = Task.Run(async () =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: {Length}\r\n\r\n"), limit.Token);
            for (var part = new byte[Megabyte]; sent < Length / Megabyte; sent++)
            {
                await stream.WriteAsync(part, limit.Token);
            }
        }, limit.Token);
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        while (!answer.ToString().EndsWith("too large\n", StringComparison.Ordinal)
            && await stream.ReadAsync(buffer, limit.Token) is > 0 and int read)
        {
            answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        int before = sent;
        client.Close();
        await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return (answer.ToString(), before);
    }
}
