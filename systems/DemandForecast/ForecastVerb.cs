using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Kumiki;

namespace DemandForecast;

/// <summary>Forecasts one week from a folder of CSV files, with what was known on the Sunday two weeks before it; needs nothing but that folder.</summary>
/// <remarks>1. The week and the files are checked, 2. sales up to that Sunday are loaded into a folder of their own, 3. a model is trained and forecasts, by
/// the same assets that the project is made of, 4. the file appears as a whole.</remarks>
static partial class ForecastVerb
{
    /// <summary>Whole weeks of sales that a forecast needs at least.</summary>
    const int FewestWeeks = 12;

    static readonly Option<DirectoryInfo> Data = new("--data")
    {
        Description = "The folder with item_sale_records_*.csv, items.csv, item_prices.csv and stores.csv; regions.csv, calendar.csv and closures.csv are read "
            + "where they are.",
        Required = true,
    };
    static readonly Option<string> Week = new("--week") { Description = "The ISO week to forecast, such as 2021-W32.", Required = true };
    static readonly Option<FileInfo> Out = new("--out")
    {
        Description = "The CSV file to write: store, item, year, week, prediction, lower, upper.",
        Required = true
    };

    public static IReadOnlyList<Symbol> Options { get; } = [Data, Week, Out];

    [GeneratedRegex(@"^(?<year>\d{4})-?W(?<week>\d{1,2})$", RegexOptions.IgnoreCase)]
    private static partial Regex IsoWeekName();

    public static async Task<int> RunAsync(WorkshopVerbs verbs, ParseResult parsed, CancellationToken stop)
    {
        var (folder, file) = (parsed.GetValue(Data)!.FullName, parsed.GetValue(Out)!.FullName);
        var monday = MondayOf(parsed.GetValue(Week)!);
        RequireFiles(folder);
        if (Directory.Exists(file) || !Directory.Exists(Path.GetDirectoryName(file))) throw new KumikiException(Message.Of("demand.no-out", ("file", file)));

        using var place = new TemporaryFolder();
        string[] settings =
        [
            $"sales.files={folder}/item_sale_records_*.csv", $"daily-sales.until={monday.AddDays(-8):yyyy-MM-dd}", $"stores.files={folder}/stores.csv",
                $"regions.files={folder}/regions.csv", $"items.files={folder}/items.csv",
            $"item-prices.files={folder}/item_prices.csv", $"special-days.files={folder}/calendar.csv", $"closures.files={folder}/closures.csv",
        ];
        foreach (var asset in (string[])["sales-findings", "weekly-sales"])
            if (await MakeAsync(asset) is not 0 and var failed) return failed;

        var weeks = new SortedSet<DateOnly>();
        await foreach (var row in place.RowsAsync("weekly-sales", ["week"], stop)) weeks.Add((DateOnly)row[0]!);
        if (weeks.Count < FewestWeeks)
            throw new KumikiException(Message.Of("demand.few-weeks", ("week", Name(monday)), ("until", monday.AddDays(-8).ToString("yyyy-MM-dd",
                CultureInfo.InvariantCulture)), ("weeks", weeks.Count), ("needed", FewestWeeks)));
        var ahead = (monday.DayNumber - weeks.Max.DayNumber) / 7;
        if (ahead > DemandRows.Horizon)
            throw new KumikiException(Message.Of("demand.too-far", ("week", Name(monday)), ("last", Name(weeks.Max)), ("ahead", ahead), ("most",
                DemandRows.Horizon)));

        settings = [.. settings, "demand-model.test-weeks=1", $"demand-model.validation-weeks={Math.Clamp(weeks.Count / 4, 2, 8)}"];
        if (await MakeAsync("demand-forecasts") is not 0 and var refused) return refused;

        var written = await WriteAsync(file, place.RowsAsync("demand-forecasts",
            ["week", "store", "item", "iso_year", "iso_week", "prediction", "lower", "upper"], stop), monday, stop);
        Console.Out.WriteLine(Message.Of("demand.forecast-written", ("file", file), ("week", Name(monday)), ("rows", written), ("until",
            weeks.Max.AddDays(6).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)), ("ahead", ahead)));
        return 0;

