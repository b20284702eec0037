using Gateway.Elasticsearch;
using Gateway.Inspect;
using Gateway.Legacy;
using Gateway.Listening;
using Gateway.Tracing;

namespace Gateway.Tests.Configuration;

/// <summary>What is unknown, malformed or out of range stops the start with one sentence that names the key and not the value.</summary>
public sealed class SettingsReaderTests
{
    [Theory]
    [InlineData("Legacy:Adress=x", "Legacy:Adress: there is no such setting")]
    [InlineData("Elasticsearch:node=x", "Elasticsearch:node: there is no such setting")]
    [InlineData("Views:info:Route=/x", "Views:info:Route: there is no such setting")]
    [InlineData("Inspect:Traces:0=1", "Inspect:Traces: one value is wanted here")]
    [InlineData("Legacy:IdleTimeout=soon", "Legacy:IdleTimeout: the value is not a duration")]
    [InlineData("Legacy:IdleTimeout=30", "Legacy:IdleTimeout: the value is not a duration")]
    [InlineData("Legacy:IdleTimeout=30s", "Legacy:IdleTimeout: the value is not a duration")]
    [InlineData("Legacy:TotalTimeout=00:00:61", "Legacy:TotalTimeout: the value is not a duration")]
    [InlineData("Legacy:ReuseConnections=yes", "Legacy:ReuseConnections: the value is not true or false")]
    [InlineData("Legacy:ReuseConnections=1", "Legacy:ReuseConnections: the value is not true or false")]
    [InlineData("Inspect:Traces=many", "Inspect:Traces: the value is not a whole number")]
    [InlineData("Inspect:Traces=1.5", "Inspect:Traces: the value is not a whole number")]
    [InlineData("Inspect:Traces=1,000", "Inspect:Traces: the value is not a whole number")]
    [InlineData("Inspect:Traces=99999999999", "Inspect:Traces: the value is not a whole number")]
    [InlineData("Legacy:Address=127.0.0.1:8000", "Legacy:Address: the value is not an absolute URL")]
    [InlineData("Legacy:Address=/app", "Legacy:Address: the value is not an absolute URL")]
    [InlineData("Legacy:Address=ftp://app/", "Legacy:Address: the value is not an absolute URL")]
    [InlineData("Legacy:Address=http://unix:/run/app.sock", "Legacy:Address: the value is not an absolute URL")]
    [InlineData("Legacy:Address=http://", "Legacy:Address: the value is not an absolute URL")]
    [InlineData("Legacy:Host=server", "Legacy:Host: the value is not one of client, app")]
    [InlineData("Legacy:Host=1", "Legacy:Host: the value is not one of client, app")]
    [InlineData("Views:info:JsonStyle=pretty", "Views:info:JsonStyle: the value is not one of flask, django, compact")]
    [InlineData("Views:info:Path=//a", "Views:info:Path: must be a path that starts with a slash, of unescaped ASCII")]
    [InlineData("Views:info:Path=/a/../b", "Views:info:Path: must be a path that starts with a slash")]
    [InlineData("Views:info:Path=/..;a/b", "Views:info:Path: must be a path that starts with a slash")]
    [InlineData("Views:info:Path=/é", "Views:info:Path: must be a path that starts with a slash")]
    [InlineData("Views:info=x", "Views:info: has a value, where a section is wanted")]
    [InlineData("Guard=x", "Guard: the command line has a value of this name, where a section is wanted")]
    [InlineData("ReverseProxy=x", "ReverseProxy: the command line has a value of this name, where a section is wanted")]
    [InlineData("ReverseProxy:Routes=x", "ReverseProxy:Routes: has a value, where a section is wanted")]
    [InlineData("ReverseProxy:Routes:r:Match:Hosts=x", "ReverseProxy:Routes:r:Match:Hosts: has a value, where a section is wanted")]
    [InlineData("ReverseProxy:Routes:r:AuthorizationPolicy=Default", "ReverseProxy:Routes:r:AuthorizationPolicy: the gateway has no such policies; the only value is Anonymous.")]
    [InlineData("ReverseProxy:Routes:r:CorsPolicy=mine", "ReverseProxy:Routes:r:CorsPolicy: the gateway has no such policies; the only value is Disable.")]
    [InlineData("ReverseProxy:Routes:r:RateLimiterPolicy=Default", "ReverseProxy:Routes:r:RateLimiterPolicy: the gateway has no such policies; the only value is Disable.")]
    [InlineData("ReverseProxy:Routes:r:TimeoutPolicy=mine", "ReverseProxy:Routes:r:TimeoutPolicy: the gateway has no such policies; the only value is Disable.")]
    [InlineData("ReverseProxy:Routes:r:OutputCachePolicy=mine", "ReverseProxy:Routes:r:OutputCachePolicy: the gateway has no such policies.")]
    [InlineData("ReverseProxy:Routes:r:Order=x", "ReverseProxy:Routes:r:Order: ")]
    [InlineData("ReverseProxy:Clusters:c:HttpRequest:ActivityTimeout=long", "ReverseProxy:Clusters:c:HttpRequest:ActivityTimeout: ")]
    [InlineData("Kestrel:Limits:MaxRequestBufferSize=9000", "Kestrel:Limits:MaxRequestBufferSize: must be at least 32768")]
    [InlineData("Kestrel:Endpoints:Http:SslProtocols:0=Tls12", "Kestrel:Endpoints:Http:SslProtocols: has a meaning with an https URL only.")]
    [InlineData("Kestrel:Endpoints:Http:Sni:a.example:Certificate:Path=a.pfx", "Kestrel:Endpoints:Http:Sni: has a meaning with an https URL only.")]
    [InlineData("Admin:Url=http://[::]:8080", "Kestrel:Endpoints:Http:Url: Admin:Url already listens on this port.")]
    [InlineData("Kestrel:Endpoints:Other:Url=http://127.0.0.1:8080", "Kestrel:Endpoints:Other:Url: Kestrel:Endpoints:Http:Url already listens on this port.")]
    [InlineData("Kestrel:Endpoints:Admin:Url=http://127.0.0.1:8099", "Kestrel:Endpoints:Admin:Url: the name is taken; the URL of the admin listener is Admin:Url.")]
    [InlineData("Kestrel:Endpoints:Http:Protocols=Http3", "Kestrel:Endpoints:Http: HTTP/3 alone wants https")]
    [InlineData("Kestrel:Certificates:Default:Path=/none.pfx", "Kestrel:Certificates:Default: the file '/none.pfx' cannot be read")]
    [InlineData("Guard:Methods:0=get", "Guard:Methods: 'get' is not the method GET: their case matters.")]
    [InlineData("Tracing:TrustedCallers:0=10.0.0.0/33", "Tracing:TrustedCallers:0: the value is not a network")]
    [InlineData("Tracing:TrustedCallers:0=everybody", "Tracing:TrustedCallers:0: the value is not a network")]
    [InlineData("Tracing:TrustedCallers=10.0.0.0/8", "Tracing:TrustedCallers: a list is wanted here")]
    [InlineData("Elasticsearch:Nodes=http://es01:9200", "Elasticsearch:Nodes: a list is wanted here")]
    [InlineData("Elasticsearch:Nodes:1=es01:9200", "Elasticsearch:Nodes:1: the value is not an absolute URL")]
    [InlineData("Elasticsearch:Nodes:1=http://xn--ü-a:9200", "Elasticsearch:Nodes:1: the value is not an absolute URL")]
    [InlineData("Legacy:Address=http://xn--ü-a", "Legacy:Address: the value is not an absolute URL")]
    [InlineData("Admin:Url=8081", "Admin:Url: the value is not a URL to listen on")]
    [InlineData("Admin:Url=http://*:80810", "Admin:Url: the value is not a URL to listen on")]
    [InlineData("Admin:Url=http://127.0.0.1:0/base", "Admin:Url: the value is not a URL to listen on")]
    [InlineData("Kestrel:Endpoints:Second:Url=http://127.0.0.1:0/base", "Kestrel:Endpoints:Second:Url: the value is not a URL to listen on")]
    [InlineData("Kestrel:Endpoints:Second:Url=nonsense", "Kestrel:Endpoints:Second:Url: the value is not a URL to listen on")]
    [InlineData("Admin:Url=http://127.0.0.l:0", "Admin:Url: the value is not a URL to listen on")]
    [InlineData("Admin:Url=http://user@127.0.0.1:0", "Admin:Url: the value is not a URL to listen on")]
    [InlineData("Kestrel:Endpoints:Second:Url=http://[::1:0", "Kestrel:Endpoints:Second:Url: the value is not a URL to listen on")]
    [InlineData("Kestrel:Endpoints:Second:Url=http://gateway:0", "Kestrel:Endpoints:Second:Url: the value is not a URL to listen on")]
    [InlineData("Kestrel:Endpoints:Http:Url=https://127.0.0.1:0", "Kestrel:Endpoints:Http: https wants a certificate")]
    [InlineData("Kestrel:Endpoints:Http:Protocols=Htp2", "Kestrel:Endpoints:Http:Protocols: the value is not one of None, Http1, Http2")]
    [InlineData("Kestrel:Endpoints:Http:Protocol=Http2", "Kestrel:Endpoints:Http:Protocol: there is no such setting; here are Url")]
    [InlineData("Kestrel:Endpoints:Tls:Sni:h:ClientCertificateMod=RequireCertificate", "Kestrel:Endpoints:Tls:Sni:h:ClientCertificateMod: there is no such setting")]
    [InlineData("Kestrel:Endpoints:Tls:Certificate:File=/tls.crt", "Kestrel:Endpoints:Tls:Certificate:File: there is no such setting; here are Path, KeyPath")]
    [InlineData("Kestrel:EndpointDefaults:Url=http://*:1", "Kestrel:EndpointDefaults:Url: there is no such setting; here are Protocols")]
    [InlineData("Kestrel:Certificates:Default:Pass=x", "Kestrel:Certificates:Default:Pass: there is no such setting")]
    [InlineData("Kestrel:Endpoints=yes", "Kestrel:Endpoints: has a value, where a section is wanted")]
    [InlineData("Kestrel:EndpointDefaults=yes", "Kestrel:EndpointDefaults: has a value, where a section is wanted")]
    [InlineData("Kestrel:Limits=yes", "Kestrel:Limits: has a value, where a section is wanted")]
    [InlineData("Kestrel:Limits:Http2=yes", "Kestrel:Limits:Http2: has a value, where a section is wanted")]
    [InlineData("Kestrel:Limit:MaxRequestBodySize=1", "Kestrel:Limit: there is no such setting; here are Endpoints")]
    [InlineData("Kestrel:AddServerHeader=maybe", "Kestrel:AddServerHeader: the value is not of the kind")]
    [InlineData("Kestrel:Limits:MaxConcurrentConnection=5", "Kestrel:Limits:MaxConcurrentConnection: there is no such setting")]
    [InlineData("Kestrel:Limits:KeepAliveTimeout=long", "Kestrel:Limits:KeepAliveTimeout: the value is not of the kind")]
    [InlineData("Kestrel:Limits:KeepAliveTimeout=130", "Kestrel:Limits:KeepAliveTimeout: the value is not a duration such as 00:00:02")]
    [InlineData("Kestrel:Limits:RequestHeadersTimeout=00:30", "Kestrel:Limits:RequestHeadersTimeout: the value is not a duration such as 00:00:02")]
    [InlineData("Kestrel:Limits:Http2:KeepAlivePingDelay=30", "Kestrel:Limits:Http2:KeepAlivePingDelay: the value is not a duration such as 00:00:02")]
    [InlineData("ReverseProxy:Routes:r:Timeout=30", "ReverseProxy:Routes:r:Timeout: the value is not a duration such as 00:00:02")]
    [InlineData("ReverseProxy:Routes:r:Timeout=1:00:00:00", "ReverseProxy:Routes:r:Timeout: the value is not a duration such as 00:00:02")]
    [InlineData("ReverseProxy:Clusters:c:HealthCheck:Active:Interval=5", "ReverseProxy:Clusters:c:HealthCheck:Active:Interval: the value is not a duration such as 00:00:02")]
    [InlineData("Kestrel:Endpoints:Http:Url=", "Kestrel:Endpoints: none is left to listen for clients.")]
    [InlineData("Logging:LogLevl:Default=Debug", "Logging:LogLevl: there is no such setting; here are LogLevel, Console")]
    [InlineData("Kestrel:Limits:MaxRequestLineSize=-1", "Kestrel:Limits:MaxRequestLineSize: Value must be a positive number")]
    [InlineData("Kestrel:Limits:Http2:MaxStreamsPerConnection=0", "Kestrel:Limits:Http2:MaxStreamsPerConnection: A value greater than zero")]
    [InlineData("Kestrel:Limits:Http2:MaxStreams=5", "Kestrel:Limits:Http2:MaxStreams: there is no such setting")]
    [InlineData("Kestrel:Limits:MinRequestBodyDataRate:BytesPerSecond=240", "Kestrel:Limits:MinRequestBodyDataRate: GracePeriod is missing")]
    [InlineData("Kestrel:Limits:MinResponseDataRate:Bytes=240", "Kestrel:Limits:MinResponseDataRate:Bytes: there is no such setting")]
    [InlineData("Logging:LogLevel:Default=Warn", "Logging:LogLevel:Default: the value is not one of Trace, Debug")]
    [InlineData("Elasticsearch:Nodes:a=http://es01:9200", "Elasticsearch:Nodes:a: a list is wanted here")]
    [InlineData("Elasticsearch:Nodes:0:Url=http://es01:9200", "Elasticsearch:Nodes:0: one value is wanted here, not a section.")]
    [InlineData("Kestrel:Endpoints:Http:Url=http://unix:/nowhere/loopgate.sock", "Kestrel:Endpoints:Http:Url: the folder of the socket '/nowhere/loopgate.sock' does not exist.")]
    [InlineData("Logging=Debug", "Logging: the command line has a value of this name, where a section is wanted.")]
    [InlineData("Logging:LogLevel=Debug", "Logging:LogLevel: has a value, where a section is wanted.")]
    [InlineData("Logging:Console=x", "Logging:Console: has a value, where a section is wanted.")]
    [InlineData("Logging:Console:FormatterName=xml", "Logging:Console:FormatterName: the value is not one of simple, json, systemd.")]
    [InlineData("Logging:Console:MaxQueueLength=-1", "Logging:Console:MaxQueueLength: the value is out of range.")]
    [InlineData("Logging:Console:QueueFullMode=Fail", "Logging:Console:QueueFullMode: the value is not one of wait, dropwrite.")]
    [InlineData("Logging:Console:FormatterOptions=x", "Logging:Console:FormatterOptions: has a value, where a section is wanted.")]
    [InlineData("Logging:CaptureScopes=no", "Logging:CaptureScopes: the value is not true or false.")]
    [InlineData("Logging:Console:FormatterOptions:IncludeScopes=yes", "Logging:Console:FormatterOptions:IncludeScopes: the value is not true or false.")]
    [InlineData("Logging:Console:FormatterOptions:TimestampFormat=%", "Logging:Console:FormatterOptions:TimestampFormat: the value is no format of a date and time.")]
    [InlineData("Logging:Console:FormatterOptions:ColorBehavior=purple", "Logging:Console:FormatterOptions:ColorBehavior: the value is not one of default, enabled, disabled.")]
    [InlineData("Logging:Console:FormatterOptions:JsonWriterOptions:Indented=no", "Logging:Console:FormatterOptions:JsonWriterOptions:Indented: the value is not true or false.")]
    [InlineData("Logging:Console:FormatterOptions:JsonWriterOptions:MaxDepth=-1", "Logging:Console:FormatterOptions:JsonWriterOptions:MaxDepth: the value is out of range.")]
    [InlineData("Logging:Console:FormatterOptions:JsonWriterOptions:IndentCharacter=xx", "Logging:Console:FormatterOptions:JsonWriterOptions:IndentCharacter: the value is not one character.")]
    [InlineData("Logging:Console:FormatterOptions:JsonWriterOptions:IndentCharacter=x", "Logging:Console:FormatterOptions:JsonWriterOptions:IndentCharacter: the value is out of range.")]
    [InlineData("Logging:OpenTelemetry:IncludeScopes=abc", "Logging:OpenTelemetry:IncludeScopes: the value is not true or false.")]
    [InlineData("Logging:Console:FormatterOptions:TimestampFormat:a=b", "Logging:Console:FormatterOptions:TimestampFormat: one value is wanted here, not a section.")]
    [InlineData("Logging:Console:LogLevel:Gateway=Loud", "Logging:Console:LogLevel:Gateway: the value is not one of Trace, Debug")]
    [InlineData("Legacy:Host=client,app", "Legacy:Host: the value is not one of client, app")]
    public async Task A_setting_that_cannot_be_read_is_named_and_its_value_is_not_said(string setting, string sentence)
    {
        string[] needed = setting.Split(':') switch
        {
            ["ReverseProxy", "Routes", "r", ..] => ["--ReverseProxy:Routes:r:ClusterId=legacy"],
            ["Kestrel", "Endpoints", "Tls", ..] => ["--Kestrel:Endpoints:Tls:Url=https://127.0.0.1:8443", "--Kestrel:Certificates:Default:Subject=h"],
            _ => [],
        };
        string problem = await Composition.ProblemAsync(["--" + setting, .. needed]);

        Assert.StartsWith(sentence, problem, StringComparison.Ordinal);
        Assert.EndsWith(".", problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem);
    }

