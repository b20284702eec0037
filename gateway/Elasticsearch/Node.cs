namespace Gateway.Elasticsearch;

/// <summary>One node of the cluster, and whether it is resting after a failure.</summary>
internal sealed class Node(Uri address)
{
    private static readonly TimeSpan _firstRest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestRest = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private Target? _lastTarget;
    private int _failures;
    private DateTimeOffset _restsUntil;
    private bool _probing;

    /// <summary>The node's URL, always ending in a slash, so that a path under it stays under it.</summary>
    public Uri Address { get; } = address.AbsoluteUri.EndsWith('/') ? address : new Uri(address.AbsoluteUri + "/");

    /// <summary>The name that the node gave itself in an answer to <c>GET /</c>, once known.</summary>
    public string? Name { get; set; }

    /// <summary>The node has shown to be a server before 7.14, which does not name its product in its answers; to be found out again after a failure.</summary>
    public bool IsOldServer { get; set; }

    /// <summary>The URL of a target on this node; not resolved, which would let //host or http://host lead elsewhere. Most views ask for the same one each time, so the last is kept.</summary>
    public Uri UriOf(string target)
    {
        Target? last = _lastTarget;
        if (last is null || !ReferenceEquals(last.Text, target))
        {
            _lastTarget = last = new Target(target, new Uri(Address.AbsoluteUri + target));
        }

        return last.Uri;
    }

    public DateTimeOffset RestsUntil
    {
        get
        {
            lock (_lock)
            {
                return _restsUntil;
            }
        }
    }

    /// <summary>A live node may always be used; a rested one by a single request, which finds out for all others.</summary>
    public bool TryUse(DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_failures == 0)
            {
                return true;
            }

            if (now < _restsUntil || _probing)
            {
                return false;
            }

            return _probing = true;
        }
    }

    public void Worked()
    {
        lock (_lock)
        {
            _failures = 0;
            _restsUntil = default;
            _probing = false;
        }
    }

    /// <summary>Rests for 1 s after the first failure in a row, twice as long after each further one, 60 s at most, and up to a tenth more.</summary>
    public void Failed(DateTimeOffset now)
    {
        lock (_lock)
        {
            _probing = false;
            IsOldServer = false;
            if (now < _restsUntil)
            {
                // The other requests that were under way when it failed.
                return;
            }

            double rest = Math.Min(_firstRest.TotalSeconds * Math.Pow(2, _failures), _longestRest.TotalSeconds);
            _failures = Math.Min(_failures + 1, 10);
            _restsUntil = now + TimeSpan.FromSeconds(rest * (1 + (Random.Shared.NextDouble() / 10)));
        }
    }

    /// <summary>The request ended without a verdict, for its caller left.</summary>
    public void Abandoned()
    {
        lock (_lock)
        {
            _probing = false;
        }
    }

    private sealed record Target(string Text, Uri Uri);
}
