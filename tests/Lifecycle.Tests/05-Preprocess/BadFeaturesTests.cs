using Kumiki.Onnx;
using Kumiki.Preprocessing;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

/// <summary>What cannot be learnt is refused in one sentence that names the column or the parameter; what can, although it looks hopeless, is learnt.</summary>
public sealed class BadFeaturesTests : IDisposable
{
    public enum Size { Small, Medium, Large }

    public sealed record Row(double? X, double? Y, int? Code, bool? Flag, DateOnly? Day, string? Store, Size? Size);

    static readonly Features<Row> None = new([]);
    static readonly Row Full = new(1, 2, 3, true, new(2024, 2, 29), "North", BadFeaturesTests.Size.Medium);
    static readonly Row Empty = new(null, null, null, null, null, null, null);

    readonly PreprocessWorld world = new();

    public void Dispose() => world.Dispose();

    string Refused(IReadOnlyList<Row> rows, Features<Row> features)
    {
        var e = Assert.Throws<KumikiException>(() => world.Transform(rows, rows.Count, features));
        Assert.NotEqual(e.Says.In("en"), e.Says.In("ja"));
        return e.Says.In("en");
    }

    public static TheoryData<string, string> AllMissing => new()
    {
        { "x", "impute" }, { "x", "scale" }, { "x", "robust" }, { "x", "power" }, { "x", "clip" }, { "x", "bins" }, { "store", "one-hot" }, { "store", "ordinal" }, { "store", "frequency" }, { "store × code", "cross" },
        { "x × y", "product" },
    };

    [Theory]
    [MemberData(nameof(AllMissing))]
    public void A_column_without_any_value_is_refused_by_name(string column, string what)
    {
        var features = what switch
        {
            "impute" => None.Impute(r => r.X, Impute.Mean),
            "scale" => None.Scale(r => r.X),
            "robust" => None.Scale(r => r.X, Scale.Robust),
            "power" => None.Power(r => r.X),
            "clip" => None.Clip(r => r.X),
            "bins" => None.Discretise(r => r.X, 4),
            "one-hot" => None.OneHot(r => r.Store, missing: true),
            "ordinal" => None.Ordinal(r => r.Store),
            "frequency" => None.Frequency(r => r.Store),
            "cross" => None.OneHot(r => Cross.Of(r.Store, r.Code)),
            _ => None.Scale(r => Cross.Product(r.X, r.Y)),
        };

        Assert.Equal($"The column {column} has no value in any of the 3 training rows; drop it from the features, or mend its source.", Refused([Empty, Empty, Empty], features));
    }

    [Fact]
    public void A_missing_column_may_be_filled_with_a_constant()
    {
        var (names, matrix) = world.Transform([Empty, Full], 1, None.ImputeWith(r => r.X, 5, indicator: true).ImputeWith(r => r.Store, "none").OneHot(r => r.Store).Impute(r => r.Y, Impute.Zero));

        Assert.Equal(["store = none", "x", "x is missing", "y"], names.Order(StringComparer.Ordinal));
        Assert.Equal([5, 0, 1, 1], Pick(names, matrix, 0, "x", "y", "x is missing", "store = none"));
        Assert.Equal([1, 2, 0, 0], Pick(names, matrix, 1, "x", "y", "x is missing", "store = none"));
    }

    static float[] Pick(string[] names, float[] matrix, int row, params string[] features) => [.. features.Select(f => matrix[(row * names.Length) + Array.IndexOf(names, f)])];

    [Fact]
    public void One_row_and_constant_columns_are_learnt_and_give_nothing_to_go_by()
    {
        var features = None.Scale(r => r.X).Power(r => r.Y).Discretise(r => Cross.Product(r.X, r.Y), 5).Scale(r => r.Code, Scale.Robust).OneHot(r => r.Store).Clip(r => r.Flag);

        var (names, matrix) = world.Transform([Full], 1, features);

        Assert.Equal([0, 0, 1, 0, 1, 1], Pick(names, matrix, 0, "x", "y", "x × y: any", "code", "flag", "store = North"));
        Assert.Equal(matrix, world.Transform([Full, Full, Full], 3, features).Matrix[..names.Length]);
    }

