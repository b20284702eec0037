using System.Reflection;
using Gateway.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Legacy;

/// <summary>
/// Finds what YARP would pass over in its section: a key that is misspelt, or stands in the wrong place. The keys are the properties of YARP's own
/// records, which it reads by their names.
/// </summary>
internal static class YarpKeys
{
    private static readonly Dictionary<Type, string[]> _added = new() { [typeof(ClusterConfig)] = [ExchangeOptions.OfCluster] };
    private static readonly Dictionary<Type, string[]> _readElsewhere = new()
    {
        [typeof(ClusterConfig)] = [nameof(ClusterConfig.ClusterId)],
        [typeof(RouteConfig)] = [nameof(RouteConfig.RouteId)],
    };

    public static IEnumerable<string> Unknown(IConfigurationSection section) =>
        from list in section.GetChildren()
        from problem in list.Key.ToUpperInvariant() switch
        {
            "ROUTES" or "CLUSTERS" when !string.IsNullOrEmpty(list.Value) => [WrongKey.ValueForSection(list)],
            "ROUTES" => list.GetChildren().SelectMany(static route => Unknown(route, typeof(RouteConfig))),
            "CLUSTERS" => list.GetChildren().SelectMany(static cluster => Unknown(cluster, typeof(ClusterConfig))),
            _ => [WrongKey.Unknown(list, ["Routes", "Clusters"])],
        }
        select problem;

    private static IEnumerable<string> Unknown(IConfigurationSection section, Type type)
    {
        Type read = Nullable.GetUnderlyingType(type) ?? type;
        bool isRecord = read.Namespace?.StartsWith("Yarp.", StringComparison.Ordinal) == true && !read.IsEnum;
        if (!string.IsNullOrEmpty(section.Value) && (isRecord || ItemOf(read) is not null))
        {
            return [WrongKey.ValueForSection(section)];
        }

        if (ItemOf(read) is { } item)
        {
            return section.GetChildren().SelectMany(child => Unknown(child, item));
        }

        if (SettingsValue.WantedInstead(section.Value, read) is { } duration)
        {
            return [WrongKey.WrongValue(section, duration)];
        }

        return isRecord
            ? section.GetChildren().SelectMany(child => UnknownIn(child, read))
            : [];
    }

    private static IEnumerable<string> UnknownIn(IConfigurationSection child, Type owner)
    {
        string[] keys =
        [
            .. owner.GetProperties(BindingFlags.Instance | BindingFlags.Public).Select(static property => property.Name).Except(_readElsewhere.GetValueOrDefault(owner, [])),
            .. _added.GetValueOrDefault(owner, []),
        ];
        if (!keys.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
        {
            return [WrongKey.Unknown(child, keys)];
        }

        return owner.GetProperty(child.Key, BindingFlags.Instance | BindingFlags.Public | BindingFlags.IgnoreCase) is { } property
            ? Unknown(child, property.PropertyType)
            : [];
    }

    /// <summary>What a list or dictionary of YARP's is made of; null where it is none.</summary>
    private static Type? ItemOf(Type type) =>
        type.IsGenericType && type.Name.StartsWith("IReadOnly", StringComparison.Ordinal) ? type.GetGenericArguments()[^1] : null;
}
