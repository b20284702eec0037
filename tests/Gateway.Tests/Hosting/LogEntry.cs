using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Hosting;

/// <summary>A line that the gateway logged.</summary>
public sealed record LogEntry(string Category, LogLevel Level, int Id, string Message, Exception? Exception);