    [Theory]
    [InlineData("http://localhost:8080", "Kestrel:Endpoints:Http:Url", "http://*:8080")]
    [InlineData("http://127.0.0.1:8080/", "Kestrel:Endpoints:Http:Url", "http://[::]:8080")]
    [InlineData("http://127.0.0.2:8080/", "Kestrel:Endpoints:Http:Url", "http://127.0.0.2:8080")]
    [InlineData("http://[::1]:8099", "Admin:Url", "http://localhost:8099")]
    public async Task The_gateway_is_not_its_own_app(string app, string key, string listener) => Assert.Equal(
        $"Legacy:Address: the gateway itself listens there, by {key}; it has to be the app's URL.",
        await Composition.ProblemAsync($"--Legacy:Address={app}", $"--{key}={listener}"));

    [Theory]
    [InlineData("http://127.0.0.1:8000", "http://*:8080")]
    [InlineData("http://127.0.0.1:8080", "http://10.1.2.3:8080")]
    [InlineData("http://app.example:8080", "http://*:8080")]
    public async Task An_app_may_have_the_port_of_a_listener_on_another_address(string app, string listener) =>
        Assert.Empty(await Composition.ProblemsAsync($"--Legacy:Address={app}", $"--Kestrel:Endpoints:Http:Url={listener}"));

