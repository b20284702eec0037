using System.Globalization;
using System.Text;

namespace Bench.Backend;

/// <summary>Ten kilobytes of products: as an app sends them, and as Elasticsearch answers a search for them.</summary>
internal static class Products
{
    private static readonly string[] _sources =
    [
        .. Enumerable.Range(1, 64).Select(static number => string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"id":{{number}},"name":"product {{number}}, as sold in every shop","price":{{number}}.5,"stock":{"here":{{number * 3}},"there":0},"tags":["blue","small","new"]}""")),
    ];

    private static readonly byte[] _tail = Encoding.ASCII.GetBytes(
        ""","timed_out":false,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0},"hits":{"total":{"value":64,"relation":"eq"},"max_score":1.0,"hits":["""
        + string.Join(',', _sources.Select(static (source, i) => $$"""{"_index":"products","_id":"{{i + 1}}","_score":1.0,"_source":{{source}}}"""))
        + "]}}");

    private static readonly int _lastShop = _tail.AsSpan().LastIndexOf("shop"u8);

    private static int _searches;

    public static byte[] Page { get; } = Encoding.ASCII.GetBytes($"[{string.Join(',', _sources)}]\n");

    /// <summary>The time that the search took is another each time, as in life.</summary>
    public static byte[] Search() =>
        [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"took\":{Interlocked.Increment(ref _searches) % 1000}")), .. _tail];

    /// <summary>As <see cref="Search"/>, but what was found is another each time too: a word in the last product.</summary>
    public static byte[] ChangingSearch()
    {
        byte[] answer = Search();
        string word = (Interlocked.Increment(ref _searches) % 10_000).ToString("d4", CultureInfo.InvariantCulture);
        Encoding.ASCII.GetBytes(word, answer.AsSpan(answer.Length - _tail.Length + _lastShop));
        return answer;
    }
}
