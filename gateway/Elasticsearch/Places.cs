namespace Gateway.Elasticsearch;

/// <summary>
/// Who may be with a node: as many as it may have connections, and of those who wait for one, to whichever node, as many as may wait. .NET's pool knows
/// the first limit alone, and lets wait who comes.
/// </summary>
internal sealed class Places(ElasticsearchOptions options)
{
    private readonly Lock _lock = new();
    private int _waiting;

    /// <summary>Takes a place with the node, which is given back by <see cref="Leave"/>; false where there is none.</summary>
    /// <param name="node">The node.</param>
    /// <param name="waits">Whether it is one among those who wait.</param>
    public bool TryEnter(Node node, out bool waits)
    {
        lock (_lock)
        {
            waits = node.Callers >= options.MaxConnectionsPerNode;
            if (waits && _waiting >= options.MaxWaiting)
            {
                return false;
            }

            _waiting += waits ? 1 : 0;
            node.Callers++;
            return true;
        }
    }

    public void Leave(Node node)
    {
        lock (_lock)
        {
            // Of those who wait one does not any more: this one, or another that has its connection now.
            _waiting -= node.Callers > options.MaxConnectionsPerNode ? 1 : 0;
            node.Callers--;
        }
    }
}
