using System.Reflection;
using Gateway.Tests.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Tracing;

/// <summary>The README's list of events is the code's. That what is logged stands on it, each test's gateway checks at its end.</summary>
public sealed class EventTests
{
    [Fact]
    public void Each_event_of_the_code_stands_on_the_list_with_its_level_and_the_other_way_round()
    {
        LoggerMessageAttribute[] events =
        [
            .. typeof(Program).Assembly.GetTypes()
                .SelectMany(static type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
                .Select(static method => method.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>(),
        ];

        Assert.NotEmpty(events);
        Assert.Equal(events.Length, events.Select(static one => one.EventId).Distinct().Count());
        Assert.Equal(
            events.Select(static one => (one.EventId, one.Level)).Order(),
            KnownEvent.All.Where(static one => one.Category.StartsWith("Gateway.", StringComparison.Ordinal)).Select(static one => (one.Id, one.Level)).Distinct().Order());
    }
}
