namespace Gateway.Tests.Truth;

/// <summary>The order of the requests on one connection.</summary>
internal static class Sequence
{
    /// <summary>A request that began after another had ended has the higher use, and arrived after it.</summary>
    /// <param name="claims">Of requests that were sent once only.</param>
    /// <param name="positions">At which each request arrived, where it did.</param>
    public static void AssertTrue(IEnumerable<Claim> claims, Dictionary<int, int> positions)
    {
        Claim[] byStart = [.. claims.OrderBy(static claim => claim.Start)];
        Claim[] byEnd = [.. byStart.OrderBy(static claim => claim.End)];
        long use = 0;
        int position = 0;
        int done = 0;
        foreach (Claim claim in byStart)
        {
            for (; done < byEnd.Length && byEnd[done].End < claim.Start; done++)
            {
                use = Math.Max(use, byEnd[done].Use!.Value);
                position = Math.Max(position, positions.GetValueOrDefault(byEnd[done].Number));
            }

            bool later = !positions.TryGetValue(claim.Number, out int own) || own > position;
            Assert.True(claim.Use > use && later, $"{claim} began after use {use}, at position {position}, had ended.");
        }
    }
}
