namespace Gateway.Demo;

/// <summary>
/// The embedded default: in Development, and nowhere else, stand-ins take the place of a cluster or an app that is not configured.
/// </summary>
internal static class DemoFeature
{
    private const string NodeKey = "Elasticsearch:Nodes:0";
    private const string AppKey = "Legacy:Address";

    public static void AddDemo(this WebApplicationBuilder builder)
    {
        if (!builder.Environment.IsDevelopment())
        {
            return;
        }

        ConfigurationManager configuration = builder.Configuration;
        StandIn? cluster = null;
        StandIn? app = null;
        if (!configuration.GetSection("Elasticsearch:Nodes").GetChildren().Any(static node => !string.IsNullOrEmpty(node.Value)))
        {
            cluster = StandIn.Create(StandInCluster.PreferredPort, StandInCluster.Map);
            Set(configuration, NodeKey, cluster.Address);
        }

        if (string.IsNullOrEmpty(configuration[AppKey]) && Uri.TryCreate(configuration[NodeKey], UriKind.Absolute, out Uri? node))
        {
            app = StandIn.Create(StandInApp.PreferredPort, new StandInApp(node).Map);
            Set(configuration, AppKey, app.Address);
        }

        builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<StandIns>(services, new Cast(cluster, app)));
    }

    /// <summary>A layer of its own, above all others: it stays where files are read again.</summary>
    private static void Set(ConfigurationManager configuration, string key, Uri address) =>
        configuration.AddInMemoryCollection([new(key, address.AbsoluteUri)]);
}
