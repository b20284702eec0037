using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Gateway.Connections;
using Gateway.Tracing;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Listening;

/// <summary>
/// Counts what Kestrel refuses by itself, before there is a request that middleware could see. Kestrel says so to the
/// <see cref="DiagnosticSource"/> of the services; it is the only one that takes that type, so that nothing is asked for each request.
/// </summary>
internal sealed class KestrelRefusals(GatewayMetrics metrics) : DiagnosticSource
{
    private const string BadRequest = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    public override bool IsEnabled(string name) => name == BadRequest;

    [RequiresUnreferencedCode("As the method that it overrides; what is written here is read by its interfaces only.")]
    public override void Write(string name, object? value)
    {
        // A request whose body is refused has met the middleware, which has counted it; so has one whose client left in its midst.
        if (value is IFeatureCollection features && features.Get<RequestTrace>() is null
            && features.Get<IHttpRequestFeature>() is { } request && !EndedConnection.IsLeftOver(request, features)
            && features.Get<IBadRequestExceptionFeature>()?.Error is BadHttpRequestException refused)
        {
            metrics.Refused(ReasonOf(refused.StatusCode));
        }
    }

    private static string ReasonOf(int status) => status switch
    {
        StatusCodes.Status408RequestTimeout => "head_too_slow",
        StatusCodes.Status414UriTooLong => "target_too_long",
        StatusCodes.Status431RequestHeaderFieldsTooLarge => "head_too_large",
        StatusCodes.Status505HttpVersionNotsupported => "version_unknown",
        _ => "head_malformed",
    };
}
