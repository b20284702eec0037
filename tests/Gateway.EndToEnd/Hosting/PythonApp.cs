namespace Gateway.EndToEnd.Hosting;

/// <summary>A real Python app on a real server, started by the command of its README.</summary>
public sealed class PythonApp
{
    /// <summary>The app whose global client breaks, on the server that runs one request at a time.</summary>
    public const string FlaskOnGunicorn = "gunicorn -w 1 -b 127.0.0.1:0 flask_app:app";

    /// <summary>The same app behind asgiref's adapter.</summary>
    public const string FlaskOnUvicorn = "uvicorn --port 0 flask_asgi:app";

    public const string QuartOnUvicorn = "uvicorn --port 0 quart_app:app";

    /// <summary>The environment with the newest client that goes with both servers.</summary>
    public const string Client8 = "es8";

    private PythonApp(RunningProcess process, Uri address) => (Process, Address) = (process, address);

    public RunningProcess Process { get; }

    public Uri Address { get; }

    /// <param name="processes">Where the process belongs.</param>
    /// <param name="command">The server's command line; it listens on a port that it chooses.</param>
    /// <param name="elasticsearch">The cluster of the app's clients; none where the test asks for no view that uses it.</param>
    /// <param name="client">Which virtual environment: es7, es8 or es9.</param>
    /// <param name="environment">More variables.</param>
    public static async Task<PythonApp> StartAsync(
        ProcessSet processes, string command, Uri? elasticsearch = null, string client = Client8, params (string Name, string Value)[] environment)
    {
        Parts.Need("python");
        string[] words = command.Split(' ');
        string cluster = (elasticsearch ?? Loopback.Nowhere).AbsoluteUri;
        string programs = Parts.PathOf("python", client, "bin");
        RunningProcess process = processes.Start($"{command} ({client})", new ProcessCommand(Path.Combine(programs, words[0]), words[1..])
        {
            Folder = Parts.PathOf("python", "apps"),
            Environment =
            [
                ("ES_URL", cluster),
                ("ELASTICSEARCH_URL", cluster),
                ("LOOP_PROBE", "1"),
                ("PATH", $"{programs}:{Environment.GetEnvironmentVariable("PATH")}"),
                ("PYTHONPATH", $"{Path.Combine(Parts.Repository, "deploy", "legacy")}:{Path.Combine(Parts.Repository, "tests", "Gateway.EndToEnd", "Apps")}"),
                ("PYTHONDONTWRITEBYTECODE", "1"),
                ("PYTHONUNBUFFERED", "1"),
                .. environment,
            ],
        });
        return new PythonApp(process, new Uri(await process.LineAsync(@"(?:Listening at:|[Rr]unning on) (http://127\.0\.0\.1:\d+)")));
    }
}
