using Xunit.Sdk;
using Xunit.v3;

// Servers are shared, and two tests at once would take each other's processor.
[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: AssemblyFixture(typeof(Gateway.EndToEnd.Hosting.SharedServers))]
