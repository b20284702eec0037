namespace Gateway.Tests.Hosting;

/// <summary>Environment variables for the length of a test; tests run one at a time.</summary>
internal sealed class Variables : IDisposable
{
    private readonly List<(string Name, string? Before)> _changed = [];

    public Variables(params (string Name, string? Value)[] variables)
    {
        foreach ((string name, string? value) in variables)
        {
            _changed.Add((name, Environment.GetEnvironmentVariable(name)));
            Environment.SetEnvironmentVariable(name, value);
        }
    }

    public void Dispose()
    {
        foreach ((string name, string? before) in _changed)
        {
            Environment.SetEnvironmentVariable(name, before);
        }
    }
}
