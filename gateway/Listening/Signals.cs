using System.Runtime.InteropServices;

namespace Gateway.Listening;

/// <summary>The second SIGTERM or SIGINT, which ends what the first one lets end by itself; the host passes over it.</summary>
internal sealed class Signals : IDisposable
{
    private readonly CancellationTokenSource _second = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _count;

    public Signals() => _registrations = [Register(PosixSignal.SIGTERM), Register(PosixSignal.SIGINT)];

    public CancellationToken Second => _second.Token;

    public void Dispose()
    {
        Array.ForEach(_registrations, static registration => registration.Dispose());
        _second.Dispose();
    }

    private PosixSignalRegistration Register(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _count) == 2)
        {
            _second.Cancel();
        }
    });
}
