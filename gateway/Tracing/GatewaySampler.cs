using System.Globalization;
using OpenTelemetry.Trace;

namespace Gateway.Tracing;

/// <summary>
/// The sampler that <c>OTEL_TRACES_SAMPLER</c> names, but for the roots that .NET's HTTP client makes: a setup span is recorded and
/// held (<see cref="SpanPipeline"/>), and a request without a parent, such as a health probe, is nobody's trace.
/// </summary>
internal sealed class GatewaySampler(Sampler requests) : Sampler
{
    private const string Variable = "OTEL_TRACES_SAMPLER";

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
    {
        if (samplingParameters.Name == Sources.ConnectionSetup)
        {
            return new SamplingResult(SamplingDecision.RecordOnly);
        }

        bool isRoot = samplingParameters.ParentContext.TraceId == default;
        return isRoot && samplingParameters.Name == Sources.HttpRequestOut
            ? new SamplingResult(SamplingDecision.Drop)
            : requests.ShouldSample(samplingParameters);
    }

    /// <summary>
    /// Reads the variable and its argument, since the SDK stops reading them once a sampler is set in code. The default is
    /// <c>parentbased_always_on</c>. A value that is none of OpenTelemetry's six is answered by <paramref name="problem"/>.
    /// </summary>
    public static GatewaySampler FromEnvironment(Func<string, string?> variable, out string? problem)
    {
        problem = null;
        string argument = ExportVariables.Value(variable, Variable + "_ARG") ?? "";
        double ratio = 1;
        string name = ExportVariables.Value(variable, Variable)?.ToLowerInvariant() ?? "parentbased_always_on";
        if (name.EndsWith("traceidratio", StringComparison.Ordinal) && argument.Length > 0
            && !(double.TryParse(argument, NumberStyles.Float, CultureInfo.InvariantCulture, out ratio) && ratio is >= 0 and <= 1))
        {
            problem = $"{Variable}_ARG: the value is not a number between 0 and 1.";
            ratio = 1;
        }

        Sampler? sampler = name switch
        {
            "always_on" => new AlwaysOnSampler(),
            "always_off" => new AlwaysOffSampler(),
            "traceidratio" => new TraceIdRatioBasedSampler(ratio),
            "parentbased_always_on" => new ParentBasedSampler(new AlwaysOnSampler()),
            "parentbased_always_off" => new ParentBasedSampler(new AlwaysOffSampler()),
            "parentbased_traceidratio" => new ParentBasedSampler(new TraceIdRatioBasedSampler(ratio)),
            _ => null,
        };
        if (sampler is null)
        {
            problem = $"{Variable}: the value is none of always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio.";
        }

        return new GatewaySampler(sampler ?? new ParentBasedSampler(new AlwaysOnSampler()));
    }
}
