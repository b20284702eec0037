namespace Gateway.Elasticsearch;

/// <summary>The nodes in turn, resting ones left out.</summary>
internal sealed class NodeList(IEnumerable<Uri> addresses, TimeProvider time)
{
    private readonly Node[] _nodes = [.. addresses.Select(static address => new Node(address))];
    private uint _turn = uint.MaxValue;

    public int Count => _nodes.Length;

    /// <summary>
    /// The next node that may be used and is not among those tried; where all rest, the one that has rested longest; null where all
    /// have been tried.
    /// </summary>
    public Node? Next(IReadOnlyCollection<Node> tried)
    {
        DateTimeOffset now = time.GetUtcNow();
        uint first = Interlocked.Increment(ref _turn);
        Node? rested = null;
        for (uint i = 0; i < _nodes.Length; i++)
        {
            Node node = _nodes[(first + i) % (uint)_nodes.Length];
            if (tried.Contains(node))
            {
                continue;
            }

            if (node.TryUse(now))
            {
                return node;
            }

            rested = rested is null || node.RestsUntil < rested.RestsUntil ? node : rested;
        }

        return rested;
    }

    public void Failed(Node node) => node.Failed(time.GetUtcNow());
}
