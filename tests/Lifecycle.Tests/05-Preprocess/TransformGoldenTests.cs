using System.Text.Json;
using Kumiki.Onnx;
using Kumiki.Preprocessing;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

/// <summary>Every transform beside scikit-learn's or pandas' numbers for it, written by golden/transforms.py.</summary>
public sealed class TransformGoldenTests
{
    sealed record Row(double? Normal, double? Price, double? Skewed, double? Signed, double? Constant, double? Ties, double? Big, string? Store, string? Item, int Code, double Target);

    static readonly JsonElement Root = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Golden.Checkout(), "tests/Lifecycle.Tests/05-Preprocess/golden/transforms.json"))).RootElement;
    static readonly Row[] Train = Rows("train");
    static readonly Row[] Both = [.. Train, .. Rows("test")];
    static readonly Features<Row> None = new([]);

    static Row[] Rows(string part)
    {
        var columns = Root.GetProperty(part);
        var count = columns.GetProperty("Code").GetArrayLength();
        double? Number(string name, int i) => columns.GetProperty(name)[i] is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : null;
        string? Text(string name, int i) => columns.GetProperty(name)[i].GetString();
        return [.. Enumerable.Range(0, count).Select(i => new Row(Number("Normal", i), Number("Price", i), Number("Skewed", i), Number("Signed", i), Number("Constant", i), Number("Ties", i),
            Number("Big", i), Text("Store", i), Text("Item", i), columns.GetProperty("Code")[i].GetInt32(), Number("Target", i)!.Value))];
    }

    static Features<Row> OnNumber(string column, Func<System.Linq.Expressions.Expression<Func<Row, double?>>, Features<Row>> features) => column switch
    {
        "Normal" => features(r => r.Normal),
        "Price" => features(r => r.Price),
        "Skewed" => features(r => r.Skewed),
        "Signed" => features(r => r.Signed),
        "Constant" => features(r => r.Constant),
        "Ties" => features(r => r.Ties),
        _ => features(r => r.Big),
    };

    static Features<Row> FeaturesOf(string name)
    {
        var column = name.Split(' ')[^1];
        return name switch
        {
            "impute mean" => None.Impute(r => r.Normal, Impute.Mean, indicator: true),
            "impute median" => None.Impute(r => r.Normal, Impute.Median, indicator: true),
            "impute most_frequent" => None.Impute(r => r.Normal, Impute.MostFrequent, indicator: true),
            "impute constant" => None.ImputeWith(r => r.Normal, -9.5),
            "impute zero" => None.Impute(r => r.Normal, Impute.Zero),
            "log" => None.Log(r => r.Skewed),
            "log signed" => None.Log(r => r.Signed, signed: true),
            "one-hot" => None.OneHot(r => r.Store),
            "one-hot least" => None.OneHot(r => r.Store, least: 30),
            "one-hot most" => None.OneHot(r => r.Store, most: 4),
            "one-hot most of ties" => None.OneHot(r => r.Code, most: 3),
            "one-hot missing" => None.OneHot(r => r.Store, missing: true),
            "one-hot imputed" => None.Impute(r => r.Store, Impute.MostFrequent, indicator: true).OneHot(r => r.Store),
            "ordinal" => None.Ordinal(r => r.Store),
            "ordinal code" => None.Ordinal(r => r.Code),
            "ordinal in order" => None.Ordinal(r => r.Store, ["South", "North", "東京"]),
            "frequency" => None.Frequency(r => r.Store),
            "hash" => None.Hash(r => r.Store, 7),
            "hash unsigned" => None.Hash(r => r.Store, 5, signed: false),
            "hash of cross" => None.Hash(r => Cross.Of(r.Store, r.Item), 9, seed: 3),
            "one-hot of cross" => None.OneHot(r => Cross.Of(r.Store, r.Item)),
            "frequency of cross" => None.Frequency(r => Cross.Of(r.Store, r.Item, r.Code)),
            "product" => None.Number(r => Cross.Product(r.Normal, r.Price)),
            "ratio" => None.Number(r => Cross.Ratio(r.Normal, r.Ties)),
            "ratio when zero" => None.Number(r => Cross.Ratio(r.Normal, r.Ties, -1)),
            "target mean" => None.TargetMean(r => r.Store),
            _ when name.StartsWith("standard", StringComparison.Ordinal) => OnNumber(column, c => None.Scale(c)),
            _ when name.StartsWith("minmax", StringComparison.Ordinal) => OnNumber(column, c => None.Scale(c, Scale.MinMax)),
            _ when name.StartsWith("maxabs", StringComparison.Ordinal) => OnNumber(column, c => None.Scale(c, Scale.MaxAbs)),
            _ when name.StartsWith("robust", StringComparison.Ordinal) => OnNumber(column, c => None.Scale(c, Scale.Robust)),
            _ when name.StartsWith("power", StringComparison.Ordinal) => OnNumber(column, c => None.Impute(c, Impute.Mean).Power(c)),
            _ when name.StartsWith("bare power", StringComparison.Ordinal) => OnNumber(column, c => None.Impute(c, Impute.Mean).Power(c, standardise: false)),
            _ when name.StartsWith("clip", StringComparison.Ordinal) => OnNumber(column, c => None.Clip(c, 0.05, 0.9)),
            _ when name.StartsWith("uniform bins", StringComparison.Ordinal) => OnNumber(column, c => None.Discretise(c, 6, Bins.Width, oneHot: false)),
            _ when name.StartsWith("uniform one-hot", StringComparison.Ordinal) => OnNumber(column, c => None.Discretise(c, 6, Bins.Width)),
            _ when name.StartsWith("quantile bins", StringComparison.Ordinal) => OnNumber(column, c => None.Discretise(c, 6, Bins.Quantile, oneHot: false)),
            _ when name.StartsWith("quantile one-hot", StringComparison.Ordinal) => OnNumber(column, c => None.Discretise(c, 6)),
            _ when name.StartsWith("tree bins", StringComparison.Ordinal) => OnNumber(column, c => None.Discretise(c, 5, Bins.Tree, oneHot: false, leastShare: 0.04)),
            _ => throw new InvalidOperationException($"No features are named '{name}'."),
        };
    }

    public static TheoryData<string> Cases { get; } = [.. Root.GetProperty("cases").EnumerateObject().Select(c => c.Name).Where(n => n != "target mean out of fold")];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_transform_gives_the_numbers_of_scikit_learn(string name)
    {
        var expected = Root.GetProperty("cases").GetProperty(name);
        var features = FeaturesOf(name);
        using var world = new PreprocessWorld();
        var frame = world.Frame(Both, features);
        int[] rows = [.. Enumerable.Range(0, Train.Length)];
        var model = TransformGraph.Of(Fitting.Of(features.Plans, frame, rows, [.. Train.Select(r => r.Target)]).Columns);
        using var scorer = Scorer.Open(model.ToBytes());

        var found = scorer.Score(frame.All());

        Assert.Equal(expected[0].GetArrayLength(), scorer.Width);
        var wrong = new List<string>();
        foreach (var (at, row) in Root.GetProperty("shown").EnumerateArray().Select(r => r.GetInt32()).Index())
            for (var f = 0; f < scorer.Width; f++)
            {
                var value = expected[at][f].ValueKind == JsonValueKind.Null ? double.NaN : expected[at][f].GetDouble();
                var ours = found[(row * scorer.Width) + f];
                var off = Math.Abs(ours - value) / Math.Max(1, Math.Abs(value));
                // Where a power has made 1e38 of a number, the eighth digit of the power is the fifth of the answer.
                var allowed = Math.Abs(value) > 1e25 ? 2e-5 : 1e-6;
                if (double.IsNaN(value) != float.IsNaN(ours) || off > allowed) wrong.Add($"row {row}, {scorer.Features[f]}: {ours:R} instead of {value:R} ({Both[row]})");
            }
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {expected.GetArrayLength() * scorer.Width}:\n{string.Join('\n', wrong.Take(5))}");
    }

    [Fact]
    public void A_training_rows_own_target_is_not_in_its_target_mean()
    {
        var expected = Root.GetProperty("cases").GetProperty("target mean out of fold").EnumerateArray().Select(r => r[0].GetDouble()).ToArray();
        var features = None.Number(r => r.Ties).TargetMean(r => r.Store, smoothing: 2.5, folds: 3, seed: 4);
        using var world = new PreprocessWorld();
        var frame = world.Frame(Train, features);
        var fitted = Fitting.Of(features.Plans, frame, [.. Enumerable.Range(0, Train.Length)], [.. Train.Select(r => r.Target)]);
        using var scorer = Scorer.Open(TransformGraph.Of(fitted.Columns).ToBytes());
        var matrix = scorer.Score(frame.All());

        fitted.ReplaceIn(scorer.Features, 0, matrix.AsSpan(0, 200));
        fitted.ReplaceIn(scorer.Features, 100, matrix.AsSpan(200));

        Assert.Equal(["ties", "store: mean target"], scorer.Features);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(Train[i].Ties!.Value, matrix[2 * i]);
            Assert.Equal(expected[i], matrix[(2 * i) + 1], 1e-6 * Math.Abs(expected[i]));
        }
    }

    sealed record Dated(DateOnly? Day);

    [Fact]
    public void Every_day_of_two_centuries_has_the_parts_that_pandas_gives_it()
    {
        var golden = Root.GetProperty("days");
        var first = DateOnly.Parse(golden.GetProperty("first").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
        var sums = golden.GetProperty("sums").EnumerateArray().Select(s => s.GetInt64()).ToArray();
        var weights = golden.GetProperty("weights").EnumerateArray().Select(s => s.GetInt64()).ToArray();
        var count = new DateOnly(2101, 1, 1).DayNumber - first.DayNumber;
        Dated[] rows = [.. Enumerable.Range(0, count).Select(d => new Dated(first.AddDays(d))), new(null)];
        using var world = new PreprocessWorld();
        var (names, matrix) = world.Transform(rows, rows.Length, new Features<Dated>([]).Date(r => r.Day, Enum.GetValues<DatePart>()));

        Assert.Equal(["day: year", "day: quarter", "day: month", "day: day", "day: day of week", "day: day of year", "day: ISO week", "day: is month end"], names);
        for (var f = 0; f < 8; f++) Assert.Equal(sums[f], Enumerable.Range(0, count).Sum(r => (long)matrix[(r * 8) + f]));
        foreach (var (i, check) in golden.GetProperty("checks").EnumerateArray().Index())
            Assert.Equal(check.GetInt64(), weights.Select((w, f) => w * (long)matrix[(i * 17 * 8) + f]).Sum());
        foreach (var day in golden.GetProperty("rows").EnumerateObject())
        {
            var row = DateOnly.Parse(day.Name, System.Globalization.CultureInfo.InvariantCulture).DayNumber - first.DayNumber;
            Assert.Equal(day.Value.EnumerateArray().Select(v => v.GetSingle()), matrix.AsSpan(row * 8, 8).ToArray());
        }
        for (var d = 0; d < count; d++) Assert.Equal(System.Globalization.ISOWeek.GetWeekOfYear(first.AddDays(d).ToDateTime(default)), matrix[(d * 8) + 6]);
        Assert.All(matrix[^8..], v => Assert.Equal(float.NaN, v));
    }

    [Fact]
    public void The_calendar_holds_from_year_1_to_9999()
    {
        var random = new Random(5);
        Dated[] rows = [new(DateOnly.MinValue), new(DateOnly.MaxValue), .. Enumerable.Range(0, 3000).Select(_ => new Dated(DateOnly.FromDayNumber(random.Next(DateOnly.MaxValue.DayNumber + 1))))];
        using var world = new PreprocessWorld();
        var (_, matrix) = world.Transform(rows, rows.Length, new Features<Dated>([]).Date(r => r.Day, DatePart.Year, DatePart.Month, DatePart.Day, DatePart.DayOfYear, DatePart.DayOfWeek));

        foreach (var (i, day) in rows.Select(r => r.Day!.Value).Index())
            Assert.Equal([day.Year, day.Month, day.Day, day.DayOfYear, ((int)day.DayOfWeek + 6) % 7], matrix.AsSpan(i * 5, 5).ToArray().Select(v => (int)v));
    }

    [Fact]
    public void Days_since_events_and_cycles_are_what_numpy_makes_of_them()
    {
        var golden = Root.GetProperty("cycles");
        var days = golden.GetProperty("days").EnumerateArray().Select(d => d.GetInt32()).ToArray();
        var reference = new DateOnly(2020, 2, 29);
        Dated[] rows = [.. days.Select(d => new Dated(new DateOnly(1970, 1, 1).AddDays(d))), new(new(2024, 5, 3)), new(null)];
        using var world = new PreprocessWorld();
        var (names, matrix) = world.Transform(rows, days.Length, new Features<Dated>([])
            .Cycle(r => r.Day, 365.2425).DaysSince(r => r.Day, reference).Event(r => r.Day, "constitution day", new(2024, 5, 3), new(2025, 5, 3)).Cycle(r => r.Day, DatePart.Month));

        Assert.Equal(["day: period 365.2425 sin", "day: period 365.2425 cos", "day: days since 2020-02-29", "day: constitution day", "day: month sin", "day: month cos"], names);
        for (var i = 0; i < days.Length; i++)
        {
            Assert.Equal(golden.GetProperty("sin")[i].GetDouble(), matrix[i * 6], 1e-6);
            Assert.Equal(golden.GetProperty("cos")[i].GetDouble(), matrix[(i * 6) + 1], 1e-6);
            Assert.Equal(rows[i].Day!.Value.DayNumber - reference.DayNumber, matrix[(i * 6) + 2]);
            Assert.Equal(0, matrix[(i * 6) + 3]);
            Assert.Equal(Math.Sin(2 * Math.PI * rows[i].Day!.Value.Month / 12), matrix[(i * 6) + 4], 1e-6);
        }
        Assert.Equal(1, matrix[(days.Length * 6) + 3]);
        Assert.All(matrix[^6..], v => Assert.Equal(float.NaN, v));
    }
}
