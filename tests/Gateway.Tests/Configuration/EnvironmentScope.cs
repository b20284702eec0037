namespace Gateway.Tests.Configuration;

/// <summary>Environment variables for as long as a test needs them; safe, for tests run one at a time.</summary>
internal sealed class EnvironmentScope : IDisposable
{
    private readonly List<(string Name, string? Before)> _changed = [];

    public EnvironmentScope(params (string Name, string? Value)[] variables)
    {
        foreach ((string name, string? value) in variables)
        {
            _changed.Add((name, Environment.GetEnvironmentVariable(name)));
            Environment.SetEnvironmentVariable(name, value);
        }
    }

    public void Dispose() => _changed.ForEach(static variable => Environment.SetEnvironmentVariable(variable.Name, variable.Before));
}
