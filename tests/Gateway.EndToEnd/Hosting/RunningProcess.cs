using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Gateway.EndToEnd.Hosting;

/// <summary>
/// A process with what it wrote. Its environment is empty but for what every program needs, its home is a folder of its own, and it is
/// stopped by SIGTERM, and by SIGKILL where that does not help.
/// </summary>
public sealed class RunningProcess : IAsyncDisposable
{
    private const int SigKill = 9;
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);
    private static readonly string[] _inherited = ["PATH", "LANG", "JAVA_HOME", "DOTNET_ROOT"];

    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("loopgate-");
    private readonly Process _process;

    public RunningProcess(string name, ProcessCommand command)
    {
        Name = name;
        var start = new ProcessStartInfo(command.Program, command.Arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = command.Folder ?? _home.FullName,
        };
        start.Environment.Clear();
        foreach (string variable in _inherited)
        {
            start.Environment[variable] = Environment.GetEnvironmentVariable(variable);
        }

        start.Environment["HOME"] = _home.FullName;
        start.Environment["TMPDIR"] = _home.FullName;
        foreach ((string variable, string value) in command.Environment)
        {
            start.Environment[variable] = value;
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Name { get; }

    public IReadOnlyCollection<string> Output => _output;

    public IReadOnlyCollection<string> Errors => _errors;

    public IEnumerable<string> Lines => _output.Concat(_errors);

    public string Tail => string.Join(Environment.NewLine, Lines.TakeLast(40));

    public bool HasExited => _process.HasExited;

    /// <summary>Memory in use now, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Waits for a line and returns the pattern's first group.</summary>
    public async Task<string> LineAsync([StringSyntax(StringSyntaxAttribute.Regex)] string pattern)
    {
        Match? found = null;
        await Eventually.Holds(
            () =>
            {
                bool ended = HasExited;
                found = Lines.Select(line => Regex.Match(line, pattern)).FirstOrDefault(static match => match.Success);
                return found is not null || ended;
            },
            $"a line '{pattern}' of {Name}",
            TimeSpan.FromSeconds(60));
        Assert.True(found is not null, $"{Name} ended without a line '{pattern}': {Tail}");
        return found.Groups[1].Value;
    }

    public int Id => _process.Id;

    public void Terminate() => Assert.Equal(0, Kill(_process.Id, SigTerm));

    /// <summary>How many files and sockets it has open, and how many threads.</summary>
    public (int Handles, int Threads) Counts()
    {
        _process.Refresh();
        return (Directory.GetFileSystemEntries($"/proc/{_process.Id}/fd").Length, _process.Threads.Count);
    }

    /// <summary>Ends it without a chance to say goodbye.</summary>
    public void Kill() => Assert.Equal(0, Kill(_process.Id, SigKill));

    /// <summary>Stops it where it is: its sockets stay open and nobody answers.</summary>
    public void Pause() => Assert.Equal(0, Kill(_process.Id, SigStop));

    public void Resume() => Assert.Equal(0, Kill(_process.Id, SigCont));

    /// <summary>Waits for the end and returns the exit code.</summary>
    public async Task<int> ExitAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _ = Kill(_process.Id, SigTerm);
            // One that is paused hears nothing else.
            _ = Kill(_process.Id, SigCont);
            await EndAsync();
            if (!_process.HasExited)
            {
                _process.Kill(entireProcessTree: true);
                await EndAsync();
            }
        }

        _process.Dispose();
        _home.Delete(recursive: true);
    }

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
        {
            lines.Enqueue(line);
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);

    /// <summary>A killed server's children may hold its pipes a little longer: their end is not waited for.</summary>
    private async Task EndAsync()
    {
        using var limit = new CancellationTokenSource(_patience);
        await _process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
