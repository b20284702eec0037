using System.Diagnostics;
using Gateway.Tracing;
using OpenTelemetry.Trace;

namespace Gateway.Tests.Tracing;

/// <summary>The sampler that the environment names.</summary>
public sealed class SamplerTests
{
    private const string Setup = "Experimental.System.Net.Http.Connections.ConnectionSetup";
    private const string RequestOut = "System.Net.Http.HttpRequestOut";

    [Theory]
    [InlineData(null, null, true, true, false)]
    [InlineData("", "", true, true, false)]
    [InlineData("always_on", null, true, true, true)]
    [InlineData("ALWAYS_ON ", "ignored", true, true, true)]
    [InlineData("always_off", null, false, false, false)]
    [InlineData("traceidratio", null, true, true, true)]
    [InlineData("traceidratio", "1", true, true, true)]
    [InlineData("traceidratio", "1.0", true, true, true)]
    [InlineData("traceidratio", "0", false, false, false)]
    [InlineData("parentbased_always_on", null, true, true, false)]
    [InlineData("parentbased_always_off", null, false, true, false)]
    [InlineData("parentbased_traceidratio", "1", true, true, false)]
    [InlineData("parentbased_traceidratio", "0", false, true, false)]
    [InlineData("parentbased_traceidratio", "0e5", false, true, false)]
    public void Each_of_the_six_decides_on_roots_and_on_children_as_its_name_says(
        string? name, string? argument, bool root, bool childOfSampled, bool childOfUnsampled)
    {
        Sampler sampler = From(name, argument, out string? problem);

        Assert.Null(problem);
        Assert.Equal(root, IsSampled(sampler, "Microsoft.AspNetCore.Hosting.HttpRequestIn", parentSampled: null));
        Assert.Equal(childOfSampled, IsSampled(sampler, "Microsoft.AspNetCore.Hosting.HttpRequestIn", parentSampled: true));
        Assert.Equal(childOfUnsampled, IsSampled(sampler, "Microsoft.AspNetCore.Hosting.HttpRequestIn", parentSampled: false));
        Assert.Equal(SamplingDecision.RecordOnly, Decide(sampler, Setup, null));
        Assert.Equal(SamplingDecision.Drop, Decide(sampler, RequestOut, null));
        Assert.Equal(childOfSampled, IsSampled(sampler, RequestOut, parentSampled: true));
    }

    [Theory]
    [InlineData("sometimes", null, "OTEL_TRACES_SAMPLER: ")]
    [InlineData("jaeger_remote", null, "OTEL_TRACES_SAMPLER: ")]
    [InlineData("my_traceidratio", "0.1", "OTEL_TRACES_SAMPLER: ")]
    [InlineData("traceidratio", "half", "OTEL_TRACES_SAMPLER_ARG: ")]
    [InlineData("traceidratio", "0,5", "OTEL_TRACES_SAMPLER_ARG: ")]
    [InlineData("traceidratio", "1.1", "OTEL_TRACES_SAMPLER_ARG: ")]
    [InlineData("traceidratio", "-0.1", "OTEL_TRACES_SAMPLER_ARG: ")]
    [InlineData("traceidratio", "NaN", "OTEL_TRACES_SAMPLER_ARG: ")]
    [InlineData("parentbased_traceidratio", "10%", "OTEL_TRACES_SAMPLER_ARG: ")]
    public void A_wrong_value_is_a_sentence_that_names_the_variable_and_not_the_value(string name, string? argument, string start)
    {
        From(name, argument, out string? problem);

        Assert.StartsWith(start, problem, StringComparison.Ordinal);
        Assert.EndsWith(".", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(argument ?? name, problem!.Replace("traceidratio", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static GatewaySampler From(string? name, string? argument, out string? problem) => GatewaySampler.FromEnvironment(
        variable => variable switch { "OTEL_TRACES_SAMPLER" => name, "OTEL_TRACES_SAMPLER_ARG" => argument, _ => null }, out problem);

    private static bool IsSampled(Sampler sampler, string span, bool? parentSampled) => Decide(sampler, span, parentSampled) == SamplingDecision.RecordAndSample;

    private static SamplingDecision Decide(Sampler sampler, string span, bool? parentSampled)
    {
        var trace = ActivityTraceId.CreateFromString("0af7651916cd43dd8448eb211c80319c");
        ActivityContext parent = parentSampled is { } sampled
            ? new ActivityContext(trace, ActivitySpanId.CreateFromString("b7ad6b7169203331"), sampled ? ActivityTraceFlags.Recorded : ActivityTraceFlags.None, isRemote: true)
            : default;
        return sampler.ShouldSample(new SamplingParameters(parent, trace, span, ActivityKind.Server)).Decision;
    }
}