    [Theory]
    [InlineData("Draining:Wait=00:05:00.001")]
    [InlineData("Draining:Wait=-00:00:01")]
    [InlineData("Draining:Deadline=01:00:01")]
    [InlineData("Legacy:ConnectTimeout=00:00:00")]
    [InlineData("Legacy:ConnectTimeout=00:05:01")]
    [InlineData("Legacy:FirstByteTimeout=00:00:00")]
    [InlineData("Legacy:IdleTimeout=1.00:00:01")]
    [InlineData("Legacy:StreamIdleTimeout=00:00:00")]
    [InlineData("Legacy:TotalTimeout=00:00:00")]
    [InlineData("Legacy:PooledConnectionIdleTimeout=-00:00:01")]
    [InlineData("Legacy:PooledConnectionLifetime=00:00:00.5")]
    [InlineData("Elasticsearch:ConnectTimeout=00:00:00")]
    [InlineData("Elasticsearch:AttemptTimeout=01:00:01")]
    [InlineData("Elasticsearch:TotalTimeout=00:00:00")]
    [InlineData("Elasticsearch:MaxConnectionsPerNode=0")]
    [InlineData("Elasticsearch:MaxConnectionsPerNode=10001")]
    [InlineData("Elasticsearch:MaxWaiting=-1")]
    [InlineData("Elasticsearch:MaxWaiting=1000001")]
    [InlineData("Elasticsearch:MaxAnswerBytes=1023")]
    [InlineData("Elasticsearch:MaxAnswerBytes=1073741825")]
    [InlineData("Elasticsearch:PooledConnectionLifetime=00:00:00")]
    [InlineData("Elasticsearch:PooledConnectionIdleTimeout=1.00:00:01")]
    [InlineData("Inspect:Traces=-1")]
    [InlineData("Inspect:Traces=100001")]
    public async Task A_setting_out_of_its_range_is_named_with_the_range(string setting)
    {
        string problem = await Composition.ProblemAsync("--" + setting);

        Assert.Matches($"^{setting.Split('=')[0]}: must be between .+ and .+\\.$", problem);
    }

