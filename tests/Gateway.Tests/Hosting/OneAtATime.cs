using Xunit.Sdk;
using Xunit.v3;

// Activity listeners are the process's: two gateways at once would see each other's requests.
[assembly: Parallelization(Mode = ParallelMode.None)]
