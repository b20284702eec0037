namespace Gateway.Legacy;

/// <summary>What the app sent cannot be passed on as an answer. The sentence is ours, and quotes nothing of it.</summary>
internal sealed class UnsoundAnswerException(string message) : HttpIOException(HttpRequestError.InvalidResponse, message);
