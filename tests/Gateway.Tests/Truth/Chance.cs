using System.Globalization;

namespace Gateway.Tests.Truth;

/// <summary>What happens to a request, drawn from the seed and its number alone: the same run can be had again.</summary>
internal sealed class Chance
{
    public const string SeedVariable = "TRUTH_SEED";
    public const string RequestsVariable = "TRUTH_REQUESTS";

    /// <summary>Of this run; a new one each time, unless the variable names one.</summary>
    public int Seed { get; } = Number(SeedVariable) ?? Random.Shared.Next(1, int.MaxValue);

    /// <summary>How many requests a run has.</summary>
    public static int Requests => Number(RequestsVariable) ?? 10_000;

    public Random Of(int request) => new(HashCode(request));

    private int HashCode(int request) => unchecked((Seed * 486187739) + (request * 16777619));

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
