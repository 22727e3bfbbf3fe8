using Kumiki.Ground.Tests.Making;
using Kumiki.Ground.Tests.Tables;
using Kumiki.Making;
using Kumiki.Tables;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class SourcesTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    static MakingWorld Town(string visits = "{\"shop\":\"a\",\"guests\":3,\"day\":\"2021-02-03\"}\n{\"shop\":\"b\",\"guests\":4,\"day\":\"2021-02-03\"}\n")
    {
        var world = new MakingWorld(typeof(Shops), typeof(Visits), typeof(Totals), typeof(Strangers), typeof(Clocked));
        File.WriteAllText(Path.Combine(world.Root, "shops.jsonl"), "{\"name\":\"a\",\"city\":\"x\"}\n{\"name\":\"b\",\"city\":\"y\"}\n{\"name\":\"c\"}\nbroken\n");
        File.WriteAllText(Path.Combine(world.Root, "visits-1.jsonl"), visits);
        return world;
    }

    static MakeOrder Upstream(string asset) => new(asset) { Upstream = true };

    [Fact]
    public async Task A_version_of_json_lines_tells_its_source_keeps_its_rejects_and_is_reused_until_a_file_changes()
    {
        await using var world = Town();

        var shops = Assert.IsType<MakingEnd.Made>(await world.MakeAsync("shops")).Version;
        Assert.Equal(("CC-BY-4.0", "the town's register, 2021", "no persons"), (shops.Facts["source.licence"], shops.Facts["source.provenance"], shops.Facts["source.consent"]));
        Assert.Equal(("2", "2"), (shops.Facts["rows"], shops.Facts["rows.rejected"]));
        var rejects = Reject.Read(await world.Artifacts.PathAsync(shops.Files.Single(f => f.Path == "rejects.jsonl").Content, default)).ToList();
        Assert.Equal([(3, "city"), (4, null)], rejects.Select(r => ((int)r.Line, r.Column)));
        Assert.Equal(["shops.jsonl"], shops.Outside.Select(o => o.Path));
        Assert.Equal(Digest.Of(File.ReadAllBytes(Path.Combine(world.Root, "shops.jsonl"))), shops.Outside[0].Content);

        Assert.IsType<MakingEnd.Reused>(await world.MakeAsync("shops"));
        File.AppendAllText(Path.Combine(world.Root, "shops.jsonl"), "{\"name\":\"d\",\"city\":\"z\"}\n");
        Assert.Equal(2, Assert.IsType<MakingEnd.Made>(await world.MakeAsync("shops")).Version.Name.Number);
    }

    [Fact]
    public async Task A_key_that_is_in_no_other_dataset_is_named_by_row_and_keeps_dependents_from_being_made()
    {
        await using var world = Town("{\"shop\":\"a\",\"guests\":3,\"day\":\"2021-02-03\"}\n{\"shop\":\"zoo\",\"guests\":4,\"day\":\"2021-02-03\"}\n");

        var ends = (await world.MakeAsync(Upstream("totals"))).ToDictionary(e => e.Asset);
        var check = ends["visits"].Result!.Checks.Single(c => c.Name == "shop-in-shops");
        Assert.Equal((false, "shop-in-shops is broken (rows at fault: 1 of 2), as in row 2 (shop=zoo)."), (check.Held, check.Says.In("en")));
        var failed = Assert.IsType<MakingEnd.Failed>(ends["totals"]);
        Assert.Contains("row 2 (shop=zoo)", failed.Why.In("en"), StringComparison.Ordinal);
        Assert.Contains(ends["visits"].Result!.Inputs, i => i.Version.Asset == "shops" && i.Read.Count > 0);
    }

    [Fact]
    public async Task What_is_compared_must_be_asked_for()
    {
        await using var world = Town();
        var ends = (await world.MakeAsync(Upstream("strangers"))).ToDictionary(e => e.Asset);

        Assert.Equal("strangers is held against shops, which it does not ask for: take it as a constructor parameter.", Assert.IsType<MakingEnd.Failed>(ends["strangers"]).Why.In("en"));
    }

    [Fact]
    public async Task A_distribution_is_compared_with_the_version_before_and_the_first_passes_with_a_note()
    {
        static string Guests(Func<int, int> guests) => string.Concat(Enumerable.Range(0, 500).Select(i => $"{{\"shop\":\"a\",\"guests\":{guests(i)},\"day\":\"2021-02-03\"}}\n"));
        await using var world = Town(Guests(i => i % 50));
        static CheckResult Near(MakingEnd end) => end.Result!.Checks.Single(c => c.Name == "near-last-guests");

        var first = (await world.MakeAsync(Upstream("visits")))[^1];
        Assert.Equal((true, "near-last-guests held: there is no earlier version to compare with."), (Near(first).Held, Near(first).Says.In("en")));
        File.WriteAllText(Path.Combine(world.Root, "visits-2.jsonl"), Guests(i => i * 7 % 50));
        var second = (await world.MakeAsync(Upstream("visits")))[^1];
        Assert.Equal("near-last-guests held: guests moved by 0.000 (PSI; allowed is 0.25) from visits@1.", Near(second).Says.In("en"));
        File.WriteAllText(Path.Combine(world.Root, "visits-2.jsonl"), Guests(i => i + 1000));
        var third = (await world.MakeAsync(Upstream("visits")))[^1];
        Assert.False(Near(third).Held);
        Assert.EndsWith("from visits@2, most of all at 44 < guests ≤ ∞.", Near(third).Says.In("en"), StringComparison.Ordinal);
        Assert.DoesNotContain(third.Result!.Inputs, i => i.Version.Asset == "visits");

        var again = await world.Maker().RepeatAsync(second.Result!.MadeBy, null, default);
        Assert.Equal(second.Result.Checks.Single(c => c.Name == "near-last-guests").Says.Values["version"], again.Checks.Single(c => c.Name == "near-last-guests").Says.Values["version"]);
    }

    [Fact]
    public async Task A_query_that_uses_the_clock_makes_nothing()
    {
        await using var world = Town();
        var ends = (await world.MakeAsync(Upstream("clocked"))).ToDictionary(e => e.Asset);

        Assert.Equal("The query uses current_date, which is not the same in every making: bind a [Parameter] in its place.", Assert.IsType<MakingEnd.Failed>(ends["clocked"]).Why.In("en"));
    }

    [Fact]
    public async Task A_sqlite_file_is_made_anew_only_when_it_changed()
    {
        await using var world = new MakingWorld(typeof(LocalTill));
        void Sql(string sql)
        {
            using var connection = new SqliteConnection($"Data Source={Path.Combine(world.Root, "till.db")};Pooling=False");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
        Sql("CREATE TABLE till (id INTEGER PRIMARY KEY, shop TEXT, amount); INSERT INTO till VALUES (1, 'a', 2.5), (2, 'b', 'x')");

        var made = Assert.IsType<MakingEnd.Made>(await world.MakeAsync("local-till")).Version;
        Assert.Equal(("1", "1"), (made.Facts["rows"], made.Facts["rows.rejected"]));
        Assert.Equal(["till.db"], made.Outside.Select(o => o.Path));
        Assert.IsType<MakingEnd.Reused>(await world.MakeAsync("local-till"));
        Sql("INSERT INTO till VALUES (3, 'c', 1)");
        Assert.Equal("2", Assert.IsType<MakingEnd.Made>(await world.MakeAsync("local-till")).Version.Facts["rows"]);
    }

    [Fact]
    public async Task A_database_is_read_on_each_making_unless_it_tells_a_change_token()
    {
        Environment.SetEnvironmentVariable(RemoteTill.Variable, server.ConnectionString);
        await server.SqlAsync("CREATE TABLE till (id bigint PRIMARY KEY, shop text, amount numeric); INSERT INTO till VALUES (1, 'a', 2.5)");
        await using var world = new MakingWorld(typeof(RemoteTill));

        var first = Assert.IsType<MakingEnd.Made>(await world.MakeAsync("remote-till"));
        Assert.Equal(["postgres:KUMIKI_TEST_TILL/till"], first.Version.Outside.Select(o => o.Path));
        Assert.DoesNotContain("secret", System.Text.Json.JsonSerializer.Serialize(first.Version), StringComparison.Ordinal);
        var second = Assert.IsType<MakingEnd.Reused>(await world.MakeAsync("remote-till"));
        Assert.Equal(("making.identical", first.Version.Name), (second.Because.Id, second.Version.Name));
        Assert.NotNull(second.Run);
        Assert.Empty(await world.WhyAsync("remote-till"));
        await server.SqlAsync("INSERT INTO till VALUES (2, 'b', 1)");
        Assert.Equal("2", Assert.IsType<MakingEnd.Made>(await world.MakeAsync("remote-till")).Version.Facts["rows"]);

        string[] token = ["remote-till.token=true"];
        await world.MakeAsync("remote-till", token);
        var unread = Assert.IsType<MakingEnd.Reused>(await world.MakeAsync("remote-till", token));
        Assert.Equal(("making.reused", null), (unread.Because.Id, unread.Run));
        await server.SqlAsync("INSERT INTO till VALUES (3, 'c', 1)");
        Assert.Single(await world.WhyAsync("remote-till", token));
        Assert.Equal("3", (await world.MakeAsync("remote-till", token)).Result!.Facts["rows"]);
    }

    [Fact]
    public async Task A_folders_content_is_kept_in_the_version()
    {
        await using var world = new MakingWorld(typeof(Pictures));
        Directory.CreateDirectory(Path.Combine(world.Root, "pictures"));
        File.WriteAllText(Path.Combine(world.Root, "pictures", "a.png"), "one");
        File.WriteAllText(Path.Combine(world.Root, "pictures", "b.png"), "one");

        var made = Assert.IsType<MakingEnd.Made>(await world.MakeAsync("pictures")).Version;
        Assert.Equal([$"content/{Digest.Of("one").Hex}", "rows/00001.parquet"], made.Files.Select(f => f.Path));
        Assert.Equal("one", await File.ReadAllTextAsync(await world.Artifacts.PathAsync(made.Files[0].Content, default)));
        Assert.Equal(["pictures/a.png", "pictures/b.png"], made.Outside.Select(o => o.Path));
    }
}