    [Fact]
    public async Task All_problems_are_said_at_once()
    {
        IReadOnlyList<string> problems = await Composition.ProblemsAsync("--Legacy:Adress=x", "--Inspect:Traces=many", "--Draining:Wait=1");

        Assert.Equal(
            ["Draining:Wait", "Inspect:Traces", "Legacy:Adress"],
            problems.Select(static problem => problem.Split(": ")[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_value_that_cannot_be_read_hides_nothing_else_of_its_section()
    {
        IReadOnlyList<string> problems = await Composition.ProblemsAsync(
            "--Elasticsearch:AttemptTimeout=5", "--Elasticsearch:Node=x", "--Elasticsearch:MaxWaiting=-1", "--Elasticsearch:ApiKey=a", "--Elasticsearch:BearerToken=b",
            "--Elasticsearch:PasswordFile=/none");

        Assert.Equal(
            [
                "Elasticsearch:ApiKey", "Elasticsearch:AttemptTimeout", "Elasticsearch:MaxWaiting", "Elasticsearch:Node", "Elasticsearch:PasswordFile",
                "Elasticsearch:Username",
            ],
            problems.Select(static problem => problem.Split(": ")[0]).Order(StringComparer.Ordinal));
    }

    /// <summary>It has its default then, and what a rule would say of that may be wrong.</summary>
    [Theory]
    [InlineData("Guard:RequestsPerSecond: the value is not a whole number.", "--Guard:RequestsPerSecond=ten", "--Guard:Burst=5")]
    [InlineData("Guard:TrustedProxies:0: the value is not a network", "--Guard:TrustedProxies:0=proxy", "--Guard:Enabled=false", "--Guard:RequestsPerSecond=5")]
    [InlineData("Guard:burst: the value is not a whole number.", "--Guard:burst=1.5", "--Guard:RequestsPerSecond=5")]
    public async Task No_rule_is_held_against_a_value_that_could_not_be_read(string sentence, params string[] settings) =>
        Assert.StartsWith(sentence, await Composition.ProblemAsync(settings), StringComparison.Ordinal);

    [Fact]
    public async Task Null_and_empty_leave_the_defaults()
    {
        using var folder = new Folder(("a.json", """
            {
              "Legacy": { "IdleTimeout": null, "ConnectTimeout": "", "Host": "", "ReuseConnections": null, "TotalTimeout": "" },
              "Elasticsearch": { "MaxWaiting": null, "ApiKey": "", "CertificateFingerprint": "" },
              "Tracing": { "TrustedCallers": null, "LoopReports": "" },
              "Inspect": { "Traces": null },
              "Admin": { "Url": "" }
            }
            """));

        LegacyOptions legacy = await Composition.OptionsAsync<LegacyOptions>();
        ElasticsearchOptions cluster = await Composition.OptionsAsync<ElasticsearchOptions>();
        TracingOptions tracing = await Composition.OptionsAsync<TracingOptions>();

        Assert.Equal(TimeSpan.FromSeconds(100), legacy.IdleTimeout);
        Assert.Equal(TimeSpan.FromSeconds(2), legacy.ConnectTimeout);
        Assert.Equal(HostSent.Client, legacy.Host);
        Assert.True(legacy.ReuseConnections);
        Assert.Null(legacy.TotalTimeout);
        Assert.Equal(1000, cluster.MaxWaiting);
        Assert.Null(cluster.ApiKey);
        Assert.Null(cluster.CertificateFingerprint);
        Assert.Empty(tracing.TrustedCallers);
        Assert.True(tracing.LoopReports);
        Assert.Equal(2000, (await Composition.OptionsAsync<InspectOptions>()).Traces);
        Assert.Equal("http://127.0.0.1:8081", (await Composition.OptionsAsync<AdminOptions>()).Url);
    }

    [Fact]
    public async Task Words_and_keys_may_be_written_in_any_case_and_a_single_address_is_a_network()
    {
        TracingOptions tracing = await Composition.OptionsAsync<TracingOptions>(
            "--tracing:loopreports=FALSE", "--Tracing:TrustedCallers:0=127.0.0.1", "--Tracing:TrustedCallers:1=fd00::/8");
        LegacyOptions legacy = await Composition.OptionsAsync<LegacyOptions>("--legacy:host=App", "--LEGACY:TOTALTIMEOUT=1.00:00:00");

        Assert.False(tracing.LoopReports);
        Assert.Equal(["127.0.0.1/32", "fd00::/8"], tracing.TrustedCallers.Select(static network => network.ToString()));
        Assert.Equal(HostSent.App, legacy.Host);
        Assert.Equal(TimeSpan.FromDays(1), legacy.TotalTimeout);
    }

    /// <summary>.NET reads hours and minutes here, where half a minute may be meant.</summary>
    [Fact]
    public async Task A_duration_without_seconds_is_refused()
    {
        string problem = await Composition.ProblemAsync("--Legacy:TotalTimeout=00:30");

        Assert.StartsWith("Legacy:TotalTimeout: the value is not a duration", problem, StringComparison.Ordinal);
    }

    /// <summary>.NET reads 24 days here, which no setting may be.</summary>
    [Fact]
    public async Task A_day_written_as_24_hours_is_refused_and_not_taken_for_24_days()
    {
        string problem = await Composition.ProblemAsync("--Legacy:TotalTimeout=24:00:00");

        Assert.StartsWith("Legacy:TotalTimeout: ", problem, StringComparison.Ordinal);
    }

    /// <summary>A target is put behind the address as it is: behind a query it would be part of that.</summary>
    [Theory]
    [InlineData("http://127.0.0.1:8000/?a=b")]
    [InlineData("http://127.0.0.1:8000/#a")]
    [InlineData("http://user:s3cr3t@127.0.0.1:8000/")]
    public async Task An_address_of_the_app_with_parts_that_cannot_be_used_is_refused(string address)
    {
        string problem = await Composition.ProblemAsync("--Legacy:Address=" + address);

        Assert.StartsWith("Legacy:Address: ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", problem, StringComparison.Ordinal);
    }
}
