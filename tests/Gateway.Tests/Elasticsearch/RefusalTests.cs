using Gateway.Tests.Configuration;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Elasticsearch;

/// <summary>A secret that is refused: whether the file has another one by now, and what if not.</summary>
public sealed class RefusalTests : IDisposable
{
    private const string Refused = "Elasticsearch refused the gateway.";

    /// <summary>All versions of the file have this time, as two within one tick of a coarse clock have.</summary>
    private static readonly DateTime _written = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly Folder _folder = new();

    public RefusalTests() => Write("old");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Another_secret_with_the_same_time_is_used_for_the_request_that_was_refused()
    {
        await using ScriptedServer node = Accepting("Bearer new");
        await using Scene scene = await StartAsync(node);

        scene.Gateway.ErrorsAreExpected = true;
        using HttpResponseMessage before = await scene.GetsProblemAsync(502, Refused);
        Write("new");
        await scene.GetsInfoAsync();
        await scene.GetsInfoAsync();

        Assert.Equal(["Bearer old", "Bearer old", "Bearer new", "Bearer new"], FieldsOf(node));
        Assert.Single(scene.Said);
    }

    [Fact]
    public async Task The_same_secret_is_not_sent_again()
    {
        await using ScriptedServer node = Accepting("Bearer other");
        await using Scene scene = await StartAsync(node);
        scene.Gateway.ErrorsAreExpected = true;

        using HttpResponseMessage answer = await scene.GetsProblemAsync(502, Refused);

        Assert.Equal(["Bearer old"], FieldsOf(node));
    }

    [Fact]
    public async Task A_new_secret_that_is_refused_too_ends_the_matter()
    {
        await using ScriptedServer node = ReplacingWhenAsked("new", Answers.Json("{}", "401 Unauthorized"));
        await using Scene scene = await StartAsync(node);
        scene.Gateway.ErrorsAreExpected = true;

        using HttpResponseMessage answer = await scene.GetsProblemAsync(502, Refused);

        Assert.Equal(["Bearer old", "Bearer new"], FieldsOf(node));
        Assert.Contains("status 401", Assert.Single(scene.Said).Message, StringComparison.Ordinal);
    }

    /// <summary>403 is an answer to who we are, not a doubt of it.</summary>
    [Fact]
    public async Task What_a_known_user_may_not_do_is_not_asked_again()
    {
        await using ScriptedServer node = ReplacingWhenAsked("new", Answers.Json("{}", "403 Forbidden"));
        await using Scene scene = await StartAsync(node);
        scene.Gateway.ErrorsAreExpected = true;

        using HttpResponseMessage answer = await scene.GetsProblemAsync(502, Refused);

        Assert.Equal(["Bearer old"], FieldsOf(node));
    }

    [Fact]
    public async Task Both_causes_of_a_refusal_are_said()
    {
        bool known = false;
        await using var node = new ScriptedServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.SendAsync(Answers.Json("{}", known ? "403 Forbidden" : "401 Unauthorized"));
            }
        });
        await using Scene scene = await StartAsync(node);
        scene.Gateway.ErrorsAreExpected = true;

        using HttpResponseMessage unknown = await scene.GetsProblemAsync(502, Refused);
        known = true;
        using HttpResponseMessage forbidden = await scene.GetsProblemAsync(502, Refused);
        using HttpResponseMessage again = await scene.GetsProblemAsync(502, Refused);

        Assert.Equal(["401", "403"], scene.Said.Select(static said => said.Message.Split("status ")[1][..3]));
    }

    [Fact]
    public async Task The_second_time_has_only_what_the_first_left_of_the_attempts_time()
    {
        await using var node = new ScriptedServer(async connection =>
        {
            await connection.ReadRequestAsync();
            Write("new");
            await connection.SendAsync(Answers.Json("{}", "401 Unauthorized"));
            await connection.ReadRequestAsync();
            await connection.StallAsync();
        });
        await using Scene scene = await StartAsync(node, ("AttemptTimeout", "00:00:02"));

        using HttpResponseMessage answer = await scene.GetsProblemAsync(504, "Elasticsearch did not answer in time.");

        Assert.Equal(["Bearer old", "Bearer new"], FieldsOf(node));
    }

    private (string, string) TokenFile => ("BearerTokenFile", _folder.FileOf("token"));

    private Task<Scene> StartAsync(ScriptedServer node, params (string, string)[] settings) => Scene.StartAsync(node, [TokenFile, .. settings]);

    private static IEnumerable<string?> FieldsOf(ScriptedServer node) => node.Requests.Select(static request => request.Field("Authorization"));

    private static ScriptedServer Accepting(string field) => new(async connection =>
    {
        while (await connection.ReadRequestAsync() is { } request)
        {
            await connection.SendAsync(request.Field("Authorization") == field ? Answers.Info : Answers.Json("{}", "401 Unauthorized"));
        }
    });

    /// <summary>While the request is under way, the file gets another secret.</summary>
    private ScriptedServer ReplacingWhenAsked(string secret, string answer) => new(async connection =>
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            Write(secret);
            await connection.SendAsync(answer);
        }
    });

    private void Write(string secret)
    {
        File.WriteAllText(_folder.FileOf("token"), secret);
        File.SetLastWriteTimeUtc(_folder.FileOf("token"), _written);
    }
}
