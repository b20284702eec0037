namespace Gateway.Tests.Truth;

/// <summary>Where a request arrived: on which accepted connection and as which one on it, over HTTP/2 by its stream.</summary>
internal readonly record struct Arrival(int Connection, int Position, int Number);
