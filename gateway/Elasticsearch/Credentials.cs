using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using System.Text;
using Gateway.Files;

namespace Gateway.Elasticsearch;

/// <summary>The Authorization field for the cluster; a secret in a file is read again whenever the file has changed.</summary>
internal sealed partial class Credentials
{
    private readonly ILogger _logger;
    private readonly Func<string, AuthenticationHeaderValue> _header;
    private readonly bool _isPassword;
    private readonly AuthenticationHeaderValue? _fixed;
    private readonly LiveFiles<AuthenticationHeaderValue>? _live;

    public Credentials(ElasticsearchOptions options, ILogger logger)
    {
        _logger = logger;
        _header = options switch
        {
            { Username: { } user } => password => new AuthenticationHeaderValue("Basic", Encode($"{user}:{password}")),
            { BearerToken: not null } or { BearerTokenFile: not null } => static token => new AuthenticationHeaderValue("Bearer", token),
            // Elasticsearch wants Base64 of id:key, which itself never has a colon.
            _ => static key => new AuthenticationHeaderValue("ApiKey", key.Contains(':') ? Encode(key) : key),
        };
        _isPassword = options.Username is not null;
        _fixed = (options.ApiKey ?? options.BearerToken ?? options.Password) is { } secret ? _header(secret) : null;
        _live = (options.ApiKeyFile ?? options.BearerTokenFile ?? options.PasswordFile) is { } file
            ? new LiveFiles<AuthenticationHeaderValue>(() => Read(file), file)
            : null;
    }

    /// <summary>
    /// The field to send now, null where the cluster wants none; false where the file has not had a secret yet. One that cannot be used
    /// any more is said: what worked so far works on.
    /// </summary>
    public bool TryGet(out AuthenticationHeaderValue? header, [NotNullWhen(false)] out string? problem)
    {
        problem = null;
        header = _live is null ? _fixed : _live.Get(spoilt => Log.KeepsRunning(_logger, spoilt), out problem);
        problem = header is null ? problem : null;
        return problem is null;
    }

    /// <summary>After a refusal: the field that the file has by now, whatever its time says; null where that is the refused one.</summary>
    public AuthenticationHeaderValue? Newer(AuthenticationHeaderValue? refused) =>
        _live?.Reread(out _) is { } header && !header.Equals(refused) ? header : null;

    private (AuthenticationHeaderValue?, string?) Read(string file)
    {
        string secret = FileSize.IsZero(file) ? "" : File.ReadAllText(file).Trim();
        if (secret.Length == 0)
        {
            return (null, $"the file '{file}' is empty");
        }

        if (secret.AsSpan().ContainsAny('\r', '\n'))
        {
            return (null, $"the file '{file}' has more than one line");
        }

        // A password is sent in Base64; what else no field can carry is not said, for it is part of the secret.
        return _isPassword || !secret.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? (_header(secret), null)
            : (null, $"the file '{file}' does not consist of visible ASCII characters");
    }

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static partial class Log
    {
        [LoggerMessage(EventId = 405, Level = LogLevel.Warning, Message = "Elasticsearch's secret: {Problem}; the one before stays in use, if there was one.")]
        public static partial void KeepsRunning(ILogger logger, string problem);
    }
}
