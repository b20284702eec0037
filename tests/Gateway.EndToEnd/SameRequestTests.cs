using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.EndToEnd.Hosting;

namespace Gateway.EndToEnd;

/// <summary>What the app's own server makes of a request that came through the gateway is what it makes of the same bytes sent to it directly.</summary>
public sealed partial class SameRequestTests(SharedServers servers, ITestOutputHelper output) : EndToEndTest(servers, output)
{
    private const int Requests = 300;

    /// <summary>What the gateway says of the client and of the trace, and the one field that is of each hop.</summary>
    private static readonly string[] _ours = ["X-FORWARDED-FOR", "X-FORWARDED-PROTO", "X-FORWARDED-HOST", "TRACEPARENT", "CONNECTION"];

    [Theory]
    [InlineData("gunicorn -w 1 -b 127.0.0.1:0 parsed:wsgi")]
    [InlineData("uvicorn --port 0 --no-proxy-headers parsed:asgi")]
    public async Task A_random_valid_request_is_parsed_alike_directly_and_through_the_gateway(string server)
    {
        int seed = Environment.GetEnvironmentVariable("LOOPGATE_SEED") is { Length: > 0 } set ? int.Parse(set, CultureInfo.InvariantCulture) : Random.Shared.Next();
        Output.WriteLine($"LOOPGATE_SEED={seed}");
        PythonApp app = await PythonApp.StartAsync(Processes, server);
        GatewayProcess gateway = await GatewayProcess.StartAsync(Processes, app.Address, Loopback.Nowhere);
        var chance = new Random(seed);
        int refused = 0;

        for (int i = 0; i < Requests; i++)
        {
            string request = RandomRequest.Make(chance);
            string direct = await SendAsync(app.Address, request);
            if (!direct.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
            {
                // The server itself takes it for malformed: no matter what the gateway makes of it.
                refused++;
                continue;
            }

            string through = await SendAsync(gateway.Address, request);
            Assert.True(Seen(direct) == Seen(through), $"Request {i} of seed {seed}:\n{request}\ndirectly: {Seen(direct)}\nthrough:  {Seen(through)}");
        }

        Output.WriteLine($"{Requests - refused} requests alike, {refused} refused by the server itself");
        Assert.True(refused < Requests / 10, $"{refused} refused");
    }

    /// <summary>The server's view without our fields. A field that came several times is one, its values with a comma between (RFC 9110 §5.3), and sorted by its name.</summary>
    private static string Seen(string answer)
    {
        if (!answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
        {
            return answer;
        }

        using JsonDocument seen = JsonDocument.Parse(answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
        IEnumerable<string> fields = seen.RootElement.GetProperty("fields").EnumerateArray()
            .Select(static field => (Name: NameOf(field[0].GetString()!), Value: field[1].GetString()!))
            // .NET says of a POST, PUT or PATCH without a body that it has none (RFC 9110 §8.6).
            .Where(static field => !_ours.Contains(field.Name) && field is not { Name: "CONTENT-LENGTH", Value: "0" })
            .GroupBy(static field => field.Name, static field => field.Value)
            .Select(static field => $"{field.Key}: {Joined(field.Key, field)}")
            .Order(StringComparer.Ordinal);
        IEnumerable<string> rest = seen.RootElement.EnumerateObject().Where(static part => part.Name != "fields").Select(static part => $"{part.Name}: {part.Value}");
        return string.Join('\n', rest.Concat(fields));
    }

    private static string NameOf(string name) => (name.StartsWith("HTTP_", StringComparison.Ordinal) ? name[5..] : name).Replace('_', '-').ToUpperInvariant();

    /// <summary>The names that come but once are compared to the byte.</summary>
    private static string Joined(string name, IEnumerable<string> values) => name.StartsWith("X-", StringComparison.Ordinal) && name != "X-TWICE"
        ? string.Join(",", values)
        : Separator().Replace(string.Join(",", values), "$1");

    [GeneratedRegex(@"\s*([,;])\s*")]
    private static partial Regex Separator();

    private static async Task<string> SendAsync(Uri server, string request)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port, limit.Token);
        using var connection = new HttpBytes(socket, limit.Token);
        await connection.WriteAsync(Encoding.Latin1.GetBytes(request));
        return Encoding.Latin1.GetString(await connection.ReadAsync() ?? []);
    }
}
