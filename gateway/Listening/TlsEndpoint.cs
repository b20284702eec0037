using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Files;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Gateway.Listening;

/// <summary>The handshake of a listener with a client, with the certificates that lie in the files at that time.</summary>
internal sealed partial class TlsEndpoint(IReadOnlyList<TlsName> names, LiveFiles<X509Certificate2Collection>? authorities, ILogger logger)
{
    public void Use(ListenOptions listener) => listener.UseHttps(new TlsHandshakeCallbackOptions
    {
        OnConnection = handshake =>
        {
            TlsName name = TlsName.Best(names, handshake.ClientHelloInfo.ServerName)
                ?? throw new AuthenticationException("The client asked for a name for which there is no certificate.");
            handshake.Connection.Features.Set(new TlsHandshake(names, name));
            return ValueTask.FromResult(OptionsFor(name));
        },
    });

    private SslServerAuthenticationOptions OptionsFor(TlsName name)
    {
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = name.Certificate.Get(Say),
            EnabledSslProtocols = name.Versions,
            ApplicationProtocols = name.Offered(),
        };
        if (name.Clients != ClientCertificateMode.NoCertificate)
        {
            AskForCertificate(options, isRequired: name.Clients == ClientCertificateMode.RequireCertificate);
        }

        return options;
    }

    /// <summary>A file of authorities that is gone trusts nobody: never the system's in its place.</summary>
    private void AskForCertificate(SslServerAuthenticationOptions options, bool isRequired)
    {
        options.ClientCertificateRequired = true;
        options.CertificateChainPolicy = authorities is null ? null : PemFiles.TrustOnly(authorities.Get(Say) ?? []);
        options.RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            certificate is null ? !isRequired : errors == SslPolicyErrors.None;
    }

    /// <summary>Logs once that a version cannot be used; the one before stays in use.</summary>
    private void Say(string problem) => Log.KeepsRunning(logger, problem);

    private static partial class Log
    {
        [LoggerMessage(EventId = 203, Level = LogLevel.Warning, Message = "TLS of a listener: {Problem}; what was in use before stays in use.")]
        public static partial void KeepsRunning(ILogger logger, string problem);
    }
}
