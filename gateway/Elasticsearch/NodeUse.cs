namespace Gateway.Elasticsearch;

/// <summary>
/// One request's use of a node, for a call and for what is asked before its answer can be judged. Each of these ends with a verdict, which counts only
/// where <paramref name="Verdicts"/>, the number of changes of the node's state before the use began, is still the same: what was sent before a failure
/// says nothing new after it.
/// </summary>
internal readonly record struct NodeUse(Node Node, int Verdicts, bool IsProbe)
{
    public void Worked() => Node.Worked(this);

    public void Abandoned() => Node.Abandoned(this);
}
