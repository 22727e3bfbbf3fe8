using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kumiki.Ground.Tests.Tables;
using Kumiki.Hosting;
using Kumiki.Journeys;
using Kumiki.Store;
using Kumiki.Tables;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Kumiki.Host.Tests.Commands;

/// <summary>A lender's model, threshold and endpoint, and 3,000 applications.</summary>
public sealed class Lender : IAsyncLifetime
{
    internal Demo Demo { get; } = new("CreditRisk");

    public async Task InitializeAsync()
    {
        await Demo.MustAsync("generate-applications", "--rows", "3000");
        await Demo.MustAsync("make", "credit-decision", "--upstream", "--stage", "--set", "default-model.rounds=20");
    }

    public Task DisposeAsync()
    {
        Demo.Dispose();
        return Task.CompletedTask;
    }
}

public sealed class PredictTests(Lender lender, PostgresServer database) : IClassFixture<Lender>, IClassFixture<PostgresServer>
{
    /// <summary>Instants at which each run is killed; the first and the last step are among them.</summary>
    const int Kills = 7;

    const string Applications = "data/applications/applications.csv";

    readonly Demo demo = lender.Demo;

    static string[] Predict(string input, string output, params string[] more) => ["predict", "default-model", "--in", input, "--out", output, "--keys", "id", .. more];

    string[] Lines(string file) => File.ReadAllLines(demo.PathOf(file));

    [Fact]
    public async Task Every_row_of_CSV_is_predicted_with_the_bits_that_the_server_answers_with()
    {
        var said = await demo.MustAsync(Predict(Applications, "online.csv"));

        Assert.Equal("3,000 rows predicted by default-model@1 are in " + demo.PathOf("online.csv") + ".", said.Lines[0]);
        var written = Lines("online.csv");
        Assert.Equal("id,prediction,predicted_by", written[0]);
        var read = Lines(Applications).Skip(1).Select(l => l.Split(',')).ToList();
        Assert.Equal(read.Select(r => r[0]), written.Skip(1).Select(l => l.Split(',')[0]));
        Assert.All(written.Skip(1), l => Assert.EndsWith(",default-model@1", l, StringComparison.Ordinal));

        var head = Lines(Applications)[0].Split(',').ToList();
        await using var data = DataFolder.Open(demo.PathOf(".kumiki"), TimeProvider.System);
        await using var server = await KumikiServer.StartAsync(
            new() { Name = "Lending", DataFolder = data.Path, Metadata = data.Metadata, Artifacts = data.Artifacts }, ServeAddress.Of("127.0.0.1", 0), default);
        using var http = new HttpClient { BaseAddress = server.Address };
        var inputs = (await http.GetFromJsonAsync<JsonNode>("/v2/models/default-model"))!["inputs"]!.AsArray();
        foreach (var (from, count) in ((int, int)[])[(0, 1), (1, 1), (2, 500), (502, 2498)])
        {
            var rows = read.Skip(from).Take(count).ToList();
            var asked = new JsonObject
            {
                ["inputs"] = new JsonArray([.. inputs.Select(input =>
                {
                    var (name, type) = ((string)input!["name"]!, (string)input["datatype"]!);
                    var at = head.IndexOf(name);
                    return (JsonNode)new JsonObject
                    {
                        ["name"] = name, ["datatype"] = type, ["shape"] = new JsonArray(count, 1),
                        ["data"] = new JsonArray([.. rows.Select(r => type == "BYTES" ? (JsonNode?)r[at] : r[at].Length == 0 ? null : JsonNode.Parse(r[at]))]),
                    };
                })]),
            };
            var answer = await http.PostAsJsonAsync("/v2/models/default-model/infer", asked);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            var online = (await answer.Content.ReadFromJsonAsync<JsonNode>())!["outputs"]![0]!["data"]!.AsArray().Select(v => v!.GetValue<float>());
            Assert.Equal(online, written.Skip(1 + from).Take(count).Select(l => float.Parse(l.Split(',')[1], CultureInfo.InvariantCulture)));
        }
    }

