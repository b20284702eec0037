using System.Diagnostics.CodeAnalysis;

namespace Gateway.Configuration;

/// <summary>An absolute URL with http or https.</summary>
internal static class HttpAddress
{
    /// <summary>More than where a server is: a user, a password, a query or a fragment.</summary>
    public static bool HasMore(Uri address) => address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0;

    /// <summary>
    /// False where the text is none, names a host that cannot be spelled for DNS (RFC 5891), or a Unix socket as other servers write it: .NET lets such
    /// a URL pass, and fails with every request to it.
    /// </summary>
    public static bool TryRead(string? text, [NotNullWhen(true)] out Uri? address)
    {
        try
        {
            return Uri.TryCreate(text, UriKind.Absolute, out address) && (address.Scheme is "http" or "https") && address.IdnHost.Length > 0
                && !text.Contains("://unix:/", StringComparison.OrdinalIgnoreCase);
        }
        catch (UriFormatException)
        {
            address = null;
            return false;
        }
    }
}
