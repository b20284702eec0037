using System.Globalization;
using System.Security.Cryptography;

namespace Gateway.Tracing;

/// <summary>Ids such as <c>9f3c21aa.17</c>: random for each kind of thing and process, so that two pods never share one, then a serial.</summary>
internal sealed class SerialIds
{
    private readonly string _prefix = RandomNumberGenerator.GetHexString(8, lowercase: true);
    private long _last;

    public string Next() => string.Create(CultureInfo.InvariantCulture, $"{_prefix}.{Interlocked.Increment(ref _last)}");
}
