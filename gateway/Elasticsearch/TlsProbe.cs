using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Gateway.Elasticsearch;

/// <summary>
/// Finds out whether a port to which plain HTTP was sent in vain speaks TLS: nothing else tells a wrong URL from a node that is
/// ending. Asks a port once a minute at most, for under load all requests fail alike.
/// </summary>
internal sealed class TlsProbe(TimeProvider time)
{
    private static readonly TimeSpan _every = TimeSpan.FromMinutes(1);

    /// <summary>However much time the request has left, a port that says nothing is not waited for longer.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Finding> _findings = new();

    public async Task<bool> SpeaksTlsAsync(Uri node, TimeSpan left, CancellationToken cancellation)
    {
        if (left <= TimeSpan.Zero)
        {
            return false;
        }

        Finding finding = _findings.AddOrUpdate(node.Authority, _ => Ask(node), (_, last) => time.GetElapsedTime(last.At) < _every ? last : Ask(node));
        Task<bool> asked = finding.SpeaksTls.Value;
        await Task.WhenAny(asked, Task.Delay(left, time, cancellation));
        cancellation.ThrowIfCancellationRequested();
        return asked.IsCompleted && await asked;
    }

    /// <summary>Begun by whoever first waits for it: the dictionary may make more findings than it keeps.</summary>
    private Finding Ask(Uri node) => new(time.GetTimestamp(), new Lazy<Task<bool>>(() => HasCertificateAsync(node)));

    /// <summary>A certificate is enough; whose it is does not matter, so it is refused, and nothing is ever sent over the connection.</summary>
    private static async Task<bool> HasCertificateAsync(Uri node)
    {
        bool hasOne = false;
        using var limit = new CancellationTokenSource(_patience);
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(node.IdnHost, node.Port, limit.Token);
            await using var tls = new SslStream(new NetworkStream(socket));
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = node.IdnHost,
                    RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                    {
                        hasOne = certificate is not null;
                        return false;
                    },
                },
                limit.Token);
        }
        catch (Exception ended) when (ended is AuthenticationException or IOException or SocketException or OperationCanceledException)
        {
            // How it ends does not matter either.
        }

        return hasOne;
    }

    private sealed record Finding(long At, Lazy<Task<bool>> SpeaksTls);
}
