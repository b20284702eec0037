using System.Diagnostics;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Tracing;

/// <summary>What the traces say of one request's way out: its path, and the connection that it rode on.</summary>
internal sealed record Ride(string Path, string? Connection, long Use, int Attempts, ActivityTraceId Trace)
{
    /// <summary>The rides of the requests that were exported so far, once there are so many.</summary>
    public static async Task<IReadOnlyList<Ride>> AllAsync(GatewayHost gateway, int count)
    {
        await Eventually.Holds(() => gateway.Exported.Count(static span => span.Kind == ActivityKind.Server) >= count, $"{count} Server spans");
        return Of(gateway.Exported);
    }

    public static IReadOnlyList<Ride> Of(IReadOnlyList<Activity> exported)
    {
        Dictionary<ActivityTraceId, Activity> servers = exported.Where(static span => span.Kind == ActivityKind.Server).ToDictionary(static span => span.TraceId);
        return
        [
            .. exported.Where(static span => span.OperationName == "System.Net.Http.HttpRequestOut").Select(span => new Ride(
                (string)servers[span.TraceId].GetTagItem("url.path")!,
                (string?)span.GetTagItem("loopgate.connection.id"),
                (long?)span.GetTagItem("loopgate.connection.use") ?? 0,
                (int)span.GetTagItem("loopgate.connection.attempts")!,
                span.TraceId)),
        ];
    }

    /// <summary>Each link of a request that went out leads to a span that was exported, once, and no setup span was exported to which no link leads.</summary>
    public static void LinksLeadToSetups(IReadOnlyList<Activity> exported)
    {
        ActivitySpanId[] setups = [.. exported.Where(static span => span.OperationName.EndsWith(".ConnectionSetup", StringComparison.Ordinal)).Select(static span => span.SpanId)];
        ActivitySpanId[] targets = [.. exported.Where(static span => span.OperationName.EndsWith(".HttpRequestOut", StringComparison.Ordinal)).SelectMany(static span => span.Links).Select(static link => link.Context.SpanId).Distinct()];

        Assert.Equal(setups.Length, setups.Distinct().Count());
        Assert.Equal(targets.Select(static id => id.ToHexString()).Order(), setups.Select(static id => id.ToHexString()).Order());
        Assert.Equal(exported.Count, exported.Select(static span => span.SpanId).Distinct().Count());
    }

    /// <summary>Ids and connections are one to one, and each use is the position at which the server read the request.</summary>
    public static void AgreeWith(IReadOnlyDictionary<string, (string Connection, int Position)> server, IReadOnlyList<Ride> rides)
    {
        Assert.All(rides, ride => Assert.Equal(server[ride.Path].Position, ride.Use));
        (string?, string)[] pairs = [.. rides.Select(ride => (ride.Connection, server[ride.Path].Connection)).Distinct()];
        Assert.Equal(pairs.Length, pairs.Select(static pair => pair.Item1).Distinct().Count());
        Assert.Equal(pairs.Length, pairs.Select(static pair => pair.Item2).Distinct().Count());
    }

    /// <summary>By the path of each request: the connection that brought it, and which one it was on it.</summary>
    public static IReadOnlyDictionary<string, (string Connection, int Position)> Served(ScriptedServer server) =>
        server.Connections.SelectMany(static (connection, number) => connection.Requests.Select((request, index) =>
                (Path: request.Target, Place: (number.ToString(System.Globalization.CultureInfo.InvariantCulture), index + 1))))
            .ToDictionary(static request => request.Path, static request => request.Place);
}
