using System.Diagnostics;
using System.Globalization;
using Gateway.Tests.Hosting;
using Gateway.Tracing;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Tests.Truth;

/// <summary>
/// Holds what the traces say of every single request of a random run against what the backend wrote down. A run is repeated with the
/// seed that it prints: <c>TRUTH_SEED=… TRUTH_REQUESTS=… dotnet test …</c>
/// </summary>
public sealed class TruthTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Over_http1_every_request_says_the_connection_and_position_that_the_backend_wrote_down()
    {
        var chance = new Chance();
        output.WriteLine($"seed {chance.Seed}, {Chance.Requests} requests");
        await using ScriptedServer backend = MoodyBackend.Start(chance);
        GatewayHost gateway = await GatewayHost.StartAsync(("Legacy:Address", backend.Address.AbsoluteUri), ("Inspect:Traces", "0"));
        await Crowd.SendAsync(gateway, chance, "/r/");
        await Eventually.Holds(() => gateway.OpenConnections == 0, "the last idle connections to be closed");
        await gateway.DisposeAsync();

        IReadOnlyList<Claim> claims = Claim.All(gateway.Exported, "/r/");
        var sent = claims.Where(static claim => claim.Attempts > 0).ToLookup(static claim => claim.Connection!);
        Dictionary<(int Connection, int Position), int> read = Read(backend);
        Dictionary<string, int> accepted = Match(claims, read);
        Assert.Equal(accepted.Count, accepted.Values.Distinct().Count());

        int unread = 0;
        foreach (IGrouping<string, Claim> connection in sent)
        {
            Assert.Distinct(connection.Select(static claim => claim.Use));
            foreach (Claim claim in connection)
            {
                Assert.Equal(claim.Use > 1, claim.Reused);
                bool wasRead = accepted.TryGetValue(claim.Connection!, out int number) && read.ContainsKey((number, (int)claim.Use));
                Assert.True(!wasRead || read[(number, (int)claim.Use)] == claim.Number, $"{claim.Connection} use {claim.Use}: the backend read another request there.");
                unread += wasRead ? 0 : 1;
            }
        }

        AssertNothingWasReadWithoutAClaim(claims, read, accepted);
        AssertLinksHold(gateway.Exported);
        AssertLoopsHold(gateway.Exported, chance);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{claims.Count} requests went out, on {backend.Connections.Count} connections; {claims.Count(static c => c.Attempts > 1)} on more than one, ")
            + $"{claims.Count(static c => c.Attempts == 0)} on none; {read.Count} were read, {unread} were never read by the backend");
    }

    [Fact]
    public async Task Over_http2_uses_have_no_gaps_and_requests_that_do_not_overlap_are_in_stream_order()
    {
        var chance = new Chance();
        output.WriteLine($"seed {chance.Seed}, {Chance.Requests} requests");
        await using KestrelBackend backend = await KestrelBackend.StartAsync(HttpProtocols.Http2, answer: async context =>
        {
            Random random = chance.Of(MoodyBackend.NumberIn(context.Request.Path));
            switch (random.Next(100))
            {
                case < 20: await Task.Delay(random.Next(1, 10)); break;
                case < 24: context.Abort(); break;
                case < 25: context.Features.Get<IConnectionLifetimeNotificationFeature>()!.RequestClose(); break;
                case < 26 when random.Next(4) == 0: context.Features.Get<IConnectionLifetimeFeature>()!.Abort(); break;
                default: break;
            }
        });
        GatewayHost gateway = await GatewayHost.StartAsync(
            ("Inspect:Traces", "0"), ("ReverseProxy:Routes:h2:ClusterId", "h2"), ("ReverseProxy:Routes:h2:Match:Path", "/h2/{**rest}"),
            ("ReverseProxy:Clusters:h2:Destinations:one:Address", backend.Address.AbsoluteUri),
            ("ReverseProxy:Clusters:h2:HttpRequest:Version", "2"), ("ReverseProxy:Clusters:h2:HttpRequest:VersionPolicy", "RequestVersionExact"));
        // Kestrel logs its event 67 as an error where the backend resets a stream while YARP still reads the request's body.
        gateway.ErrorsAreExpected = true;
        await Crowd.SendAsync(gateway, chance, "/h2/");
        await gateway.DisposeAsync();

        IReadOnlyList<Claim> claims = Claim.All(gateway.Exported, "/h2/");
        ILookup<string, Claim> connections = claims.Where(static claim => claim.Attempts > 0).ToLookup(static claim => claim.Connection!);
        foreach (IGrouping<string, Claim> connection in connections)
        {
            // A request that went on to another connection left its use of this one behind.
            int moved = claims.Sum(static claim => Math.Max(0, claim.Attempts - 1));
            long[] uses = [.. connection.Select(static claim => claim.Use).Order()];
            Assert.Distinct(uses);
            Assert.InRange(uses[^1] - uses.Length, 0, moved);
            AssertOrder(connection, backend);
        }

        AssertLinksHold(gateway.Exported);
        output.WriteLine($"{claims.Count} requests went out on {connections.Count} connections; {backend.Served.Count} were served, {claims.Count(c => !backend.Served.ContainsKey("/h2/" + c.Number))} were never read by the backend");
    }

    /// <summary>Which request the backend read at which position of which connection.</summary>
    private static Dictionary<(int Connection, int Position), int> Read(ScriptedServer backend) =>
        backend.Connections.SelectMany(static (connection, number) =>
                connection.Requests.Select((request, i) => (Place: (number, i + 1), Number: MoodyBackend.NumberIn(request.Target))))
            .ToDictionary(static read => read.Place, static read => read.Number);

    /// <summary>Which accepted connection has which id: where a request was read at the position that its span claims. Two answers are a lie.</summary>
    private static Dictionary<string, int> Match(IReadOnlyList<Claim> claims, Dictionary<(int Connection, int Position), int> read)
    {
        ILookup<int, (int Connection, int Position)> places = read.ToLookup(static r => r.Value, static r => r.Key);
        var accepted = new Dictionary<string, int>();
        foreach (Claim claim in claims.Where(static claim => claim.Attempts > 0))
        {
            // A request that was sent more than once may have been read at the same position of two connections: it is no witness.
            (int Connection, int Position)[] here = [.. places[claim.Number].Where(place => place.Position == claim.Use)];
            if (here.Length == 1 && claim.Attempts == 1)
            {
                Assert.True(!accepted.TryGetValue(claim.Connection!, out int known) || known == here[0].Connection, $"{claim.Connection} is two connections.");
                accepted[claim.Connection!] = here[0].Connection;
            }
        }

        return accepted;
    }

    private static void AssertNothingWasReadWithoutAClaim(
        IReadOnlyList<Claim> claims, Dictionary<(int Connection, int Position), int> read, Dictionary<string, int> accepted)
    {
        Dictionary<int, Claim> byNumber = claims.ToDictionary(static claim => claim.Number);
        Dictionary<int, string> ids = accepted.ToDictionary(static pair => pair.Value, static pair => pair.Key);
        foreach (((int connection, int position), int number) in read)
        {
            Claim claim = byNumber[number];
            bool here = ids.TryGetValue(connection, out string? id) && claim.Connection == id && claim.Use == position;
            Assert.True(here || claim.Attempts > 1, $"Request {number} was read at {position} of connection {connection}; its span says {claim.Connection} {claim.Use}.");
        }
    }

    private static void AssertOrder(IEnumerable<Claim> connection, KestrelBackend backend)
    {
        Claim[] byEnd = [.. connection.Where(static claim => claim.Attempts == 1).OrderBy(static claim => claim.Span.StartTimeUtc + claim.Span.Duration)];
        long highest = 0;
        int done = 0;
        foreach (Claim claim in byEnd.OrderBy(static claim => claim.Span.StartTimeUtc))
        {
            for (; done < byEnd.Length && byEnd[done].Span.StartTimeUtc + byEnd[done].Span.Duration < claim.Span.StartTimeUtc; done++)
            {
                highest = Math.Max(highest, byEnd[done].Use);
            }

            Assert.True(claim.Use > highest, $"Use {claim.Use} began after use {highest} had ended.");
        }

        string[] served = [.. connection.Select(claim => backend.Served.GetValueOrDefault("/h2/" + claim.Number)?.Connection).OfType<string>().Distinct()];
        Assert.True(served.Length <= 1, "One id, several accepted connections.");
    }

    private static void AssertLinksHold(IReadOnlyList<Activity> exported)
    {
        Dictionary<ActivitySpanId, Activity> setups = exported.Where(static span => span.OperationName == Sources.ConnectionSetup)
            .ToDictionary(static span => span.SpanId);
        foreach (Activity request in exported.Where(static span => span.OperationName == Sources.HttpRequestOut))
        {
            Assert.All(request.Links, link => Assert.True(setups.ContainsKey(link.Context.SpanId), "A link leads nowhere."));
            if (request.GetTagItem(Names.ConnectionId) is string id && request.Links.Any())
            {
                Assert.Contains(request.Links, link => (string?)setups[link.Context.SpanId].GetTagItem(Names.ConnectionId) == id);
            }
        }

        Assert.Distinct(setups.Values.Select(static setup => setup.GetTagItem(Names.ConnectionId)));
    }

    private static void AssertLoopsHold(IReadOnlyList<Activity> exported, Chance chance)
    {
        foreach (Activity server in exported.Where(static span => span.Kind == ActivityKind.Server && span.GetTagItem(Names.ServedBy) is "legacy"))
        {
            if (server.GetTagItem(Names.LoopId) is string id)
            {
                string said = $"id={id};use={server.GetTagItem(Names.LoopUse)}";
                Assert.Equal(MoodyBackend.LoopReport(chance, MoodyBackend.NumberIn((string)server.GetTagItem("url.path")!)), said);
                Assert.Equal((long)server.GetTagItem(Names.LoopUse)! > 1, server.GetTagItem(Names.LoopReused));
            }
        }
    }
}
