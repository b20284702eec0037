using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tests.Configuration;

/// <summary>What two settings of the cluster can say wrong together; and that secrets stay out of what is said of them.</summary>
public sealed class ElasticsearchOptionsTests
{
    private const string Secret = "s3cr3t-value";

    [Theory]
    [InlineData("Elasticsearch:Nodes", "Nodes:0=http://user:s3cr3t-value@127.0.0.1:9200")]
    [InlineData("Elasticsearch:Nodes", "Nodes:0=http://127.0.0.1:9200/?key=s3cr3t-value")]
    [InlineData("Elasticsearch:Nodes", "Nodes:0=http://127.0.0.1:9200/#s3cr3t-value")]
    [InlineData("Elasticsearch:ApiKey", "ApiKey=s3cr3t-value", "Username=u", "Password=s3cr3t-value")]
    [InlineData("Elasticsearch:ApiKey", "ApiKey=s3cr3t-value", "ApiKeyFile=FILE")]
    [InlineData("Elasticsearch:Username", "Username=u", "Password=s3cr3t-value", "BearerTokenFile=FILE")]
    [InlineData("Elasticsearch:ApiKeyFile", "ApiKeyFile=FILE", "BearerTokenFile=FILE")]
    [InlineData("Elasticsearch:BearerToken", "BearerToken=s3cr3t-value", "BearerTokenFile=FILE")]
    [InlineData("Elasticsearch:BearerToken", "BearerToken=s3cr3t value")]
    [InlineData("Elasticsearch:Username", "Username=u")]
    [InlineData("Elasticsearch:Username", "Password=s3cr3t-value")]
    [InlineData("Elasticsearch:Username", "PasswordFile=FILE")]
    [InlineData("Elasticsearch:PasswordFile", "Username=u", "Password=s3cr3t-value", "PasswordFile=FILE")]
    [InlineData("Elasticsearch:ApiKeyFile", "ApiKeyFile=/no/such/file")]
    [InlineData("Elasticsearch:BearerTokenFile", "BearerTokenFile=/no/such/file")]
    [InlineData("Elasticsearch:PasswordFile", "Username=u", "PasswordFile=/no/such/file")]
    [InlineData("Elasticsearch:CertificateAuthorityFile", "CertificateAuthorityFile=/no/such/file")]
    [InlineData("Elasticsearch:CertificateAuthorityFile", "CertificateAuthorityFile=FILE")]
    [InlineData("Elasticsearch:ClientCertificateFile", "ClientCertificateFile=FILE")]
    [InlineData("Elasticsearch:ClientCertificateFile", "ClientCertificateKeyFile=FILE")]
    [InlineData("Elasticsearch:ClientCertificateFile", "ClientCertificateFile=/no/such/file", "ClientCertificateKeyFile=FILE")]
    [InlineData("Elasticsearch:ClientCertificateKeyFile", "ClientCertificateFile=FILE", "ClientCertificateKeyFile=/no/such/file")]
    [InlineData("Elasticsearch:ClientCertificateFile", "ClientCertificateFile=FILE", "ClientCertificateKeyFile=FILE")]
    [InlineData("Elasticsearch:CertificateFingerprint", "CertificateFingerprint=s3cr3t-value")]
    [InlineData("Elasticsearch:CertificateFingerprint", "CertificateFingerprint=00:11")]
    [InlineData("Elasticsearch:MaxRetries", "MaxRetries=101")]
    [InlineData("Elasticsearch:Sniffing", "Sniffing=on")]
    [InlineData("Elasticsearch:SniffingInterval", "SniffingInterval=00:00:00.5")]
    public async Task What_does_not_go_together_is_named_and_no_secret_is_said(string key, params string[] settings)
    {
        using var folder = new Folder(("secret.txt", Secret));

        string problem = await Composition.ProblemAsync(
            [.. settings.Select(setting => Argument(setting, folder))]);

        Assert.StartsWith(key + ": ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem);
    }

    [Theory]
    [InlineData]
    [InlineData("ApiKey=id:key")]
    [InlineData("ApiKeyFile=FILE")]
    [InlineData("Username=u", "Password=p")]
    [InlineData("Username=u", "PasswordFile=FILE")]
    [InlineData("BearerTokenFile=FILE")]
    [InlineData("CertificateFingerprint=A52DD93511E8C6045E21F16654B77C9EE0F34AEA26D9F40320B531C474676228")]
    [InlineData("CertificateFingerprint=a5:2d:d9:35:11:e8:c6:04:5e:21:f1:66:54:b7:7c:9e:e0:f3:4a:ea:26:d9:f4:03:20:b5:31:c4:74:67:62:28")]
    public async Task Each_kind_of_credentials_alone_is_right(params string[] settings)
    {
        using var folder = new Folder(("secret.txt", Secret));

        Assert.Empty(await Composition.ProblemsAsync(
            [.. settings.Select(setting => Argument(setting, folder))]));
    }

    [Theory]
    [InlineData("ApiKeyFile", "")]
    [InlineData("ApiKeyFile", " \n")]
    [InlineData("ApiKeyFile", "s3cr3t\nvalue")]
    [InlineData("ApiKeyFile", "id:s3cr3t\r\nvalue")]
    [InlineData("ApiKeyFile", "s3cr3t-välue")]
    [InlineData("BearerTokenFile", "")]
    [InlineData("BearerTokenFile", "s3cr3t\nvalue")]
    [InlineData("BearerTokenFile", "s3cr3t\u0001")]
    [InlineData("PasswordFile", "\n", "Username=u")]
    [InlineData("PasswordFile", "s3cr3t\nvalue", "Username=u")]
    [InlineData("CertificateFingerprintFile", "")]
    [InlineData("CertificateFingerprintFile", "s3cr3t")]
    [InlineData("CertificateFingerprintFile", "a52dd93511e8c6045e21f16654b77c9ee0f34aea26d9f40320b531c474676228\ns3cr3t")]
    public async Task A_file_that_has_not_what_it_is_for_is_named_at_the_start(string key, string text, params string[] settings)
    {
        using var folder = new Folder(("secret.txt", text));

        string problem = await Composition.ProblemAsync([.. settings.Append($"{key}=FILE").Select(setting => Argument(setting, folder))]);

        Assert.StartsWith($"Elasticsearch:{key}: the file '{folder.FileOf("secret.txt")}' ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ApiKey=s3cr3t\nvalue")]
    [InlineData("ApiKey=s3cr3t-välue")]
    public async Task A_key_that_no_field_can_carry_is_named_at_the_start(string setting)
    {
        string problem = await Composition.ProblemAsync("--Elasticsearch:" + setting);

        Assert.StartsWith("Elasticsearch:ApiKey: ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("foreign", false)]
    [InlineData("encrypted", false)]
    public async Task A_certificate_and_a_key_that_are_no_pair_stop_the_start_with_one_sentence(string? key, bool fits)
    {
        using var ours = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = new CertificateRequest("CN=gateway", ours, HashAlgorithmName.SHA256).CreateSelfSigned(now, now.AddDays(1));
        using var folder = new Folder(
            ("client.pem", certificate.ExportCertificatePem()),
            ("client.key", key switch
            {
                "foreign" => foreign.ExportPkcs8PrivateKeyPem(),
                "encrypted" => ours.ExportEncryptedPkcs8PrivateKeyPem(Secret, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)),
                _ => ours.ExportPkcs8PrivateKeyPem(),
            }));

        IReadOnlyList<string> problems = await Composition.ProblemsAsync(
            $"--Elasticsearch:ClientCertificateFile={folder.FileOf("client.pem")}", $"--Elasticsearch:ClientCertificateKeyFile={folder.FileOf("client.key")}");

        Assert.Equal(fits ? 0 : 1, problems.Count);
        Assert.All(problems, static problem => Assert.StartsWith("Elasticsearch:ClientCertificateFile: the files ", problem, StringComparison.Ordinal));
        Assert.All(problems, static problem => Assert.DoesNotContain('\n', problem));
    }

    private static string Argument(string setting, Folder folder) =>
        "--Elasticsearch:" + setting.Replace("FILE", folder.FileOf("secret.txt"), StringComparison.Ordinal);
}
