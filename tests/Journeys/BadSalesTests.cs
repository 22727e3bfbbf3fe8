using System.Text;
using Xunit;

namespace Kumiki.Journeys;

/// <summary>Sales that cannot be used: the command fails with one sentence that says what is wrong, where, and how to mend it.</summary>
public sealed class BadSalesTests : IDisposable
{
    const string Header = "date,store,item,sales,total_sales_amount\n";

    readonly Demo demo = new();

    public void Dispose() => demo.Dispose();

    [Theory]
    [InlineData("day,shop,drink\n2024-01-01,a,b\n",
        "lacks date, store, item, sales, total_sales_amount: it has day, shop, drink, expected are date, store, item, sales, total_sales_amount; add the column or name it with [Column(\"…\")].")]
    [InlineData("date,store,item,sales\n2024-01-01,a,b,1\n",
        "lacks total_sales_amount: it has date, store, item, sales, expected are date, store, item, sales, total_sales_amount; add the column or name it with [Column(\"…\")].")]
    [InlineData("date;store;item;sales;total_sales_amount\n2024-01-01;a;b;1;5\n",
        "has one column, 'date;store;item;sales;total_sales_amount', when split at ',': declare its delimiter, likely Source.Csv(…, delimiter: ';').")]
    [InlineData("", "is empty: it should begin with a header that names date, store, item, sales, total_sales_amount.")]
    [InlineData(Header, "has a header but no rows (files read: 1): export it again, or correct the pattern.")]
    public async Task A_file_of_another_form_is_refused(string text, string says)
    {
        demo.Sales(text);

        await FailsAsync($"{demo.PathOf("data/sales/sales.csv")} {says}");
    }

    [Theory]
    [InlineData("NaN", "1", "sales", "is NaN or infinite")]
    [InlineData("1", "Infinity", "total_sales_amount", "is NaN or infinite")]
    [InlineData("1.5", "1", "sales", "is not a whole number (int)")]
    [InlineData("-3", "1", "sales", "is outside [0, 100000]")]
    public async Task A_file_without_one_usable_row_is_refused_with_its_first_fault(string units, string amount, string column, string reason)
    {
        demo.Sales($"{Header}2024-01-01,a,b,{units},{amount}\n");

        await FailsAsync($"No row could be used (rows kept aside: 1); the first is {demo.PathOf("data/sales/sales.csv")} line 2, column {column}, '{(column == "sales" ? units : amount)}': {reason}.");
    }

