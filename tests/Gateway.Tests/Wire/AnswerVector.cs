using System.Text.Json;

namespace Gateway.Tests.Wire;

/// <summary>A row of the catalogue's other side: what the app sends to a request, and what must come of it. Texts are as in <see cref="WireVector"/>.</summary>
/// <param name="Id">The catalogue's number and what is special about the answer; the name of the test.</param>
/// <param name="Clause">Where it is written that it must be so.</param>
/// <param name="Method">Of the request, which has no body.</param>
/// <param name="Sends">The app's bytes.</param>
/// <param name="Then">What the app does after that: it <c>stays</c>, <c>closes</c> or <c>resets</c> its connection.</param>
/// <param name="Gets">
/// What the client gets: the answer, its body without framing, and without the <c>Date</c> that the gateway adds; or
/// <c>502 app_broken</c>, status and reason of an answer of the gateway's own.
/// </param>
/// <param name="IsCut">Whether the client's connection ends within the answer, so that nobody takes it for a whole one; the app breaks it off when the client has it so far.</param>
/// <param name="Ends">Whether the client's connection is <c>open</c> after that, or <c>closed</c>.</param>
/// <param name="IsKept">Whether the next request goes to the app over the same connection.</param>
/// <param name="Logs">Level and event id of each line.</param>
public sealed record AnswerVector(
    string Id, string Clause, string Method, string Sends, string Then, string Gets, bool IsCut, string Ends, bool IsKept, IReadOnlyList<string> Logs)
{
    private const string File = "answers.json";

    public static IReadOnlyList<AnswerVector> Read() => WireVector.Read(File, Of);

    private static AnswerVector Of(JsonElement vector) => new(
        vector.GetProperty("id").GetString()!,
        vector.GetProperty("clause").GetString()!,
        vector.TryGetProperty("method", out JsonElement method) ? method.GetString()! : "GET",
        WireVector.Text(vector.GetProperty("sends")),
        vector.TryGetProperty("then", out JsonElement then) ? then.GetString()! : "stays",
        WireVector.Text(vector.GetProperty("gets")),
        vector.TryGetProperty("cut", out JsonElement cut) && cut.GetBoolean(),
        vector.GetProperty("ends").GetString()!,
        vector.GetProperty("kept").GetBoolean(),
        vector.TryGetProperty("logs", out JsonElement logs) ? [.. logs.EnumerateArray().Select(static line => line.GetString()!)] : []);
}