    [Fact]
    public void One_hot_of_50000_categories_is_refused_with_what_to_do_and_other_codes_take_them()
    {
        Row[] rows = [.. Enumerable.Range(0, 50_000).Select(i => Full with { Store = $"store {i % 49_999}" })];

        Assert.Equal("The column store has 49999 categories, and one-hot takes 1024 features at most; use Hash, Frequency or TargetMean, or give OneHot a most.", Refused(rows, None.OneHot(r => r.Store)));
        var (names, matrix) = world.Transform(rows, rows.Length, None.OneHot(r => r.Store, most: 3).Frequency(r => r.Store).Ordinal(r => r.Store).Hash(r => r.Store, 4));
        Assert.Equal(["store = store 0", "store = store 9999", "store is another", "store: share", "store", "store in bucket 0", "store in bucket 1", "store in bucket 2", "store in bucket 3"], names);
        Assert.Equal([1, 0, 0, 2f / 50_000, 0], matrix[..5]);
        Assert.Equal(49_998, Enumerable.Range(0, rows.Length).Max(r => matrix[(r * names.Length) + 4]));
    }

    [Fact]
    public void A_number_that_no_float_holds_is_refused_by_column_and_row() => Assert.StartsWith(
        "The column x has a number too large for a model in row 2 (", Refused([Full, Full with { X = 1e39 }], None.Scale(r => r.X)), StringComparison.Ordinal);

    [Fact]
    public void A_logarithm_of_what_has_none_is_refused()
    {
        Assert.Equal("The column x has the value -1, and ln(1 + number) needs more than −1; use Log with signed: true, or correct the value.", Refused([Full, Full with { X = -1 }], None.Log(r => r.X)));
        Assert.Equal([MathF.Log(2), -MathF.Log(2)], world.Transform([Full, Full with { X = -1 }], 2, None.Log(r => r.X, signed: true)).Matrix);
    }

    [Fact]
    public void A_step_that_does_not_fit_its_column_is_refused_with_what_does()
    {
        Assert.Equal("x cannot take OneHot, for its type is double?; what fits: string, enum, int.", Refused([Full], None.OneHot(r => r.X)));
        Assert.Equal("store cannot take Scale, for its type is string?; what fits: OneHot, Ordinal, Frequency, Hash, TargetMean.", Refused([Full], None.Scale(r => r.Store)));
        Assert.Equal("store cannot take Impute, for its type is string?; what fits: OneHot, Ordinal, Frequency, Hash, TargetMean.", Refused([Full], None.Impute(r => r.Store, Impute.Mean).OneHot(r => r.Store)));
        Assert.Equal("x cannot take Date, for its type is double?; what fits: Impute, Scale, Log, Power, Clip, Discretise.", Refused([Full], None.Date(r => r.X, DatePart.Month)));
        Assert.Equal("store ÷ x cannot take Ratio, for its type is string?; what fits: int, double, decimal, bool.", Refused([Full], None.Scale(r => Cross.Ratio(r.Store, r.X))));
        Assert.Equal("The column store holds texts, which are no numbers; name a step for it, such as OneHot.", Refused([Full], None.Number(r => r.Store)));
        Assert.Equal("The column code is used as a number and as a category; give the query a second column with the same values for one of them.", Refused([Full], None.Number(r => r.Code).OneHot(r => r.Code)));
        Assert.Equal("The column code is used as a number and as a category; give the query a second column with the same values for one of them.",
            Refused([Full], None.Scale(r => r.Code).OneHot(r => Cross.Of(r.Store, r.Code))));
    }

