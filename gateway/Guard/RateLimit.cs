using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Gateway.Configuration;
using Gateway.Listening;
using Gateway.Responding;

namespace Gateway.Guard;

/// <summary>
/// Answers what a client sends beyond its rate with 429 (RFC 6585 §4). A client is an address, of IPv6 the first 64 bits, which are one
/// customer's; behind trusted proxies it is the last address of <c>X-Forwarded-For</c> that is none of theirs. A client that has been quiet for a while is forgotten.
/// </summary>
internal sealed partial class RateLimit : IMiddleware, IDisposable
{
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    private readonly GuardOptions _options;
    private readonly ILogger _logger;
    private readonly PartitionedRateLimiter<IPAddress> _limiter;

    public RateLimit(GuardOptions options, ILogger<RateLimit> logger)
    {
        (_options, _logger) = (options, logger);
        int rate = options.RequestsPerSecond!.Value;
        // The limiter of all clients looks after each bucket ten times in a second, and puts in what the time between has earned.
        var bucket = new TokenBucketRateLimiterOptions
        {
            TokenLimit = options.Burst ?? rate,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = _second / rate,
            AutoReplenishment = false,
        };
        _limiter = PartitionedRateLimiter.Create<IPAddress, IPAddress>(client => RateLimitPartition.GetTokenBucketLimiter(client, _ => bucket));
    }

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (AdminConnection.Has(context))
        {
            return next(context);
        }

        using RateLimitLease lease = _limiter.AttemptAcquire(ClientOf(context.Connection.RemoteIpAddress, context.Request.Headers["X-Forwarded-For"]));
        if (lease.IsAcquired)
        {
            return next(context);
        }

        Log.Refused(_logger);
        return context.AnswerAsync(Outcome.TooManyRequests, lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait) ? wait : _second);
    }

    public void Dispose() => _limiter.Dispose();

    /// <summary>Whose request it is; <paramref name="forwarded"/> is believed as far as trusted proxies have written it.</summary>
    internal IPAddress ClientOf(IPAddress? caller, IReadOnlyList<string?> forwarded)
    {
        IPAddress client = caller ?? Callers.OfUnixSocket;
        for (int line = forwarded.Count - 1; line >= 0; line--)
        {
            string[] hops = forwarded[line]?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
            for (int hop = hops.Length - 1; hop >= 0; hop--)
            {
                if (!client.IsIn(_options.TrustedProxies) || !IPEndPoint.TryParse(hops[hop], out IPEndPoint? before))
                {
                    return Customer(client);
                }

                client = before.Address;
            }
        }

        return Customer(client);
    }

    private static IPAddress Customer(IPAddress client)
    {
        if (client.IsIPv4MappedToIPv6)
        {
            return client.MapToIPv4();
        }

        return client.AddressFamily == AddressFamily.InterNetworkV6 ? new IPAddress([.. client.GetAddressBytes()[..8], .. new byte[8]]) : client;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 701, Level = LogLevel.Debug, Message = "A client sends more requests than it may.")]
        public static partial void Refused(ILogger logger);
    }
}