    [Fact]
    public async Task Parquet_folders_and_a_database_give_what_CSV_gives()
    {
        await demo.MustAsync(Predict(Applications, "plain.csv"));
        var expected = Lines("plain.csv").Skip(1).Select(l => l.Split(',')).Select(l => (l[0], float.Parse(l[1], CultureInfo.InvariantCulture))).ToList();
        var digest = (await demo.JsonAsync("show", "applications@1")).GetProperty("version").GetProperty("files").EnumerateArray()
            .Single(f => f.GetProperty("path").GetString()!.StartsWith("rows/", StringComparison.Ordinal)).GetProperty("content").GetString()!;
        File.Copy(demo.PathOf($".kumiki/artifacts/sha256/{digest[..2]}/{digest[2..]}"), demo.PathOf("applications.parquet"));
        Database(demo.PathOf("applications.sqlite"));

        await demo.MustAsync(Predict("applications.parquet", "one.parquet"));
        await demo.MustAsync(Predict("applications.parquet", "many", "--segment-rows", "700"));
        await demo.MustAsync(Predict("applications.sqlite", "sql.parquet", "--sql", "SELECT * FROM applications ORDER BY place"));
        await demo.MustAsync(["predict", "default-model@staging", "--in", Applications, "--out", "all.parquet", "--segment-rows", "1000"]);

        Assert.Equal(expected, Scores("one.parquet"));
        Assert.Equal(["00001.parquet", "00002.parquet", "00003.parquet", "00004.parquet", "00005.parquet"],
            Directory.GetFiles(demo.PathOf("many")).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
        Assert.Equal(expected, Directory.GetFiles(demo.PathOf("many")).Order(StringComparer.Ordinal).SelectMany(Scores));
        Assert.Equal(expected, Scores("sql.parquet"));
        using var engine = new TableEngine(new() { SpillFolder = demo.PathOf("spill") });
        Assert.Equal(3000, TableReader.Count(engine, [demo.PathOf("all.parquet")]));
        using var all = new TableReader(engine, [demo.PathOf("all.parquet")]);
        Assert.Contains("employed_years", all.Columns.Select(c => c.Name));     // without keys, all that the model reads
        Assert.DoesNotContain("id", all.Columns.Select(c => c.Name));
        Assert.Empty(Growing());
    }

    List<(string Id, float Score)> Scores(string file)
    {
        using var engine = new TableEngine(new() { SpillFolder = demo.PathOf("spill") });
        using var reader = new TableReader(engine, [demo.PathOf(file)], ["id", "prediction"]);
        var rows = new List<(string, float)>();
        while (reader.Next())
            for (var row = 0; row < reader.Batch.Rows; row++) rows.Add(((string)reader.Batch[0].Value(row)!, (float)reader.Batch[1].Value(row)!));
        return rows;
    }

    void Database(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var transaction = connection.BeginTransaction();
        var head = Lines(Applications)[0].Split(',');
        Execute($"CREATE TABLE applications (place INTEGER PRIMARY KEY, {string.Join(", ", head)})", []);
        foreach (var (place, line) in Lines(Applications).Skip(1).Index())
            Execute($"INSERT INTO applications VALUES ({place}, {string.Join(", ", head.Select((_, i) => $"$v{i}"))})", line.Split(','));
        transaction.Commit();

        void Execute(string sql, string[] values)
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            foreach (var (i, value) in values.Index()) command.Parameters.AddWithValue($"$v{i}", value.Length == 0 ? DBNull.Value : value);
            command.ExecuteNonQuery();
        }
    }

    [Fact]
    public async Task Rows_that_are_none_are_set_aside_with_their_reasons_and_the_others_are_predicted()
    {
        var lines = Lines(Applications);
        var age = Array.IndexOf(lines[0].Split(','), "age");
        string[] bad = [With(lines[2], age, "many"), With(lines[3], age, "7")];
        File.WriteAllLines(demo.PathOf("mixed.csv"), [lines[0], lines[1], .. bad, lines[4], With(lines[5], Array.IndexOf(lines[0].Split(','), "region"), "Atlantis")]);

        var end = await demo.JsonAsync(Predict("mixed.csv", "mixed-out.csv"));

        Assert.Equal((3, 2), (end.GetProperty("rows").GetInt32(), end.GetProperty("rejected").GetInt32()));
        Assert.Equal(1, end.GetProperty("unknown").GetProperty("region").GetInt32());
        Assert.Equal(4, Lines("mixed-out.csv").Length);
        var rejects = Lines("mixed-out.csv.rejects.jsonl").Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal([(3, "age", "many"), (4, "age", "7")],
            rejects.Select(r => (r.GetProperty("line").GetInt32(), r.GetProperty("column").GetString()!, r.GetProperty("value").GetString()!)));

        var refused = await demo.RunAsync(Predict("mixed.csv", "refused.csv", "--unknown", "refuse"));
        Assert.Equal(1, refused.Code);
        Assert.Equal("Row 3 of those that were read has the region 'Atlantis', which default-model@1 never saw in training; mend it, or let such rows be scored without it with --unknown score.",
            refused.Error.Trim());
        Assert.False(File.Exists(demo.PathOf("refused.csv")));

        static string With(string line, int field, string value)
        {
            var fields = line.Split(',');
            fields[field] = value;
            return string.Join(',', fields);
        }
    }

