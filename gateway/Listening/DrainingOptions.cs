using System.ComponentModel.DataAnnotations;

namespace Gateway.Listening;

/// <summary>What happens between SIGTERM and the end of the process.</summary>
internal sealed class DrainingOptions
{
    public const string Section = "Draining";

    /// <summary>How long requests are still accepted after readiness went off, so that balancers can notice; 0 to 5 minutes. Default 3 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00", ErrorMessage = "must be between 00:00:00 and 00:05:00.")]
    public TimeSpan Wait { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long requests in flight may take after that until they are cut; 0 to 1 hour. Default 25 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00", ErrorMessage = "must be between 00:00:00 and 01:00:00.")]
    public TimeSpan Deadline { get; set; } = TimeSpan.FromSeconds(25);
}
