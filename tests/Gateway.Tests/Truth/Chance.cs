using System.Globalization;

namespace Gateway.Tests.Truth;

/// <summary>What happens to a request, drawn from the seed and its number alone: the same run can be had again.</summary>
/// <param name="percent">How much of the usual number of requests the run has.</param>
internal sealed class Chance(int percent = 100)
{
    public const string SeedVariable = "TRUTH_SEED";
    public const string RequestsVariable = "TRUTH_REQUESTS";

    /// <summary>Of this run; a new one each time, unless the variable names one.</summary>
    public int Seed { get; } = Number(SeedVariable) ?? Random.Shared.Next(1, int.MaxValue);

    /// <summary>How many requests the run has.</summary>
    public int Requests { get; } = (int)((Number(RequestsVariable) ?? 10_000) * (long)percent / 100);

    /// <summary>For what the other side does with a request.</summary>
    public Random Of(int request) => new(unchecked((Seed * 486187739) + (request * 16777619)));

    /// <summary>For what the client does with a request.</summary>
    public Random OfClient(int request) => Of(request + 1_000_000_000);

    /// <summary>For what the other side does with a connection before anything arrives on it.</summary>
    public Random OfConnection(int accepted) => Of(accepted - 1_000_000_000);

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
