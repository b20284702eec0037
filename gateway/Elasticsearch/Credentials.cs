using System.Diagnostics.CodeAnalysis;
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

    /// <summary>
    /// The field to send now, null where the cluster wants none; false where the file has not had a secret yet. One that is caught in
    /// the middle of being replaced is no matter: what worked so far works until the next request looks again.
    /// </summary>
    public bool TryGet(out AuthenticationHeaderValue? header, [NotNullWhen(false)] out string? problem)
    {
        problem = _file is null ? null : Refresh(_file);
        header = _current?.Header;
        problem = header is null ? problem : null;
        return problem is null;
    }

    private string? Refresh(string file)
    {
        try
        {
            // Follows links, so the swapped folder of a Kubernetes secret counts as a change.
            DateTime written = File.GetLastWriteTimeUtc(File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file);
            if (_current?.Written == written)
            {
                return null;
            }

            string secret = File.ReadAllText(file).Trim();
            if (secret.Length == 0)
            {
                return $"the file '{file}' is empty";
            }

            _current = new Snapshot(_header(secret), written);
            return null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return $"the file '{file}' cannot be read";
        }
        catch (FormatException)
        {
            return $"the file '{file}' has more than one line";
        }
    }

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private sealed record Snapshot(AuthenticationHeaderValue Header, DateTime Written);
}
