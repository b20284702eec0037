using System.Buffers;
using System.Globalization;
using System.Text;

namespace Bench.Backend;

/// <summary>The app: 480 bytes on any path, ten kilobytes on <c>/products</c>, as many as are asked for on <c>/bytes/{count}</c>; <c>/upload</c> says how many it was sent.</summary>
internal static class App
{
    private static readonly byte[] _page = [.. Enumerable.Repeat("0123456789abcde\n"u8.ToArray(), 30).SelectMany(static line => line)];
    private static readonly byte[] _zeros = new byte[64 << 10];

    public static Task AnswerAsync(HttpContext context)
    {
        PathString path = context.Request.Path;
        if (path == "/products")
        {
            return Program.AnswerAsync(context, "application/json", Products.Page);
        }

        if (path == "/upload")
        {
            return CountAsync(context);
        }

        return path.StartsWithSegments("/bytes", out PathString count)
            ? SendAsync(context, long.Parse(count.Value.AsSpan(1), CultureInfo.InvariantCulture))
            : Program.AnswerAsync(context, "text/plain", _page);
    }

    private static async Task CountAsync(HttpContext context)
    {
        long count = 0;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
        for (int read; (read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0;)
        {
            count += read;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        await Program.AnswerAsync(context, "text/plain", Encoding.ASCII.GetBytes(count.ToString(CultureInfo.InvariantCulture)));
    }

    private static async Task SendAsync(HttpContext context, long count)
    {
        context.Response.ContentLength = count;
        for (long left = count; left > 0; left -= _zeros.Length)
        {
            await context.Response.Body.WriteAsync(_zeros.AsMemory(0, (int)Math.Min(left, _zeros.Length)), context.RequestAborted);
        }
    }
}
