using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Gateway.Elasticsearch;
using Gateway.Views;

namespace Gateway.Tests.Views;

/// <summary>What Python wrote for the same documents; the last test asks a Python for two thousand more.</summary>
public sealed class PythonJsonTests
{
    private const string Info = """
        {
          "name" : "es01",
          "cluster_name" : "docker-cluster",
          "cluster_uuid" : "AAAAAAAAQACAAAAAAAAAAA",
          "version" : {
            "number" : "7.17.27",
            "build_flavor" : "default",
            "build_type" : "docker",
            "build_hash" : "0f88dde84795b30ca0d2c0c4796643ec5938aeb5",
            "build_date" : "2025-01-09T14:09:01.578835424Z",
            "build_snapshot" : false,
            "lucene_version" : "8.11.3",
            "minimum_wire_compatibility_version" : "6.8.0",
            "minimum_index_compatibility_version" : "6.0.0-beta1"
          },
          "tagline" : "You Know, for Search"
        }

        """;

    [Theory]
    [InlineData("[0,-0,-1,9007199254740993]", "[0,0,-1,9007199254740993]")]
    [InlineData("[123456789012345678901234567890,-98765432109876543210]", "[123456789012345678901234567890,-98765432109876543210]")]
    [InlineData("[1.0,-0.0,0.1,-1.50,1E5,1e0,0e5]", "[1.0,-0.0,0.1,-1.5,100000.0,1.0,0.0]")]
    [InlineData(
        "[1e15,1e16,1e21,-1234567890123456.0,1234567890123456.8]",
        "[1000000000000000.0,1e+16,1e+21,-1234567890123456.0,1234567890123456.8]")]
    [InlineData("[999999999999999.9]", "[999999999999999.9]")]
    [InlineData(
        "[9999999999999998.0,9007199254740993.0,12345678901234567.0]",
        "[9999999999999998.0,9007199254740992.0,1.2345678901234568e+16]")]
    [InlineData("[0.0001,0.00001,1e-5,0.000123456789]", "[0.0001,1e-05,1e-05,0.000123456789]")]
    [InlineData(
        "[1e400,-1e400,1e-400,-1e-400,1e99999999999,1e-99999999999,0e99999999999]",
        "[Infinity,-Infinity,0.0,-0.0,Infinity,0.0,0.0]")]
    [InlineData(
        "[5e-324,2.2250738585072014e-308,1.7976931348623157e308,1.7976931348623159e308]",
        "[5e-324,2.2250738585072014e-308,1.7976931348623157e+308,Infinity]")]
    [InlineData("[0.1000000000000000055511151231257827021181583404541015625]", "[0.1]")]
    [InlineData("[2e23,8.41e21,9.5367431640625e-07,4.35,5.0e-1]", "[2e+23,8.41e+21,9.5367431640625e-07,4.35,0.5]")]
    public void Numbers_are_written_as_Python_prints_them(string json, string expected) =>
        Assert.Equal(expected + "\n", Write(json, PythonJsonStyle.Flask));

    [Theory]
    [InlineData("""["","plain / <b> & ' ~"]""", """["","plain / <b> & ' ~"]""")]
    [InlineData("""["\"\\\/\b\f\n\r\t"]""", """["\"\\/\b\f\n\r\t"]""")]
    [InlineData("""["\u0000\u001F\u000a\u0041\u007E"]""", """["\u0000\u001f\nA~"]""")]
    [InlineData("[\"\u007f\\u007F\"]", """["\u007f\u007f"]""")]
    [InlineData("""["é\u00E9 € \uFFFF 😀"]""", """["\u00e9\u00e9 \u20ac \uffff \ud83d\ude00"]""")]
    [InlineData("""["\uD83D\uDE00 \uDBFF\uDFFF"]""", """["\ud83d\ude00 \udbff\udfff"]""")]
    [InlineData(
        """["\ud800","\udc00","\ude00\ud83d","\ud83d\ud83d\ude00","\ud83d\n\ude00"]""",
        """["\ud800","\udc00","\ude00\ud83d","\ud83d\ud83d\ude00","\ud83d\n\ude00"]""")]
    public void Strings_are_written_in_ASCII_with_the_escapes_of_Python(string json, string expected) =>
        Assert.Equal(expected + "\n", Write(json, PythonJsonStyle.Flask));