    public static TheoryData<string, Func<Features<Row>>> OutOfRange => new()
    {
        { "value is Infinity", () => None.ImputeWith(r => r.X, double.PositiveInfinity) },
        { "value is \"\"", () => None.ImputeWith(r => r.Store, "") },
        { "low is -0.1", () => None.Clip(r => r.X, -0.1) },
        { "high is 0.4", () => None.Clip(r => r.X, 0.5, 0.4) },
        { "bins is 1", () => None.Discretise(r => r.X, 1) },
        { "bins is 257", () => None.Discretise(r => r.X, 257) },
        { "leastShare is 0", () => None.Discretise(r => r.X, 3, Bins.Tree, leastShare: 0) },
        { "most is 1", () => None.OneHot(r => r.Store, most: 1) },
        { "least is 0", () => None.OneHot(r => r.Store, least: 0) },
        { "order is []", () => None.Ordinal(r => r.Store, []) },
        { "order is a, a", () => None.Ordinal(r => r.Store, ["a", "b", "a"]) },
        { "unseen is Infinity", () => None.Ordinal(r => r.Store, unseen: double.PositiveInfinity) },
        { "buckets is 0", () => None.Hash(r => r.Store, 0) },
        { "buckets is 1025", () => None.Hash(r => r.Store, 1025) },
        { "smoothing is -1", () => None.TargetMean(r => r.Store, smoothing: -1) },
        { "folds is 1", () => None.TargetMean(r => r.Store, folds: 1) },
        { "period is 0", () => None.Cycle(r => r.X, 0.0) },
        { "part is Year", () => None.Cycle(r => r.Day, DatePart.Year) },
        { "parts is []", () => None.Date(r => r.Day) },
        { "days is []", () => None.Event(r => r.Day, "fair") },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void A_parameter_out_of_range_is_refused_by_name_before_anything_is_read(string says, Func<Features<Row>> features) =>
        Assert.StartsWith($"{says}, which does not fit; give it one of: ", Assert.Throws<KumikiException>(features).Says.In("en"), StringComparison.Ordinal);

    [Fact]
    public void A_cross_is_named_and_never_run()
    {
        Assert.Equal("features.cross-called", Assert.Throws<KumikiException>(() => Cross.Of("a", "b")).Says.Id);
        Assert.Equal("tables.not-a-column", Assert.Throws<KumikiException>(() => None.OneHot(r => Cross.Of(r.Store, r.Code + 1))).Says.Id);
    }

    [Fact]
    public void Too_few_rows_for_the_folds_are_refused()
    {
        var features = None.TargetMean(r => r.Store);
        var frame = world.Frame([Full, Full], features);

        Assert.Equal("The column store has 2 training rows for 5 folds; give TargetMean fewer folds, or load more data.",
            Assert.Throws<KumikiException>(() => Fitting.Of(features.Plans, frame, [0, 1], [1, 2])).Says.In("en"));
    }

    [Fact]
    public void An_enum_has_the_order_it_was_declared_in_and_unseen_ones_keep_theirs()
    {
        var rows = new[] { BadFeaturesTests.Size.Large, BadFeaturesTests.Size.Small, BadFeaturesTests.Size.Medium }.Select(s => Full with { Size = s }).Append(Full with { Size = null }).ToArray();

        Assert.Equal([2, 0, 1, float.NaN], world.Transform(rows, 1, None.Ordinal(r => r.Size)).Matrix);
    }

    [Fact]
    public void Bins_and_parts_take_the_place_of_a_number_unless_it_is_named_too()
    {
        Row[] rows = [.. Enumerable.Range(0, 10).Select(i => Full with { X = i })];

        Assert.Equal(["x: bin"], world.Transform(rows, 10, None.Impute(r => r.X, Impute.Mean).Discretise(r => r.X, 2, oneHot: false)).Names);
        Assert.Equal(["x: bin", "x"], world.Transform(rows, 10, None.Number(r => r.X).Discretise(r => r.X, 2, oneHot: false)).Names);
        Assert.Equal(["x"], world.Transform(rows, 10, None.Number(r => r.X).Scale(r => r.X)).Names);
        Assert.Equal(["day: month"], world.Transform(rows, 10, None.Date(r => r.Day, DatePart.Month)).Names);
    }

    [Fact]
    public void A_whole_number_may_be_required_whatever_else_reads_it()
    {
        Row[] rows = [Full, Full with { Code = null }];

        Assert.Equal(["store × code = North × 3"], world.Transform(rows, 1, None.DropWhereMissing(r => r.Code).OneHot(r => Cross.Of(r.Store, r.Code))).Names);
        Assert.Equal(["code"], world.Transform(rows, 1, None.DropWhereMissing(r => r.Code).Number(r => r.Code)).Names);
    }

    [Fact]
    public void Rows_without_a_required_column_are_left_out_of_training_and_counted()
    {
        var features = None.DropWhereMissing(r => r.X).DropWhereMissing(r => r.Store).Scale(r => r.Y).OneHot(r => r.Store);
        Row[] rows = [Full, Full with { X = null, Y = 99 }, Full with { Store = null, Y = 98 }, Empty, Full with { Y = 4 }];
        var frame = world.Frame(rows, features);

        var (kept, dropped) = Fitting.Keep(features.Plans, frame, [0, 1, 2, 3, 4]);
        var fitted = Fitting.Of(features.Plans, frame, kept, [0, 1]);

        Assert.Equal([0, 4], kept);
        Assert.Equal([new("x", 2), new("store", 1)], dropped);
        var model = TransformGraph.Of(fitted.Columns);
        Assert.Equal(new FittedStep.Scale(3, 1), fitted.Columns.Single(c => c.Name == "y").Steps[0]);
        using var scorer = Scorer.Open(model.Append(Learners.Linear([1, 10], 0)).ToBytes());
        Assert.Equal(["y", "store = North"], scorer.Features);
        Assert.Equal([9, float.NaN, float.NaN, float.NaN, 11], scorer.Score(frame.All()));
        Assert.Equal(["x", "store"], scorer.Required);
    }
}
