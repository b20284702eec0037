namespace Gateway.Elasticsearch;

/// <summary>
/// The nodes in turn, resting ones left out. They are the configured ones until the cluster has named its nodes; then those, and the
/// configured ones that are not among them are asked only where all others rest.
/// </summary>
internal sealed class NodeList
{
    private readonly Node[] _configured;
    private readonly TimeProvider _time;
    private volatile Known _known;
    private uint _turn = uint.MaxValue;

    public NodeList(IEnumerable<Uri> addresses, TimeProvider time)
    {
        _time = time;
        _configured = [.. addresses.Select(Node.WithSlash).Distinct().Select(static address => new Node(address))];
        _known = new Known(_configured, []);
    }

    /// <summary>Those that take turns.</summary>
    public IReadOnlyList<Node> InTurn => _known.InTurn;

    /// <summary>All that may be asked for the cluster's nodes: live ones first, then those left alone longest.</summary>
    public IReadOnlyList<Node> ByHope =>
        [.. _known.All.OrderByDescending(static node => node.IsLive).ThenBy(static node => node.LeftAloneSince)];

    /// <summary>
    /// The next node that may be used and is not among those tried; where all rest, the one that has rested longest, unless only one that does not is
    /// wanted; null where there is none.
    /// </summary>
    public NodeUse? Next(IReadOnlyCollection<Node> tried, bool mayRest = true)
    {
        DateTimeOffset now = _time.GetUtcNow();
        uint first = Interlocked.Increment(ref _turn);
        Known known = _known;
        Node? rested = null;
        for (uint i = 0; i < known.All.Length; i++)
        {
            Node node = known.At(first, i);
            if (tried.Contains(node))
            {
                continue;
            }

            if (node.TryUse(now) is { } use)
            {
                return use;
            }

            rested = rested is null || node.LeftAloneSince < rested.LeftAloneSince ? node : rested;
        }

        return mayRest ? rested?.UseResting(now) : null;
    }

    public void Failed(in NodeUse use) => use.Node.Failed(use, _time.GetUtcNow());

    /// <summary>
    /// From now on these take turns; a node that stays keeps its state, and requests on one that goes end as they would have. False
    /// where they are the same as before. Only one may call this at a time.
    /// </summary>
    public bool Replace(IReadOnlyCollection<Uri> addresses)
    {
        Known before = _known;
        Dictionary<Uri, Node> nodes = before.All.ToDictionary(static node => node.Address);
        Node[] inTurn = [.. addresses.Select(Node.WithSlash).Distinct().Select(address => nodes.GetValueOrDefault(address) ?? new Node(address))];
        if (inTurn.Length == before.InTurn.Length && inTurn.All(before.InTurn.Contains))
        {
            return false;
        }

        _known = new Known(inTurn, [.. _configured.Except(inTurn)]);
        return true;
    }

    private sealed record Known(Node[] InTurn, Node[] InReserve)
    {
        public Node[] All { get; } = [.. InTurn, .. InReserve];

        /// <summary>Those in turn from the one whose turn it is on, then the others.</summary>
        public Node At(uint turn, uint step) => step < InTurn.Length ? InTurn[(turn + step) % (uint)InTurn.Length] : All[step];
    }
}