    [Theory]
    [InlineData("{}", "{}")]
    [InlineData("""{"b":{"z":1,"a":[{"y":1,"x":2}]},"B":0,"a":1,"":2}""", """{"":2,"B":0,"a":1,"b":{"a":[{"x":2,"y":1}],"z":1}}""")]
    [InlineData(
        "{\"😀\":1,\"\ufffd\":2,\"\ue000\":3,\"\ud7ff\":4,\"z\":5}",
        """{"z":5,"\ud7ff":4,"\ue000":3,"\ufffd":2,"\ud83d\ude00":1}""")]
    [InlineData(
        """{"\ud83d\ude00":1,"\ufffd":2,"\ud800":3,"\ud7ff":4,"\u007a":5}""",
        """{"z":5,"\ud7ff":4,"\ud800":3,"\ufffd":2,"\ud83d\ude00":1}""")]
    [InlineData("""{"ab":1,"\u0061":2,"a\n":3,"a":4,"a ":5}""", """{"a":4,"a\n":3,"a ":5,"ab":1}""")]
    public void Keys_are_sorted_by_code_point_at_every_depth(string json, string expected) =>
        Assert.Equal(expected + "\n", Write(json, PythonJsonStyle.Flask));

    [Theory]
    [InlineData("""{"b":1,"a":2,"b":3}""", """{"a":2,"b":3}""", """{"b": 3, "a": 2}""")]
    [InlineData(
        """{"a":1,"b":2,"\u0061":3,"c":{"x":0,"y":1,"x":[]}}""",
        """{"a":3,"b":2,"c":{"x":[],"y":1}}""",
        """{"a": 3, "b": 2, "c": {"x": [], "y": 1}}""")]
    public void Of_a_key_given_twice_the_last_value_wins_in_the_place_of_the_first(string json, string flask, string django)
    {
        Assert.Equal(flask + "\n", Write(json, PythonJsonStyle.Flask));
        Assert.Equal(django, Write(json, PythonJsonStyle.Django));
    }

    [Theory]
    [InlineData(
        " \t\n{ \"a\" :\r[ true ,false, null , { } , [ ] ] }\n",
        """{"a":[true,false,null,{},[]]}""",
        """{"a": [true, false, null, {}, []]}""")]
    [InlineData("  3  ", "3", "3")]
    public void The_space_between_tokens_is_that_of_the_style(string json, string flask, string django)
    {
        Assert.Equal(flask + "\n", Write(json, PythonJsonStyle.Flask));
        Assert.Equal(django, Write(json, PythonJsonStyle.Django));
        Assert.Equal(json, Write(json, PythonJsonStyle.Compact));
    }

    [Fact]
    public void The_info_of_a_cluster_is_what_Flask_sends() =>
        Assert.Equal(
            """
            {"cluster_name":"docker-cluster","cluster_uuid":"AAAAAAAAQACAAAAAAAAAAA","name":"es01","tagline":"You Know,
             for Search","version":{"build_date":"2025-01-09T14:09:01.578835424Z","build_flavor":"default",
            "build_hash":"0f88dde84795b30ca0d2c0c4796643ec5938aeb5","build_snapshot":false,"build_type":"docker",
            "lucene_version":"8.11.3","minimum_index_compatibility_version":"6.0.0-beta1",
            "minimum_wire_compatibility_version":"6.8.0","number":"7.17.27"}}
            """.ReplaceLineEndings("") + "\n",
            Write(Info, PythonJsonStyle.Flask));

