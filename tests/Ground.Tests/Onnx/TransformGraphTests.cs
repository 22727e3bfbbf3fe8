using System.Globalization;
using System.Text.Json;
using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Ground.Tests.Onnx;

public sealed class TransformGraphTests
{
    static float[] Run(FittedColumn[] columns, params Column[] rows)
    {
        using var scorer = Scorer.Open(TransformGraph.Of(columns).ToBytes());
        return scorer.Score(rows);
    }

    [Fact]
    public void Features_are_named_in_the_order_they_stand()
    {
        using var scorer = Scorer.Open(World.Transform.ToBytes());

        Assert.Equal(["price", "price is missing", "units", "day", "discount", "store = North", "store = South", "store = 東京"], scorer.Features);
        Assert.Equal(8, scorer.Width);
    }

    [Fact]
    public void One_row_becomes_the_features_worked_out_by_hand()
    {
        var features = Run(
            World.Columns,
            Column.Of<double?>("price", 4.35, null), Column.Of("units", 180, 20), Column.Of("day", new DateOnly(1970, 1, 11), new DateOnly(1969, 12, 31)),
            Column.Of<bool?>("discount", true, null), Column.Of("store", "東京", "Nowhere"));

        float[] first = [(float)((4.35f - 3.1) / 1.25), 0, 2, 10, 1, 0, 0, 1];
        float[] second = [(float)((3.5f - 3.1) / 1.25), 1, -2, -1, float.NaN, 0, 0, 0];
        Assert.Equal([.. first, .. second], features);
    }

    [Fact]
    public void Impute_scale_and_one_hot_agree_with_scikit_learn_on_real_sales()
    {
        var golden = JsonDocument.Parse(File.ReadAllBytes(World.Above("tests/Ground.Tests/Onnx/golden/transform.json"))).RootElement;
        double[] Numbers(string name) => [.. golden.GetProperty(name).EnumerateArray().Select(e => e.GetDouble())];
        string[] Categories(int i) => [.. golden.GetProperty("categories")[i].EnumerateArray().Select(e => e.GetString()!)];
        var (medians, means, deviations) = (Numbers("medians"), Numbers("means"), Numbers("deviations"));
        var file = World.Above("shared/data/beverage-sales/item_sale_records_2020_2021q3.csv");
        var lines = File.ReadLines(file).Skip(1).Take(2000).Select(l => l.Split(',')).ToArray();
        Column[] rows =
        [
            Column.Of<string>("store", [.. lines.Select(l => l[3])]), Column.Of<string>("item", [.. lines.Select(l => l[4])]),
            Column.Of<int>("sales", [.. lines.Select(l => int.Parse(l[5], CultureInfo.InvariantCulture))]),
            Column.Of<double?>("amount", [.. lines.Select((l, i) => i % 7 == 3 ? (double?)null : double.Parse(l[6], CultureInfo.InvariantCulture))]),
        ];

        FittedColumn[] columns =
        [
            new("sales", ColumnKind.Number, new FittedStep.Impute(medians[0]), new FittedStep.Scale(means[0], deviations[0])),
            new("amount", ColumnKind.Number, new FittedStep.Impute(medians[1], Indicator: true), new FittedStep.Scale(means[1], deviations[1])),
            new("store", ColumnKind.Text, new FittedStep.OneHot(Categories(0))), new("item", ColumnKind.Text, new FittedStep.OneHot(Categories(1))),
        ];
        using var scorer = Scorer.Open(TransformGraph.Of(columns).ToBytes());
        var features = scorer.Score(rows);

        foreach (var (row, expected) in golden.GetProperty("rows").EnumerateArray().Zip(golden.GetProperty("matrix").EnumerateArray()))
            Assert.All(
                expected.EnumerateArray().Select(e => e.GetDouble()).Zip(features.AsSpan(row.GetInt32() * scorer.Width, scorer.Width).ToArray()),
                pair => Assert.Equal(pair.First, pair.Second, 2e-6 * Math.Max(1, Math.Abs(pair.First))));
        Assert.Equal(golden.GetProperty("nagoya").GetInt64(), scorer.CountUnknown(rows)["store"]);
        Assert.Equal(0, scorer.CountUnknown(rows)["item"]);
    }

