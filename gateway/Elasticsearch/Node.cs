namespace Gateway.Elasticsearch;

/// <summary>One node of the cluster, and whether it is resting after a failure.</summary>
// In one file, for it is one state under one lock.
internal sealed class Node(Uri address)
{
    private static readonly TimeSpan _firstRest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestRest = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private Target? _lastTarget;
    private int _failures;
    private int _verdicts;
    private DateTimeOffset _restsUntil;
    private DateTimeOffset _leftAloneSince;
    private bool _probing;

    /// <summary>The node's URL, always ending in a slash, so that a path under it stays under it.</summary>
    public Uri Address { get; } = WithSlash(address);

    /// <summary>
    /// What the node last said of itself, until it fails. One address is taken for one node: where it stands for several, each answer to <c>GET /</c>
    /// names its own, and other calls the last that was named.
    /// </summary>
    public Info? Info { get; private set; }

    /// <summary>The node has shown to be a server before 7.14, which does not name its product in its answers; to be found out again after a failure.</summary>
    public bool IsOldServer { get; private set; }

    /// <summary>How many are with it, with a connection or waiting for one; <see cref="Places"/> counts them, under its own lock.</summary>
    public int Callers { get; set; }

    /// <summary>False from a failure on until a request has worked.</summary>
    public bool IsLive
    {
        get
        {
            lock (_lock)
            {
                return _failures == 0;
            }
        }
    }

    /// <summary>The end of its last rest.</summary>
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

    /// <summary>When it last failed, or was tried in its rest.</summary>
    public DateTimeOffset LeftAloneSince
    {
        get
        {
            lock (_lock)
            {
                return _leftAloneSince;
            }
        }
    }

    /// <summary>An address as nodes have it.</summary>
    public static Uri WithSlash(Uri address) => address.AbsoluteUri.EndsWith('/') ? address : new Uri(address.AbsoluteUri + "/");

    /// <summary>
    /// The URL of a target on this node; not resolved, which would let //host or http://host lead elsewhere. Most views ask for the same one each time,
    /// so the last is kept.
    /// </summary>
    public Uri UriOf(string target)
    {
        Target? last = _lastTarget;
        if (last is null || !ReferenceEquals(last.Text, target))
        {
            _lastTarget = last = new Target(target, new Uri(Address.AbsoluteUri + target));
        }

        return last.Uri;
    }

    /// <summary>A live node may always be used; a rested one by a single request, which finds out for all others.</summary>
    public NodeUse? TryUse(DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_failures == 0)
            {
                return new NodeUse(this, _verdicts, IsProbe: false);
            }

            if (now < _restsUntil || _probing)
            {
                return null;
            }

            _probing = true;
            return new NodeUse(this, _verdicts, IsProbe: true);
        }
    }

    /// <summary>Used although it rests, for all others do. The next request in the same need tries another one first.</summary>
    public NodeUse UseResting(DateTimeOffset now)
    {
        lock (_lock)
        {
            _leftAloneSince = now;
            return new NodeUse(this, _verdicts, IsProbe: false);
        }
    }

    public void Worked(in NodeUse use)
    {
        lock (_lock)
        {
            if (_failures > 0 && use.Verdicts == _verdicts)
            {
                _failures = 0;
                _probing = false;
                _verdicts++;
            }
        }
    }

    /// <summary>Rests for 1 s after the first failure in a row, twice as long after each further one, 60 s at most, and up to a tenth more.</summary>
    public void Failed(in NodeUse use, DateTimeOffset now)
    {
        lock (_lock)
        {
            _leftAloneSince = now;
            if (use.Verdicts != _verdicts || (_failures > 0 && !use.IsProbe))
            {
                // It was under way when the node failed, or was sent to a resting one: nothing is new.
                return;
            }

            double rest = Math.Min(_firstRest.TotalSeconds * Math.Pow(2, _failures), _longestRest.TotalSeconds);
            _failures = Math.Min(_failures + 1, 10);
            _restsUntil = now + TimeSpan.FromSeconds(rest * (1 + (Random.Shared.NextDouble() / 10)));
            _probing = false;
            _verdicts++;
            IsOldServer = false;
            Info = null;
        }
    }

    /// <summary>Keeps what the node has said of itself, unless it has failed meanwhile; gives it back in any case.</summary>
    public Info Learned(ReadOnlyMemory<byte> info)
    {
        var said = Info.Read(info, Info);
        lock (_lock)
        {
            Info = _failures == 0 ? said : null;
        }

        return said;
    }

    /// <summary>Keeps whether it is a server before 7.14, unless it has failed meanwhile.</summary>
    public void Learned(bool isOldServer)
    {
        lock (_lock)
        {
            IsOldServer = isOldServer && _failures == 0;
        }
    }

    /// <summary>The request ended without a verdict, for its caller left: another one may find out.</summary>
    public void Abandoned(in NodeUse use)
    {
        lock (_lock)
        {
            if (use.IsProbe && use.Verdicts == _verdicts)
            {
                _probing = false;
            }
        }
    }

    private sealed record Target(string Text, Uri Uri);
}
