using System.Globalization;
using System.Text;
using System.Text.Json;
using Kumiki.Serving;
using Kumiki.Tables;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

public sealed class PrecomputedTableTests : IDisposable
{
    sealed record Offer(string Shop, DateOnly Day, int? Place, long Customer, bool Open, string? Note, double Price, float? Weight, decimal Tax, DateTime At);

    static readonly VersionName Offers = new("offers", 3);
    static readonly DateTimeOffset MadeAt = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    readonly string folder = Directory.CreateTempSubdirectory("kumiki-precomputed-").FullName;
    readonly TableEngine engine;

    public PrecomputedTableTests() => engine = new(new() { SpillFolder = Path.Combine(folder, "spill"), MemoryBytes = 512 << 20 });

    public void Dispose()
    {
        engine.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    string Write(IReadOnlyList<Offer> rows)
    {
        var schema = RowSchema.Of<Offer>();
        using var writer = new TableWriter(engine, schema);
        var block = new TableBlock(schema);
        block.Set("shop", rows.Select(r => (string?)r.Shop).ToArray());
        block.Set<DateOnly>("day", rows.Select(r => r.Day).ToArray());
        block.Set<int>("place", rows.Select(r => r.Place ?? 0).ToArray(), rows.Select(r => r.Place is null).ToArray());
        block.Set<long>("customer", rows.Select(r => r.Customer).ToArray());
        block.Set<bool>("open", rows.Select(r => r.Open).ToArray());
        block.Set("note", rows.Select(r => r.Note).ToArray());
        block.Set<double>("price", rows.Select(r => r.Price).ToArray());
        block.Set<float>("weight", rows.Select(r => r.Weight ?? 0).ToArray(), rows.Select(r => r.Weight is null).ToArray());
        block.Set<decimal>("tax", rows.Select(r => r.Tax).ToArray());
        block.Set<DateTime>("at", rows.Select(r => r.At).ToArray());
        writer.Append(block);
        return writer.Complete(Path.Combine(folder, $"{Guid.NewGuid():N}.parquet")).Path;
    }

    PrecomputedTable Read(IReadOnlyList<string> files, params string[] keys) => PrecomputedTable.Read(engine, Offers, MadeAt, files, keys, new HashSet<string> { "customer" }, default);

    static Offer Drawn(Random random, int i) => new(
        $"shop {random.Next(50)}", new DateOnly(2026, 1, 1).AddDays(random.Next(400) - 200), random.Next(8) == 0 ? null : random.Next(-5, 5), i * 7_919L - 4_000_000_000, random.Next(2) == 0,
        random.Next(3) == 0 ? null : $"{i}\"\n東京", random.NextDouble() * 100, random.Next(4) == 0 ? null : random.NextSingle(), Math.Round((decimal)random.NextDouble(), 4),
        new DateTime(2026, 1, 1).AddSeconds(i));

    static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    [Fact]
    public void Every_row_is_found_by_its_keys_and_no_other_key_finds_one()
    {
        var random = new Random(12);
        var rows = Enumerable.Range(0, 30_000).Select(i => Drawn(random, i)).DistinctBy(r => (r.Shop, r.Day, r.Open)).ToList();
        var twin = rows.ToDictionary(r => (r.Shop, r.Day, r.Open));
        var table = Read([Write([.. rows.Take(10_000)]), Write([.. rows.Skip(10_000)])], "shop", "day", "open");

        Assert.Equal(rows.Count, table.Rows);
        var (found, missed) = (0, 0);
        for (var shop = 0; shop < 60; shop++)
            for (var day = -210; day < 210; day++)
                foreach (var open in (bool[])[false, true])
                {
                    var key = ($"shop {shop}", new DateOnly(2026, 1, 1).AddDays(day), open);
                    var row = table.Find([key.Item1, Text(key.Item2), open ? "true" : "False"]);
                    if (!twin.TryGetValue(key, out var expected))
                    {
                        Assert.Equal(-1, row);
                        missed++;
                        continue;
                    }
                    Assert.Equal(expected, rows[row]);
                    Assert.Equal(expected.Price, table.Column("price").NumberOf(row));
                    found++;
                }
        Assert.Equal(rows.Count, found);
        Assert.True(missed > 5_000);
        Assert.InRange(table.Bytes, 30L * table.Rows, 400L * table.Rows);
    }

    [Fact]
    public void A_row_is_told_as_it_is_but_for_columns_that_tell_of_a_person()
    {
        var rows = new[] { new Offer("a", new(2024, 2, 29), null, 7, true, "東京 \"x\"", 1.25, null, 0.1m, new(2024, 2, 29, 1, 2, 3)), new Offer("b", new(1969, 12, 31), -3, 8, false, null, -0.5, 0.1f, 2m, DateTime.UnixEpoch) };
        var table = Read([Write(rows)], "customer");

        Assert.Equal("""{"shop":"a","day":"2024-02-29","place":null,"open":true,"note":"東京 \"x\"","price":1.25,"weight":null,"tax":0.1,"at":"2024-02-29T01:02:03Z"}""", Told(table, table.Find(["7"])).Replace(@"\u0022", "\\\"", StringComparison.Ordinal).Replace("0.1000", "0.1", StringComparison.Ordinal));
        Assert.Contains("\"place\":-3,\"open\":false,\"note\":null,\"price\":-0.5,\"weight\":0.1,", Told(table, table.Find(["8"])), StringComparison.Ordinal);
        Assert.Equal((null, "東京 \"x\"", MadeAt, Offers), (table.Column("weight").NumberOf(0), table.Column("note").TextOf(0), table.MadeAt, table.Version));
    }

    static string Told(PrecomputedTable table, int row)
    {
        using var into = new MemoryStream();
        using (var json = new Utf8JsonWriter(into, new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            foreach (var column in table.Shown)
            {
                json.WritePropertyName(column.Name);
                column.Write(json, row);
            }
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(into.ToArray());
    }

    [Fact]
    public void Keys_that_do_not_tell_rows_apart_are_refused()
    {
        var random = new Random(3);
        var rows = Enumerable.Range(0, 3).Select(i => Drawn(random, i) with { Shop = "a", Place = i == 1 ? null : i, Day = new(2026, 1, 1) }).ToList();
        var file = Write(rows);

        Assert.Equal("offers@3 cannot be asked by key: rows 1 and 2 have the same shop, day; let the dataset have one row for each, or name more keys.", Refused(() => Read([file], "shop", "day")));
        Assert.Equal("offers@3 cannot be asked by key: row 2 has no place; fill it in, or choose other keys for the endpoint.", Refused(() => Read([file], "place")));
        Assert.Equal("offers@3 cannot be asked by price: keys are texts, whole numbers, dates and truths; choose another column.", Refused(() => Read([file], "price")));
        Assert.Contains("colour", Refused(() => Read([file], "colour")), StringComparison.Ordinal);
        var table = Read([file], "customer");
        Assert.Equal("'seven' is no value of customer; write whole numbers in digits, dates as 2024-01-31, and truths as true or false.", Refused(() => table.Find(["seven"])));
        Assert.Equal(-1, Read([Write([])], "customer").Find(["7"]));
    }

    static string Refused(Func<object> work) => Assert.Throws<KumikiException>(() => { work(); }).Says.In("en");
}
