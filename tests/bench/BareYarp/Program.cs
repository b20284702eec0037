using System.Net;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

// YARP with one route to one destination and nothing else: the yardstick. --urls is ASP.NET Core's own, --Address is the app's.
WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Logging.ClearProviders();
var destination = new DestinationConfig { Address = builder.Configuration["Address"]! };
builder.Services.AddReverseProxy().LoadFromMemory(
    [new RouteConfig { RouteId = "all", ClusterId = "app", Match = new RouteMatch { Path = "{**rest}" } }],
    [new ClusterConfig
    {
        ClusterId = "app",
        Destinations = new Dictionary<string, DestinationConfig> { ["app"] = destination },
        HttpRequest = new ForwarderRequestConfig { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact },
    }]);

WebApplication app = builder.Build();
app.MapReverseProxy();
app.Run();
