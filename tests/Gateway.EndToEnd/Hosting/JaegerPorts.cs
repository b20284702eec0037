namespace Gateway.EndToEnd.Hosting;

/// <summary>Where a Jaeger listens.</summary>
public sealed record JaegerPorts(int Grpc, int Http, int Query, int QueryGrpc, int Health)
{
    public static JaegerPorts Free() =>
        new(Loopback.FreePort(), Loopback.FreePort(), Loopback.FreePort(), Loopback.FreePort(), Loopback.FreePort());
}
