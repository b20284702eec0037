using System.Net.Http.Headers;
using System.Text;

namespace Gateway.Elasticsearch;

/// <summary>The Authorization field for the cluster; a secret in a file is read again whenever the file has changed.</summary>
internal sealed class Credentials
{
    private readonly string? _file;
    private readonly Func<string, AuthenticationHeaderValue> _header;
    private volatile Snapshot? _current;

    public Credentials(ElasticsearchOptions options)
    {
        _file = options.ApiKeyFile ?? options.BearerTokenFile ?? options.PasswordFile;
        _header = options switch
        {
            { Username: { } user } => password => new AuthenticationHeaderValue("Basic", Encode($"{user}:{password}")),
            { BearerTokenFile: not null } => static token => new AuthenticationHeaderValue("Bearer", token),
            // Elasticsearch wants Base64 of id:key, which itself never has a colon.
            _ => static key => new AuthenticationHeaderValue("ApiKey", key.Contains(':') ? Encode(key) : key),
        };
        if ((options.ApiKey ?? options.Password) is { } secret)
        {
            _current = new Snapshot(_header(secret), default);
        }
    }

    /// <summary>The field to send now, or null where the cluster wants none.</summary>
    public AuthenticationHeaderValue? Header
    {
        get
        {
            if (_file is null)
            {
                return _current?.Header;
            }

            try
            {
                Refresh(_file);
            }
            catch (IOException) when (_current is not null)
            {
                // Caught in the middle of being replaced: what worked so far works until the next request looks again.
            }

            return _current?.Header;
        }
    }

    private void Refresh(string file)
    {
        // Follows links, so the swapped folder of a Kubernetes secret counts as a change.
        DateTime written = File.GetLastWriteTimeUtc(File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file);
        if (_current?.Written == written)
        {
            return;
        }

        string secret = File.ReadAllText(file).Trim();
        if (secret.Length > 0)
        {
            _current = new Snapshot(_header(secret), written);
        }
    }

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private sealed record Snapshot(AuthenticationHeaderValue Header, DateTime Written);
}
