using System.ComponentModel.DataAnnotations;

namespace Gateway.Listening;

/// <summary>The second listener, for health and the trace page; never reachable through the data ports.</summary>
internal sealed class AdminOptions
{
    public const string Section = "Admin";

    /// <summary>The name that the listener has among Kestrel's endpoints.</summary>
    public const string Endpoint = "Admin";

    /// <summary>URL to listen on. Default <c>http://127.0.0.1:8081</c>; in Kubernetes <c>http://*:8081</c>, for kubelet calls the pod's address.</summary>
    [Required(ErrorMessage = "a URL to listen on is required.")]
    public string Url { get; set; } = "http://127.0.0.1:8081";
}