    [Fact]
    public void The_info_of_a_cluster_is_what_Django_sends() =>
        Assert.Equal(
            """
            {"name": "es01", "cluster_name": "docker-cluster", "cluster_uuid": "AAAAAAAAQACAAAAAAAAAAA",
             "version": {"number": "7.17.27", "build_flavor": "default", "build_type": "docker",
             "build_hash": "0f88dde84795b30ca0d2c0c4796643ec5938aeb5", "build_date": "2025-01-09T14:09:01.578835424Z",
             "build_snapshot": false, "lucene_version": "8.11.3", "minimum_wire_compatibility_version": "6.8.0",
             "minimum_index_compatibility_version": "6.0.0-beta1"}, "tagline": "You Know, for Search"}
            """.ReplaceLineEndings(""),
            Write(Info, PythonJsonStyle.Django));

    [Fact]
    public void Compact_is_what_was_received() => Assert.Equal(Info, Write(Info, PythonJsonStyle.Compact));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("""{"a":1""")]
    [InlineData("""{"a":1,}""")]
    [InlineData("""{"a":1} x""")]
    [InlineData("{}{}")]
    [InlineData("[1] // one")]
    [InlineData("[1,2")]
    [InlineData("[01]")]
    [InlineData("[1.]")]
    [InlineData("[.5]")]
    [InlineData("[+1]")]
    [InlineData("[NaN]")]
    [InlineData("[-Infinity]")]
    [InlineData("['a']")]
    [InlineData("[\"\t\"]")]
    [InlineData("""["\x41"]""")]
    [InlineData("""["\u12g4"]""")]
    [InlineData("\ufeff[]")]
    public void Anything_but_one_complete_value_is_refused(string json)
    {
        foreach (PythonJsonStyle style in Enum.GetValues<PythonJsonStyle>())
        {
            Assert.ThrowsAny<JsonException>(() => Write(json, style));
        }
    }

    [Theory]
    [InlineData(new byte[] { 0xFF })]
    [InlineData(new byte[] { 0xC3 })]
    [InlineData(new byte[] { 0xC0, 0xAF })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    public void A_string_that_is_not_UTF_8_is_refused(byte[] inQuotes)
    {
        byte[] json = [(byte)'"', .. inQuotes, (byte)'"'];
        foreach (PythonJsonStyle style in Enum.GetValues<PythonJsonStyle>())
        {
            Assert.ThrowsAny<JsonException>(() => PythonJson.Write(json, style));
        }
    }

    [Fact]
    public void What_is_JSON_is_what_the_reader_of_dotnet_takes_for_it()
    {
        Random random = new(4_000);
        RandomDocuments documents = new(seed: 4_001);
        int refused = 0;
        for (int i = 0; i < 50_000; i++)
        {
            byte[] json = Encoding.UTF8.GetBytes(documents.Next());
            Break(json.AsSpan(), random);
            byte[] part = json[..random.Next(json.Length - 1, json.Length + 1)];

            bool isJson = IsJson(part);

            Assert.True(isJson == CanBeWritten(part), $"{(isJson ? "JSON" : "not JSON")}: {Convert.ToHexString(part)} {Encoding.UTF8.GetString(part)}");
            refused += isJson ? 0 : 1;
        }

        Assert.InRange(refused, 5_000, 45_000);
    }

    [Fact]
    public void A_depth_of_512_is_written_and_one_more_is_refused()
    {
        string deepest = new string('[', 512) + new string(']', 512);

        Assert.Equal(deepest + "\n", Write(deepest, PythonJsonStyle.Flask));
        Assert.ThrowsAny<JsonException>(() => Write($"[{deepest}]", PythonJsonStyle.Flask));
    }

    [Fact]
    public void An_integer_of_4300_digits_is_written_and_a_longer_one_is_refused_as_in_Python()
    {
        string longest = "-" + new string('9', 4300);

        Assert.Equal(longest + "\n", Write(longest, PythonJsonStyle.Flask));
        Assert.ThrowsAny<JsonException>(() => Write(longest + "9", PythonJsonStyle.Flask));
    }

    [Fact]
    public async Task Two_thousand_random_documents_are_written_as_a_Python_process_writes_them()
    {
        RandomDocuments random = new(seed: 20_000);
        string[] documents = [.. Enumerable.Range(0, 2_000).Select(_ => random.Next())];
        await AreWrittenAsByPythonAsync(documents, "data", Write);
    }

    [Fact]
    public async Task The_hits_of_a_thousand_random_answers_are_written_as_a_Python_process_writes_them()
    {
        RandomDocuments random = new(seed: 20_001);
        string[] answers = [.. Enumerable.Range(0, 1_000).Select(_ => random.NextAnswer())];
        await AreWrittenAsByPythonAsync(answers, "[hit['_source'] for hit in data['hits']['hits']]", WriteHits);
    }

    private static async Task AreWrittenAsByPythonAsync(string[] documents, string expression, Func<string, PythonJsonStyle, string> write)
    {
        string[] written = await PythonAsync(expression, documents);

        Assert.Equal(documents.Length * 2, written.Length);
        for (int i = 0; i < documents.Length; i++)
        {
            Assert.Equal(written[2 * i] + "\n", write(documents[i], PythonJsonStyle.Flask));
            Assert.Equal(written[(2 * i) + 1], write(documents[i], PythonJsonStyle.Django));
        }
    }

    /// <summary>Puts something in the place of a byte, or takes two for each other, mostly what JSON is made of.</summary>
    private static void Break(Span<byte> json, Random random)
    {
        ReadOnlySpan<byte> likely = "{}[]:,\"\\ \t\n\r-+.eE0123456789tfnulrasxbU/\0\b\u007f"u8;
        int at = random.Next(json.Length);
        switch (random.Next(4))
        {
            case 0:
                json[at] = likely[random.Next(likely.Length)];
                break;
            case 1:
                json[at] = (byte)random.Next(256);
                break;
            case 2:
                int other = random.Next(json.Length);
                (json[at], json[other]) = (json[other], json[at]);
                break;
        }
    }

    private static bool IsJson(byte[] json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read())
            {
            }

            return Utf8.IsValid(json);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool CanBeWritten(byte[] json)
    {
        try
        {
            PythonJson.Write(json, PythonJsonStyle.Flask);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string WriteHits(string json, PythonJsonStyle style)
    {
        var view = new ViewTemplate("v", PathTemplate.Fixed("/v"), CallTemplate.Always(new ElasticsearchCall("search", "_search")))
        {
            Answer = AnswerPart.Hits,
            JsonStyle = style,
        };
        Assert.True(AnswerBody.TryWrite(Encoding.UTF8.GetBytes(json), view, out ReadOnlyMemory<byte> body, out string reason), reason);
        return Encoding.UTF8.GetString(body.Span);
    }

    private static string Write(string json, PythonJsonStyle style) =>
        Encoding.UTF8.GetString(PythonJson.Write(Encoding.UTF8.GetBytes(json), style).Span);

    /// <summary>Two lines for each document, Flask's and Django's, of what the expression makes of it.</summary>
    private static async Task<string[]> PythonAsync(string expression, string[] documents)
    {
        string[]? written = await RunPythonAsync(expression, documents);
        Assert.SkipWhen(written is null && Environment.GetEnvironmentVariable("CI") != "true", "python3 is not on the PATH.");
        Assert.True(written is not null, "python3 is not on the PATH, where CI needs it.");
        return written;
    }

    /// <summary>Null where there is no Python.</summary>
    private static async Task<string[]?> RunPythonAsync(string expression, string[] documents)
    {
        string script = $"""
            import json, sys
            for line in sys.stdin.buffer:
                data = json.loads(line)
                data = {expression}
                print(json.dumps(data, sort_keys=True, separators=(",", ":")))
                print(json.dumps(data))
            """;
        ProcessStartInfo start = new("python3", ["-c", script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        };
        try
        {
            using Process python = Process.Start(start)!;
            Task<string> output = python.StandardOutput.ReadToEndAsync();
            await python.StandardInput.WriteAsync(string.Join('\n', documents));
            python.StandardInput.Close();
            return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Documents of one line each, the same ones for the same seed, made of what Python and .NET may see differently.</summary>
    private sealed class RandomDocuments(int seed)
    {
        private static readonly string[] _spaces = ["", "", "", " ", "\t", "\r"];

        // Few enough that a key often comes twice, spelled differently.
        private static readonly string[] _characters =
        [
            "a", "b", "Z", " ", "~", "/", "<", "\u007f", "é", "\u2028", "\ud7ff",
            "\ue000", "\ufffd", "\uffff", "😀", "𐀀", "\U0010ffff",
            """\b""", """\f""", """\n""", """\r""", """\t""", """\/""", """\\""", "\\\"", """\u0000""", """\u001F""", """\u0061""",
            """\u007f""", """\u00E9""", """\uD7FF""", """\uE000""", """\ufffd""", """\uD83D\uDE00""", """\ud83d""", """\uDE00""",
        ];

        private static readonly string[] _literals =
        [
            "true", "false", "null", "{}", "[]",
            "-0", "0", "-0.0", "0e0", "1e400", "-1E+400", "1e-400", "5e-324", "1e15", "1e16", "1e-4", "1e-5",
        ];

        private readonly Random _random = new(seed);

        public string Next() => Space() + (_random.Next(2) == 0 ? Object(depth: 0) : Value(depth: 0)) + Space();

        /// <summary>Of a search, with members that are not wanted, and now and then one with a wanted name before the one that counts.</summary>
        public string NextAnswer() =>
            $"{Space()}{{{Space()}\"took\":{_random.Next(99)},{Unwanted()}\"hits\"{Space()}:{{{Unwanted()}\"hits\":[{Many(Hit)}]{Space()}}}{Space()}}}";

        private string Hit() => $"{{{Unwanted()}{(_random.Next(9) == 0 ? "\"_source\":1," : "")}{Pick(["\"_source\"", "\"\\u005fsource\""])}:{Space()}{Object(depth: 2)}}}";

        private string Unwanted() => _random.Next(2) == 0 ? "" : $"\"x{_random.Next(9)}\"{Space()}:{Value(depth: 2)}{Space()},{Space()}";

        private string Value(int depth) => _random.Next(depth < 4 ? 9 : 5) switch
        {
            0 => Pick(_literals),
            1 or 2 => Number(),
            3 or 4 => Text(),
            5 or 6 => $"[{Space()}{Many(() => Value(depth + 1))}]",
            _ => Object(depth),
        };

        private string Object(int depth) => $"{{{Space()}{Many(() => $"{Text()}{Space()}:{Space()}{Value(depth + 1)}", depth == 3 && _random.Next(9) == 0 ? 80 : 6)}}}";

        private string Many(Func<string> item, int most = 6) =>
            string.Join(',', Enumerable.Range(0, _random.Next(most + 1)).Select(_ => Space() + item() + Space()));

        private string Text() => $"\"{string.Concat(Enumerable.Range(0, _random.Next(5)).Select(_ => Pick(_characters)))}\"";

        private string Number() => Pick(["", "-"]) + _random.Next(6) switch
        {
            0 => Digits(40),
            1 => BitConverter.Int64BitsToDouble(_random.NextInt64(0x7FF0_0000_0000_0000)).ToString("R", CultureInfo.InvariantCulture),
            2 => $"{Digits(25)}.{_random.NextInt64(long.MaxValue)}",
            3 => $"{Digits(9)}.{Zeros()}{Digits(8)}",
            4 => $"{Digits(3)}.{Digits(18)}{Pick(["e", "E"])}{_random.Next(-25, 25)}",
            _ => $"{Digits(20)}{Pick(["e", "E+", "e-0"])}{_random.Next(330)}",
        };

        private string Zeros() => new('0', _random.Next(6));

        private string Digits(int most)
        {
            string digits = string.Concat(Enumerable.Range(0, _random.Next(1, most + 1)).Select(_ => _random.Next(10)));
            return digits.TrimStart('0') is { Length: > 0 } number ? number : "0";
        }

        private string Space() => Pick(_spaces);

        private string Pick(string[] choices) => choices[_random.Next(choices.Length)];
    }
}
