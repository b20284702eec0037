namespace Gateway.Tests.Truth;

/// <summary>The order of the requests on one connection.</summary>
internal static class Sequence
{
    /// <summary>A request that began after another had ended has the higher use, and arrived after it.</summary>
    public static void AssertTrue(IEnumerable<Claim> connection, ILookup<int, Arrival> arrivals)
    {
        Claim[] byStart = [.. connection.Where(static claim => claim.Attempts == 1).OrderBy(static claim => claim.Start)];
        Claim[] byEnd = [.. byStart.OrderBy(static claim => claim.End)];
        long use = 0;
        int position = 0;
        int done = 0;
        foreach (Claim claim in byStart)
        {
            for (; done < byEnd.Length && byEnd[done].End < claim.Start; done++)
            {
                use = Math.Max(use, byEnd[done].Use!.Value);
                position = Math.Max(position, arrivals[byEnd[done].Number].FirstOrDefault().Position);
            }

            bool later = arrivals[claim.Number].All(arrival => arrival.Position > position);
            Assert.True(claim.Use > use && later, $"{claim} began after use {use}, at position {position}, had ended.");
        }
    }
}
