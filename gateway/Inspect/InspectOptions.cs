using System.ComponentModel.DataAnnotations;

namespace Gateway.Inspect;

/// <summary>The page of the last traces on the admin port.</summary>
internal sealed class InspectOptions
{
    public const string Section = "Inspect";

    /// <summary>
    /// How many traces are kept in memory, fewer where their texts come to more than 2,048 letters a trace; 0 switches the page off; up to 100,000. Default 2,000.
    /// </summary>
    [Range(0, 100_000, ErrorMessage = "must be between 0 and 100000.")]
    public int Traces { get; set; } = 2000;
}
