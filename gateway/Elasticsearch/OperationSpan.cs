using System.Diagnostics;
using System.Globalization;
using Gateway.Responding;
using Gateway.Tracing;

namespace Gateway.Elasticsearch;

/// <summary>The span of one call, whatever its attempts: OpenTelemetry's conventions for Elasticsearch clients, and which use of the client it is.</summary>
internal readonly struct OperationSpan : IDisposable
{
    private readonly Activity? _span;

    private OperationSpan(Activity? span) => _span = span;

    /// <summary>For who links to it; the default where there is no span.</summary>
    public ActivityContext Context => _span?.Context ?? default;

    public static OperationSpan Start(ElasticsearchCall call, string clientId, long use)
    {
        Activity? span = Sources.Elasticsearch.StartActivity(call.Operation, ActivityKind.Client);
        if (span is { IsAllDataRequested: true })
        {
            span.AddTag(Names.DbSystemName, "elasticsearch");
            span.AddTag(Names.DbOperationName, call.Operation);
            span.AddTag(Names.HttpRequestMethod, call.Method.Method);
            span.SetTag(Names.DbCollectionName, call.Collection);
            span.AddTag(Names.ClientId, clientId);
            span.AddTag(Names.ClientUse, use);
        }

        return new OperationSpan(span);
    }

    /// <summary>A request goes to a node; the last one stands on the span.</summary>
    public void Attempt(Uri uri)
    {
        if (_span is { IsAllDataRequested: true } span)
        {
            span.SetTag(Names.ServerAddress, uri.Host);
            span.SetTag(Names.ServerPort, uri.Port);
            span.SetTag(Names.UrlFull, uri.Query.Length == 0 ? uri.AbsoluteUri : uri.GetLeftPart(UriPartial.Path));
        }
    }

    /// <summary>A node has failed, and another one is asked: which have, and why, stands on the span.</summary>
    public void PassedOver(string node, string cause)
    {
        if (_span is { IsAllDataRequested: true } span)
        {
            string failed = $"{node} {cause}";
            span.SetTag(Names.ElasticsearchFailedNodes, span.GetTagItem(Names.ElasticsearchFailedNodes) is string others ? $"{others}, {failed}" : failed);
        }
    }

    public void Succeeded(int status, string? cluster, string? node)
    {
        _span?.SetTag(Names.DbResponseStatusCode, status.ToString(CultureInfo.InvariantCulture));
        _span?.SetTag(Names.DbNamespace, cluster);
        _span?.SetTag(Names.ElasticsearchNodeName, node);
    }

    public void Failed(Outcome outcome, string reason, in NodeAnswer answer)
    {
        if (answer.Status > 0)
        {
            _span?.SetTag(Names.DbResponseStatusCode, answer.Status.ToString(CultureInfo.InvariantCulture));
        }

        _span?.SetTag(Names.ErrorType, answer.Cause ?? Problem.Of(outcome).Reason);
        _span?.SetStatus(ActivityStatusCode.Error, reason);
    }

    /// <summary>Nobody waits for the answer any more: no error of the cluster's.</summary>
    public void CallerLeft() => _span?.SetTag(Names.ErrorType, Problem.Of(Outcome.ClientLeft).Reason);

    public void Dispose() => _span?.Dispose();
}
