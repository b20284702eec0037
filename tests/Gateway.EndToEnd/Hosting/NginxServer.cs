using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Gateway.EndToEnd.Hosting;

/// <summary>Debian's nginx, for what a node cannot do itself: TLS with a certificate that can be replaced while it runs.</summary>
public sealed class NginxServer
{
    private const string Program = "/usr/sbin/nginx";
    private const int SigHup = 1;
    private readonly RunningProcess _process;
    private readonly string _accessLog;

    private NginxServer(RunningProcess process, string accessLog) => (_process, _accessLog) = (process, accessLog);

    /// <summary>For each request the number of its connection, which grows, and the serial number of the client's certificate, in hex.</summary>
    public IReadOnlyList<(long Connection, string Client)> Requests =>
    [
        .. File.ReadAllLines(_accessLog).Select(static line => line.Split(' ')).Where(static line => line.Length == 3)
            .Select(static line => (long.Parse(line[0], CultureInfo.InvariantCulture), line[1])),
    ];

    /// <summary>Starts it in front of <paramref name="upstream"/>, with a listener for each port and the pair NAME.pem, NAME.key.</summary>
    public static async Task<NginxServer> StartAsync(
        ProcessSet processes, CertificateFolder files, Uri upstream, (int Port, string Pair)[] listeners, string more = "")
    {
        Parts.Need("elasticsearch");
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true" && !File.Exists(Program), "nginx is missing.");
        Assert.SkipUnless(File.Exists(Program), "nginx is missing: apt-get install nginx-light.");
        string servers = string.Concat(listeners.Select(listener => $$"""
            server {
              listen 127.0.0.1:{{listener.Port}} ssl;
              ssl_certificate {{files.PathOf(listener.Pair + ".pem")}};
              ssl_certificate_key {{files.PathOf(listener.Pair + ".key")}};
              {{more}}
              location / { proxy_pass {{upstream}}; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_ssl_verify off; }
            }

            """));
        files.Write("nginx.conf", $$"""
            daemon off;
            worker_processes 1;
            pid {{files.PathOf("nginx.pid")}};
            error_log stderr warn;
            events { }
            http {
              log_format witness '$connection $ssl_client_serial .';
              access_log {{files.PathOf("access.log")}} witness;
              client_body_temp_path {{files.PathOf("body")}};
              proxy_temp_path {{files.PathOf("proxy")}};
              fastcgi_temp_path {{files.PathOf("fastcgi")}};
              uwsgi_temp_path {{files.PathOf("uwsgi")}};
              scgi_temp_path {{files.PathOf("scgi")}};
              {{servers}}
            }
            """);
        RunningProcess process = processes.Start("nginx", new ProcessCommand(Program, ["-c", files.PathOf("nginx.conf"), "-e", "stderr"]));
        await Eventually.HoldsAsync(
            async () =>
            {
                Assert.False(process.HasExited, $"nginx ended: {process.Tail}");
                return await IsListeningAsync(listeners[0].Port);
            },
            "nginx to listen");
        return new NginxServer(process, files.PathOf("access.log"));
    }

    /// <summary>Lets it read its certificates again, and waits until the old workers, which accept a little longer, have ended.</summary>
    public async Task ReloadAsync()
    {
        string[] old = Workers();
        Assert.Equal(0, Kill(_process.Id, SigHup));
        await Eventually.Holds(() => Workers() is { Length: > 0 } now && !now.Intersect(old).Any(), "nginx's old workers to end");
    }

    private string[] Workers() =>
        File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/task/{_process.Id}/children")).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static async Task<bool> IsListeningAsync(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
