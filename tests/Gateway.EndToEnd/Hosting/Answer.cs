using System.Net;
using System.Text;

namespace Gateway.EndToEnd.Hosting;

/// <summary>What a client received, and how long that took.</summary>
public sealed record Answer(HttpStatusCode Status, byte[] Body, TimeSpan Took)
{
    public string Text => Encoding.UTF8.GetString(Body);
}