    [Fact]
    public async Task What_cannot_be_predicted_is_refused_in_one_sentence_and_leaves_nothing()
    {
        var lines = Lines(Applications);
        File.WriteAllLines(demo.PathOf("narrow.csv"), lines.Select(l => string.Join(',', l.Split(',').Take(5))));
        File.WriteAllText(demo.PathOf("head.txt"), "no table");
        File.WriteAllText(demo.PathOf("there.csv"), "kept");
        Directory.CreateDirectory(demo.PathOf("folder.csv"));
        foreach (var (command, says) in new (string[], string)[]
        {
            (Predict("narrow.csv", "x.csv"), "narrow.csv lacks "),
            (Predict("nowhere.csv", "x.csv"), "nowhere.csv"),
            (Predict("head.txt", "x.csv"), "What head.txt holds cannot be told by its name"),
            (Predict("postgres://u:secret@host/db", "x.csv"), "does not belong on a command line"),
            (Predict("some.sqlite", "x.csv"), "say with --sql which table or SELECT has the rows"),
            (Predict(Applications, "x.csv", "--sql", "SELECT 1"), "--sql asks a database"),
            (Predict(Applications, "x.xlsx"), "x.xlsx ends in .xlsx"),
            (Predict(Applications, "nowhere/x.csv"), "There is no folder for"),
            (Predict(Applications, "there.csv"), "there.csv is there already; replace it with --overwrite"),
            (Predict(Applications, "folder.csv", "--overwrite"), "is of another kind"),
            (Predict(Applications, "x.csv", "--keys", "age,id"), "names the column 'id' twice"),
            (Predict(Applications, "x.csv", "--keys", "prediction"), "would stand beside a column of the same name"),
            (Predict(Applications, "x.csv", "--keys", "colour"), "colour"),
            (Predict(Applications, "x.csv", "--segment-rows", "0"), "--segment-rows takes a number from 1 to 1000000."),
            (["predict", "default-modle", "--in", Applications, "--out", "x.csv"], "did you mean 'default-model'?"),
            (["predict", "default-model@9", "--in", Applications, "--out", "x.csv"], "default-model has no version '9'"),
            (["predict", "default-model@production", "--in", Applications, "--out", "x.csv"], "default-model has no version 'production'"),
            (["predict", "applications", "--in", Applications, "--out", "x.csv"], "applications@1 is of the kind Dataset, which predicts nothing"),
        })
        {
            var refused = await demo.RunAsync(command);
            Assert.True(refused.Code == 1, $"{string.Join(' ', command)}: {refused}");
            Assert.Contains(says, refused.Error, StringComparison.Ordinal);
        }
        Assert.False(File.Exists(demo.PathOf("x.csv")));
        Assert.Equal("kept", File.ReadAllText(demo.PathOf("there.csv")));
        Assert.Empty(Growing());
    }

    /// <summary>Killed at steps in which something became durable and asked again, it goes on, and gives the bytes of a run that nobody killed.</summary>
    [Theory]
    [InlineData("killed.csv")]
    [InlineData("killed.parquet")]
    [InlineData("killed")]
    public async Task A_killed_run_goes_on_where_it_stopped_and_gives_the_same_bytes(string name)
    {
        string[] Command(string output, params string[] more) => Predict(Applications, output, ["--segment-rows", "800", .. more]);
        await demo.RunAsync([("KUMIKI_STEPS", demo.PathOf($"{name}.steps"))], Command("unharmed-" + name));
        var expected = Bytes("unharmed-" + name);
        var steps = File.ReadAllLines(demo.PathOf($"{name}.steps"));

        var (killed, resumed) = (0, 0L);
        foreach (var step in Enumerable.Range(0, Kills).Select(i => 1 + (i * (steps.Length - 1) / (Kills - 1))))
        {
            var output = $"at{step}-{name}";
            var first = await demo.RunAsync([("KUMIKI_KILL_AT", $"{step}")], Command(output));
            Assert.Equal(137, first.Code);
            killed++;
            if (step < steps.Length) Assert.False(Path.Exists(demo.PathOf(output)));
            else Assert.Equal(expected, Bytes(output));
            var end = await demo.JsonAsync(Command(output));
            resumed += end.GetProperty("resumed").GetInt64();
            Assert.Equal(expected, Bytes(output));
            Assert.Equal(3000, end.GetProperty("rows").GetInt32());
        }
        Assert.True(killed == Kills && resumed >= 3000, $"{killed} kills, {resumed} rows were not scored again.");

        // Over an output that is there: it stays until the new one is whole.
        var last = await demo.RunAsync([("KUMIKI_KILL_AT", $"{steps.Length - 1}")], Command("unharmed-" + name, "--overwrite", "--keys", "age"));
        Assert.Equal((137, expected), (last.Code, Bytes("unharmed-" + name)));
        await demo.MustAsync(Command("unharmed-" + name, "--overwrite", "--keys", "age"));
        Assert.NotEqual(expected, Bytes("unharmed-" + name));
        Assert.Empty(Growing());
    }

