using System.Globalization;

namespace Gateway.Tests.Hosting;

/// <summary>An answer as it came; <paramref name="IsWhole"/> is false where the connection ended before its framing said so.</summary>
public sealed record RawAnswer(string Head, string Body, bool IsWhole)
{
    public int Status => int.Parse(Head.Split(' ')[1], CultureInfo.InvariantCulture);

    /// <summary>The values of all lines of that name, in order.</summary>
    public IReadOnlyList<string> Fields(string name) =>
    [
        .. Head.Split("\r\n").Skip(1).Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
            .Select(line => line[(name.Length + 1)..].Trim()),
    ];

    /// <summary>The value of the only line of that name; null where there is none.</summary>
    public string? Field(string name) => Fields(name).SingleOrDefault();
}
