namespace Gateway.EndToEnd.Hosting;

/// <summary>A line of the gateway's log in Production.</summary>
public sealed record LogEntry(int EventId, string LogLevel, string Category, string Message);
