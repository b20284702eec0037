namespace Gateway.EndToEnd.Hosting;

/// <summary>A program with its arguments, and what its environment has beside the bare necessities.</summary>
public sealed record ProcessCommand(string Program, IReadOnlyList<string> Arguments)
{
    public IReadOnlyList<(string Name, string Value)> Environment { get; init; } = [];

    public string? Folder { get; init; }
}