    /// <summary>What a database gave is read once: the run goes on when the table is gone.</summary>
    [Fact]
    public async Task A_run_over_PostgreSQL_that_is_cancelled_by_a_signal_goes_on_and_gives_the_same_bytes()
    {
        const int times = 40;
        var (head, rows) = (Lines(Applications)[0].Split(','), Lines(Applications).Skip(1).Select(l => l.Split(',')).ToList());
        await database.SqlAsync($"CREATE TABLE applications (place int, {string.Join(", ", head.Select(c => $"{c} text"))})");
        foreach (var some in rows.Index().Chunk(500))
        {
            var values = some.Select(r => $"({r.Index}, {string.Join(", ", r.Item.Select(v => v.Length == 0 ? "NULL" : $"'{v}'"))})");
            await database.SqlAsync($"INSERT INTO applications VALUES {string.Join(", ", values)}");
        }
        string[] Command(string output) => Predict("postgres:LOANS_DB", output, "--segment-rows", "1000",
            "--sql", $"SELECT {string.Join(", ", head)} FROM applications, generate_series(1, {times}) time ORDER BY time, place");
        (string, string)[] environment = [("LOANS_DB", database.ConnectionString)];
        Assert.Equal(0, (await demo.RunAsync(environment, Command("unharmed-sql.csv"))).Code);

        var segments = demo.PathOf(".cut-sql.csv.predicting/rows");
        using (var running = demo.Start(environment, Command("cut-sql.csv")))
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
            while (!Directory.Exists(segments) || Directory.GetFileSystemEntries(segments).Length < 5) await Task.Delay(2, limit.Token);
            await running.SignalAsync("INT");
            var said = await running.EndAsync();
            Assert.Equal(130, said.Code);
            Assert.Contains("the same command goes on", said.Error, StringComparison.Ordinal);
        }
        Assert.False(File.Exists(demo.PathOf("cut-sql.csv")));
        await database.SqlAsync("DROP TABLE applications");
        var again = await demo.RunAsync(environment, [.. Command("cut-sql.csv"), "--json"]);

        Assert.True(again.Code == 0, $"{again}");
        var end = JsonDocument.Parse(again.Out).RootElement;
        Assert.Equal(times * rows.Count, end.GetProperty("rows").GetInt32());
        Assert.InRange(end.GetProperty("resumed").GetInt64(), 3000, (times * rows.Count) - 1);
        Assert.Equal(Bytes("unharmed-sql.csv"), Bytes("cut-sql.csv"));
        Assert.Empty(Growing());
    }

    /// <summary>Outputs that still grow, but for that of the test whose rows are refused: it stays until its rows are mended.</summary>
    IEnumerable<string> Growing() =>
        Directory.EnumerateDirectories(demo.Folder, ".*.predicting*").Where(f => !Path.GetFileName(f).StartsWith(".refused.", StringComparison.Ordinal));

    string Bytes(string name)
    {
        var path = demo.PathOf(name);
        return string.Join(' ', (File.Exists(path) ? new List<string> { path } : [.. Directory.GetFiles(path).Order(StringComparer.Ordinal)]).Select(f => $"{Digest.Of(File.ReadAllBytes(f)).Hex}"));
    }

    [Fact]
    public async Task A_file_without_rows_gives_an_output_without_rows()
    {
        File.WriteAllText(demo.PathOf("empty.csv"), Lines(Applications)[0] + "\n");

        await demo.MustAsync(Predict("empty.csv", "empty-out.csv"));
        await demo.MustAsync(Predict("empty.csv", "empty-out.parquet"));

        Assert.Equal(["id,prediction,predicted_by"], Lines("empty-out.csv"));
        Assert.Empty(Scores("empty-out.parquet"));
    }
}
