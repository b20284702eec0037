namespace Gateway.Tests.Truth;

/// <summary>What the spans claim on one side, what the app wrote down on the other: every request is on both, or is counted as missing on one.</summary>
internal sealed class Ledger
{
    private readonly Witness _witness;
    private readonly IReadOnlyCollection<Arrival> _arrivals;
    private readonly bool _inOrder;
    private readonly ILookup<int, Claim> _requests;
    private readonly ILookup<string, Claim> _connections;
    private readonly Dictionary<string, int> _left;
    private readonly HashSet<(string Connection, long Use)> _places;

    /// <param name="witness">Of the gateway, which has stopped.</param>
    /// <param name="arrivals">All that the app wrote down.</param>
    /// <param name="inOrder">Over HTTP/1.1 requests arrive in the order in which they are sent.</param>
    public Ledger(Witness witness, IReadOnlyCollection<Arrival> arrivals, bool inOrder)
    {
        (_witness, _arrivals, _inOrder) = (witness, arrivals, inOrder);
        _requests = Claims.ToLookup(static claim => claim.Number);
        _connections = Claims.Where(static claim => claim.Attempts > 0).ToLookup(static claim => claim.Connection!);
        _left = Claims.Where(static claim => claim.Attempts > 1).SelectMany(Left).CountBy(static id => id).ToDictionary();
        _places = [.. _connections.SelectMany(static connection => connection, static (connection, claim) => (connection.Key, claim.Use!.Value))];
    }

    /// <summary>All that went out.</summary>
    public IReadOnlyCollection<Claim> Claims => _witness.Claims;

    /// <summary>How many different requests they are: what met a stale connection went out twice, and YARP may have to ask for a WebSocket again.</summary>
    public int Requests => _requests.Count;

    /// <summary>How many connections they name.</summary>
    public int Connections => _connections.Count;

    /// <summary>Whether nothing went out twice but what met a connection that had been used before, and that once.</summary>
    public bool RepeatsWereStale => _requests.All(static request =>
        request.OrderBy(static claim => claim.Start).ToArray() is [_] or [{ Reused: true }, { Reused: false or null }]);

    /// <summary>How many of the requests the app read, once or more often.</summary>
    public int Read => _arrivals.Select(static arrival => arrival.Number).Distinct().Count();

    /// <summary>How many of the requests were sent, and never read by the app.</summary>
    public int Unread => _requests.Count(static request => request.Any(static claim => claim.Attempts > 0)) - Read;

    public void AssertTrue()
    {
        Assert.Empty(_witness.Lies);
        foreach (Claim claim in Claims)
        {
            AssertWhole(claim);
        }

        Assert.Equal(_witness.Uses, Claims.Sum(static claim => claim.Attempts));
        Assert.Distinct(_witness.Setups.Values);
        foreach (IGrouping<string, Claim> connection in _connections)
        {
            AssertUses(connection);
        }

        Dictionary<int, string> ids = Match();
        HashSet<string> matched = [.. ids.Values];
        foreach (IGrouping<int, Arrival> accepted in _arrivals.GroupBy(static arrival => arrival.Connection))
        {
            AssertExplained(accepted, ids.GetValueOrDefault(accepted.Key), matched);
        }

        Dictionary<int, int> positions = _arrivals.GroupBy(static arrival => arrival.Number).Where(static request => request.Count() == 1)
            .ToDictionary(static request => request.Key, static request => request.First().Position);
        foreach (IGrouping<string, Claim> connection in _connections)
        {
            Sequence.AssertTrue(connection.Where(claim => claim.Attempts == 1 && _requests[claim.Number].Count() == 1), positions);
        }
    }

    /// <summary>A request either names its connection in full and links to it, or had none.</summary>
    private void AssertWhole(Claim claim)
    {
        string[] linked = [.. claim.Links.Select(link => _witness.Setups[link])];
        if (claim.Attempts == 0)
        {
            Assert.Equal((null, null, null, false), (claim.Connection, claim.Use, claim.Reused, claim.HasAge));
            return;
        }

        Assert.NotEqual(Crowd.Gone, claim.Route);
        Assert.True(claim.Use >= 1 && claim.Reused == claim.Use > 1 && claim.HasAge, claim.ToString());
        Assert.True(linked.Contains(claim.Connection) && linked.Length >= claim.Attempts, $"{claim} links to {string.Join(", ", linked)}.");
    }

    /// <summary>1 to n, each once: those of the requests that stayed, and those that requests left behind which went on to another connection.</summary>
    private void AssertUses(IGrouping<string, Claim> connection)
    {
        long[] uses = [.. connection.Select(static claim => claim.Use!.Value)];
        Assert.Distinct(uses);
        Assert.InRange(uses.Max(), uses.Length, uses.Length + _left.GetValueOrDefault(connection.Key));
    }

    /// <summary>Which id each accepted connection has, by the requests that were sent once only: one to one.</summary>
    private Dictionary<int, string> Match()
    {
        Dictionary<int, string> ids = [];
        Dictionary<string, int> accepted = [];
        foreach (Arrival arrival in _arrivals)
        {
            if (_requests[arrival.Number].ToArray() is [{ Attempts: 1 } claim])
            {
                ids.TryAdd(arrival.Connection, claim.Connection!);
                accepted.TryAdd(claim.Connection!, arrival.Connection);
                Assert.Equal((claim.Connection, arrival.Connection), (ids[arrival.Connection], accepted[claim.Connection!]));
            }
        }

        return ids;
    }

    /// <summary>All that arrived on a connection is claimed there, or by a request that went on from there.</summary>
    private void AssertExplained(IGrouping<int, Arrival> accepted, string? known, HashSet<string> matched)
    {
        IEnumerable<string> candidates = known is not null
            ? [known]
            : _requests[accepted.First().Number].SelectMany(static claim => claim.Links).Select(link => _witness.Setups[link]).Where(id => !matched.Contains(id));
        Assert.True(
            candidates.Any(id => accepted.All(arrival => IsExplained(arrival, id))),
            $"Connection {accepted.Key} ({known}) read {string.Join(", ", accepted)}.");
    }

    private bool IsExplained(Arrival arrival, string id) => _requests[arrival.Number].Any(claim => claim.Connection == id && IsAt(claim, arrival))
        || (_requests[arrival.Number].Any(claim => Left(claim).Contains(id)) && (!_inOrder || !_places.Contains((id, arrival.Position))));

    private bool IsAt(Claim claim, Arrival arrival) => !_inOrder || claim.Use == arrival.Position;

    /// <summary>
    /// The connections that a request was sent on before the one that it names; over HTTP/2 a refused stream may be sent again on the same.
    /// A last one may be among them to which it was handed and not written: then its client left in between.
    /// </summary>
    private List<string> Left(Claim claim)
    {
        List<string> linked = [.. claim.Links.Select(link => _witness.Setups[link])];
        linked.Remove(claim.Connection!);
        return linked;
    }
}
