namespace Gateway.EndToEnd.Hosting;

/// <summary>Elasticsearch's own statistics of its HTTP connections.</summary>
public sealed record ConnectionCounts(long TotalOpened, IReadOnlyDictionary<long, long> RequestsByClient, IReadOnlyDictionary<int, long> RequestsByPort);