        Task<int> MakeAsync(string asset) => verbs.RunAsync(["make", asset, "--upstream", "--stage", "--data", place.Store, .. settings.SelectMany(s =>
            new[] { "--set", s })], stop);
    }

    static DateOnly MondayOf(string text)
    {
        if (IsoWeekName().Match(text) is { Success: true } match)
        {
            var (year, week) = (int.Parse(match.Groups["year"].ValueSpan, CultureInfo.InvariantCulture), int.Parse(match.Groups["week"].ValueSpan,
                CultureInfo.InvariantCulture));
            if (year is > 1 and < 9999 && week >= 1 && week <= ISOWeek.GetWeeksInYear(year)) return DateOnly.FromDateTime(ISOWeek.ToDateTime(year, week,
                DayOfWeek.Monday));
            if (year is > 1 and < 9999) throw new KumikiException(Message.Of("demand.no-such-week", ("week", text), ("year", year), ("weeks",
                ISOWeek.GetWeeksInYear(year))));
        }
        throw new KumikiException(Message.Of("demand.no-week", ("week", text)));
    }

    static string Name(DateOnly monday)
    {
        var day = monday.ToDateTime(TimeOnly.MinValue);
        return string.Create(CultureInfo.InvariantCulture, $"{ISOWeek.GetYear(day)}-W{ISOWeek.GetWeekOfYear(day):00}");
    }

    static void RequireFiles(string folder)
    {
        if (!Directory.Exists(folder)) throw new KumikiException(Message.Of("demand.no-folder", ("folder", folder)));
        List<string> missing = [.. ((string[])["items.csv", "item_prices.csv", "stores.csv"]).Where(f => !File.Exists(Path.Combine(folder, f)))];
        if (!Directory.EnumerateFiles(folder, "item_sale_records_*.csv").Any()) missing.Insert(0, "item_sale_records_*.csv");
        if (missing.Count > 0) throw new KumikiException(Message.Of("demand.no-files", ("folder", folder), ("files", string.Join(", ", missing))));
    }

    /// <summary>Writes the file under another name and renames it: whoever looks sees the old file or the whole new one.</summary>
    /// <param name="rows">Their week first, which is not written.</param>
    /// <returns>How many rows there are of that week.</returns>
    static async Task<int> WriteAsync(string file, IAsyncEnumerable<object?[]> rows, DateOnly monday, CancellationToken stop)
    {
        var count = 0;
        var partial = $"{file}.{Guid.NewGuid():N}.partial";
        try
        {
            await using (var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write))
            {
                await using var writer = new StreamWriter(stream, new UTF8Encoding(false)) { NewLine = "\n" };
                await writer.WriteLineAsync("store,item,year,week,prediction,lower,upper");
                await foreach (var row in rows.WithCancellation(stop))
                {
                    if ((DateOnly)row[0]! != monday) continue;
                    await writer.WriteLineAsync(StoredRows.Line(row.Skip(1).Select(v => v is double number ? Math.Round(number, 4) : v)).AsMemory(), stop);
                    count++;
                }
                await writer.FlushAsync(stop);
                stream.Flush(flushToDisk: true);
            }
            File.Move(partial, file, overwrite: true);
            return count;
        }
        finally
        {
            File.Delete(partial);
        }
    }

    /// <summary>A store of its own for one forecast, which goes with it.</summary>
    sealed class TemporaryFolder : IDisposable
    {
        readonly string folder = Directory.CreateTempSubdirectory("kumiki-forecast-").FullName;

        public string Store => Path.Combine(folder, "store");

        public IAsyncEnumerable<object?[]> RowsAsync(string asset, IReadOnlyList<string> columns, CancellationToken stop) =>
            StoredRows.ReadAsync(Store, asset, columns, withNames: false, stop);

        public void Dispose() => Directory.Delete(folder, recursive: true);
    }
}