    [Fact]
    public void A_constant_column_is_centred_and_not_divided() =>
        Assert.Equal([0f, 1f], Run([new("x", ColumnKind.Number, new FittedStep.Scale(7, 0))], Column.Of("x", 7.0, 8.0)));

    [Fact]
    public void A_column_may_have_a_name_of_the_graphs_own()
    {
        FittedColumn[] columns = [new("score", ColumnKind.Number), new("features", ColumnKind.Number), new("/numbers0/all", ColumnKind.Number)];

        Assert.Equal([1f, 2f, 3f], Run(columns, Column.Of("features", 2.0), Column.Of("/numbers0/all", 3.0), Column.Of("score", 1.0)));
    }

    [Fact]
    public void A_text_without_categories_gives_no_features()
    {
        Assert.Equal([1f], Run([new("x", ColumnKind.Number), new("t", ColumnKind.Text, new FittedStep.OneHot())], Column.Of("x", 1.0), Column.Of("t", "a")));

        var e = Assert.Throws<KumikiException>(() => TransformGraph.Of([new("t", ColumnKind.Text, new FittedStep.OneHot())]));
        Assert.Equal("onnx.no-features", e.Says.Id);
    }

    public static TheoryData<string, FittedColumn[]> Wrong => new()
    {
        { "onnx.step-kind", [new("t", ColumnKind.Text)] },
        { "onnx.step-kind", [new("t", ColumnKind.Text, new FittedStep.Impute(1))] },
        { "onnx.step-kind", [new("t", ColumnKind.Text, new FittedStep.ImputeText("a"))] },
        { "onnx.step-kind", [new("x", ColumnKind.Number, new FittedStep.Part(DatePart.Month))] },
        { "onnx.step-kind", [new("x", ColumnKind.Flag, new FittedStep.Cycle(12, DatePart.Month))] },
        { "onnx.step-value", [new("x", ColumnKind.Number, new FittedStep.Bins([2, 1]))] },
        { "onnx.step-value", [new("x", ColumnKind.Number, new FittedStep.Cycle(0))] },
        { "onnx.step-value", [new("t", ColumnKind.Text, new FittedStep.Hash(0))] },
        { "onnx.step-value", [new("t", ColumnKind.Text, new FittedStep.Table("t", ["a"], [1, 2], 0, 0))] },
        { "onnx.category-twice", [new("t", ColumnKind.Text, new FittedStep.Table("t", ["a", "a"], [1, 2], 0, 0))] },
        { "onnx.column-kinds", [new("x", ColumnKind.Number), new("x × y", ColumnKind.Text, new FittedStep.Hash(3)) { Cross = new FittedCross.Texts([[], []], new TableColumn("x", ColumnKind.Text), new TableColumn("y", ColumnKind.Text)) }] },
        { "onnx.step-kind", [new("x", ColumnKind.Number, new FittedStep.OneHot("a"))] },
        { "onnx.step-value", [new("x", ColumnKind.Number, new FittedStep.Impute(double.NaN))] },
        { "onnx.step-value", [new("x", ColumnKind.Number, new FittedStep.Scale(1e39, 1))] },
        { "onnx.category-twice", [new("t", ColumnKind.Text, new FittedStep.OneHot("a", "b", "a"))] },
        { "onnx.column-twice", [new("x", ColumnKind.Number), new("x", ColumnKind.Number)] },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Steps_that_do_not_fit_are_refused_by_name(string id, FittedColumn[] columns)
    {
        var e = Assert.Throws<KumikiException>(() => TransformGraph.Of(columns));

        Assert.Equal(id, e.Says.Id);
        Assert.Contains(columns[0].Name, e.Says.Values["column"]);
    }

    [Fact]
    public void Two_steps_that_give_one_feature_are_refused_by_its_name()
    {
        var e = Assert.Throws<KumikiException>(() => TransformGraph.Of([new("t", ColumnKind.Text, new FittedStep.OneHot("a"), new FittedStep.OneHot("b", "a"))]));

        Assert.Equal("Two steps give a feature called 't = a'; leave one of them out.", e.Says.In("en"));
    }

    [Fact]
    public void The_same_columns_give_the_same_bytes() => Assert.Equal(TransformGraph.Of(World.Columns).ToBytes(), World.Transform.ToBytes());
}
