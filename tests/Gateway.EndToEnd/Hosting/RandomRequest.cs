using System.Globalization;
using System.Text;

namespace Gateway.EndToEnd.Hosting;

/// <summary>A valid request of HTTP/1.1 with whatever the grammar allows and the guard does not refuse; a character is a byte.</summary>
public static class RandomRequest
{
    private static readonly string[] _methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    /// <summary>Escapes of what would divide, of what needs none, of UTF-8, and of what is none.</summary>
    private static readonly string[] _escapes = ["%2F", "%2f", "%3F", "%23", "%25", "%20", "%41", "%7e", "%3B", "%26", "%3D", "%C3%A9", "%E2%82%AC", "%F0%9F%98%80", "%FF", "%5C"];

    /// <summary>What may come more than once; of others that is no valid request (RFC 9110 §5.3).</summary>
    private static readonly string[] _lists = ["X-Twice", "Accept"];

    private const string InPath = "abcXYZ019-_~!$&'()*+,;=:@";
    private const string InQuery = InPath + "/?[]|^";
    private const string InValue = "abcXYZ019-_~!$&'()*+,;=:@/?<>{}[]\"\\|^`#% \t\u00e9\u00ff\u0080";

    public static string Make(Random chance)
    {
        string method = _methods[chance.Next(_methods.Length)];
        var request = new StringBuilder($"{method} {Target(chance)} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n");
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        for (int field = chance.Next(8); field > 0; field--)
        {
            string name = Name(chance);
            if (names.Add(name) || _lists.Contains(name))
            {
                request.Append(CultureInfo.InvariantCulture, $"{name}: {Text(chance, InValue, 40).Trim()}\r\n");
            }
        }

        switch (method is "GET" or "OPTIONS" ? 0 : chance.Next(3))
        {
            case 0:
                return request.Append("\r\n").ToString();
            case 1:
                string body = Bytes(chance, chance.Next(5_000));
                return request.Append(CultureInfo.InvariantCulture, $"Content-Type: text/plain\r\nContent-Length: {body.Length}\r\n\r\n{body}").ToString();
            default:
                request.Append("Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
                for (int chunk = chance.Next(5); chunk > 0; chunk--)
                {
                    string piece = Bytes(chance, chance.Next(1, 2_000));
                    request.Append(CultureInfo.InvariantCulture, $"{piece.Length:x}\r\n{piece}\r\n");
                }

                return request.Append("0\r\n\r\n").ToString();
        }
    }

    private static string Target(Random chance)
    {
        var target = new StringBuilder();
        for (int segment = chance.Next(1, 5); segment > 0; segment--)
        {
            target.Append('/');
            for (int part = chance.Next(6); part > 0; part--)
            {
                target.Append(chance.Next(3) == 0 ? _escapes[chance.Next(_escapes.Length)] : InPath[chance.Next(InPath.Length)].ToString());
            }
        }

        // The view's path is not the app's.
        string path = target.Length == 1 ? "/x" : target.ToString();
        return chance.Next(2) == 0 ? path : $"{path}?{Text(chance, InQuery, 30)}{_escapes[chance.Next(_escapes.Length)]}%00";
    }

    /// <summary>Some are known to the servers; none is one that the gateway removes.</summary>
    private static string Name(Random chance) => chance.Next(4) switch
    {
        0 => "X-Twice",
        1 => ((string[])["Accept", "Cookie", "User-Agent", "If-None-Match", "Range", "Referer", "Authorization"])[chance.Next(7)],
        _ => $"X-{Text(chance, "abcDEF019-", 8)}z",
    };

    private static string Text(Random chance, string alphabet, int most) =>
        string.Concat(Enumerable.Range(0, chance.Next(1, most)).Select(_ => alphabet[chance.Next(alphabet.Length)]));

    private static string Bytes(Random chance, int count)
    {
        byte[] bytes = new byte[count];
        chance.NextBytes(bytes);
        return Encoding.Latin1.GetString(bytes);
    }
}