    [Fact]
    public async Task Unusable_rows_among_others_are_kept_aside_and_counted()
    {
        demo.Sales($"{Header}2024-01-01,a,b,1,inf\n2024-01-02,a,b,1,5\n2024-01-03,a,b,NaN,5\n");

        var said = await demo.MustAsync("make", "sales");

        Assert.Contains("  sales: column total_sales_amount is NaN or infinite (rows kept aside: 1).\n", said.Out, StringComparison.Ordinal);
        Assert.Contains("  sales: column sales is NaN or infinite (rows kept aside: 1).\n", said.Out, StringComparison.Ordinal);
        Assert.Contains("✓ sales@1 made by run-1\n", said.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_bad_line_in_a_gigabyte_is_kept_aside_with_its_place_and_costs_nothing_else()
    {
        const int rows = 20_000_000, bad = 17_654_321;
        Directory.CreateDirectory(demo.PathOf("data/sales"));
        await using (var file = File.Create(demo.PathOf("data/sales/sales.csv"), 1 << 20))
        {
            file.Write(Encoding.ASCII.GetBytes(Header));
            var line = new byte[128];
            var first = new DateOnly(2000, 1, 1);
            for (var row = 0; row < rows; row++)
            {
                var day = first.AddDays(row / 4000 % 9000);
                var units = row == bad - 2 ? "twelve" : (row % 97).ToString(System.Globalization.CultureInfo.InvariantCulture);      // the header is line 1
                System.Text.Unicode.Utf8.TryWrite(line, $"{day:yyyy-MM-dd},store-number-{row % 40:00},item-{row / 40 % 100:00}-of-the-list,{units},{row % 97 * 120}.5\n", out var length);
                file.Write(line, 0, length);
            }
        }
        Assert.True(new FileInfo(demo.PathOf("data/sales/sales.csv")).Length > 1_000_000_000);

        await demo.MustAsync("make", "sales");

        var facts = (await demo.JsonAsync("show", "sales@1")).GetProperty("version");
        Assert.Equal((rows - 1).ToString(System.Globalization.CultureInfo.InvariantCulture), facts.GetProperty("facts").GetProperty("rows").GetString());
        var digest = facts.GetProperty("files").EnumerateArray().Single(f => f.GetProperty("path").GetString() == "rejects.jsonl").GetProperty("content").GetString()!;
        var reject = Assert.Single(await File.ReadAllLinesAsync(demo.Blob(digest)));
        Assert.Contains($"\"line\":{bad},", reject, StringComparison.Ordinal);
        Assert.Contains("\"twelve\"", reject, StringComparison.Ordinal);
        // What is held is bound by the engine's memory limit, not by the file.
        var peak = (await demo.JsonAsync("show", "run-1")).GetProperty("cost").GetProperty("peakMemoryBytes").GetInt64();
        Assert.InRange(peak, 1, 6L << 30);
    }

    [Fact]
    public async Task A_file_in_shift_jis_is_refused_with_its_likely_encoding()
    {
        byte[] tokyo = [0x93, 0x8C, 0x8B, 0x9E];
        demo.Sales([.. Encoding.ASCII.GetBytes(Header + "2024-01-01,"), .. tokyo, .. ",b,1,5\n"u8]);

        await FailsAsync($"{demo.PathOf("data/sales/sales.csv")} is not UTF-8: line 2, byte 52 is 0x93; declare its encoding in the Source, likely encoding: \"shift_jis\".");
    }

    [Fact]
    public async Task No_file_at_all_is_refused_with_the_pattern() =>
        await FailsAsync($"No file matches 'data/sales/*.csv' in {demo.Folder}: correct the pattern or put the files there.");

    [Fact]
    public async Task Two_stores_of_one_name_keep_the_next_making_back()
    {
        demo.Sales($"{Header}2024-01-01,a,b,1,5\n");
        demo.Masters("name,region\na,east\na,west\n", "stores.csv");
        await demo.MustAsync("make", "stores", "--stage");

        var said = await demo.RunAsync("make", "daily-sales", "--upstream");

        Assert.Equal(1, said.Code);
        Assert.StartsWith("daily-sales would be made from stores@1, whose expectation 'unique-name' failed: ", said.Error, StringComparison.Ordinal);
        Assert.EndsWith("Mend the data and make it again, or add --despite-checks.\n", said.Error, StringComparison.Ordinal);
        Assert.Single(said.Error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task Too_few_weeks_are_refused_with_how_many_are_needed()
    {
        await demo.MustAsync("generate-sales", "--from", "2024-01-01", "--to", "2024-01-28", "--stores", "2", "--items", "2");

        var said = await demo.RunAsync("make", "demand-model", "--upstream");

        Assert.Equal((1, "The column week has 3 distinct dates, but a split of 8 to validate and 8 to test needs 17; load more data or split smaller.\n"), (said.Code, said.Error));
    }

    [Fact]
    public async Task A_truncated_table_is_named_and_nothing_is_made_from_it()
    {
        demo.Sales($"{Header}2024-01-01,a,b,1,5\n2024-01-08,a,b,2,9\n");
        await demo.MustAsync("make", "daily-sales", "--upstream", "--stage");
        var rows = (await demo.JsonAsync("show", "sales@1")).GetProperty("version").GetProperty("files")[0].GetProperty("content").GetString()!;
        var blob = demo.Blob(rows);
        await using (var file = File.OpenWrite(blob)) file.SetLength(file.Length / 2);

        var said = await demo.RunAsync("make", "sales-findings", "--upstream");

        Assert.Equal(1, said.Code);
        Assert.StartsWith($"{blob} is not a whole Parquet file: restore it or make the version again (", said.Error, StringComparison.Ordinal);
        Assert.Single(said.Error.TrimEnd('\n').Split('\n'));
        Assert.DoesNotContain("sales-findings", (await demo.MustAsync("show")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sentence_is_also_said_in_japanese()
    {
        demo.Sales("");

        var said = await demo.RunAsync("make", "sales", "--lang", "ja");

        Assert.Equal((1, $"{demo.PathOf("data/sales/sales.csv")} は空です。date, store, item, sales, total_sales_amount を並べた見出し行で始めてください。\n"), (said.Code, said.Error));
    }

    async Task FailsAsync(string sentence)
    {
        var said = await demo.RunAsync("make", "sales");

        Assert.Equal((1, sentence + "\n"), (said.Code, said.Error));
        Assert.Equal("Failed", (await demo.JsonAsync("runs"))[0].GetProperty("state").GetString());
        Assert.Empty((await demo.JsonAsync("show")).EnumerateArray());
    }
}
