using Elastic.Transport;

namespace Elastic.Clients.Elasticsearch;

public interface IElasticsearchClientSettings
{
}

public sealed class ElasticsearchClientSettings(NodePool nodePool, IRequestInvoker requestInvoker) : IElasticsearchClientSettings, IDisposable
{
    internal NodePool Pool { get; } = nodePool;

    internal HttpClient Http { get; } = new(((HttpRequestInvoker)requestInvoker).Handler, disposeHandler: false);

    public ElasticsearchClientSettings DisablePing(bool disable = true) => Kept(disable);

    public ElasticsearchClientSettings DnsRefreshTimeout(TimeSpan timeout) => Kept(timeout);

    public ElasticsearchClientSettings EnableHttpCompression(bool enabled = true) => Kept(enabled);

    public ElasticsearchClientSettings DisableMetaHeader(bool disable = true) => Kept(disable);

    public ElasticsearchClientSettings RequestTimeout(TimeSpan timeout)
    {
        Http.Timeout = timeout;
        return this;
    }

    void IDisposable.Dispose() => Http.Dispose();

    private ElasticsearchClientSettings Kept(object ignored)
    {
        ArgumentNullException.ThrowIfNull(ignored);
        return this;
    }
}

public sealed class ElasticsearchClient(IElasticsearchClientSettings settings)
{
    public ITransport<IElasticsearchClientSettings> Transport { get; } =
        new ForcedTransport<IElasticsearchClientSettings>(((ElasticsearchClientSettings)settings).Http);
}
