using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Ground.Tests.Onnx;

public sealed class TransformStepTests
{
    static readonly TableColumn Store = new("store", ColumnKind.Text), Item = new("item", ColumnKind.Text), Price = new("price", ColumnKind.Number), Units = new("units", ColumnKind.Number);

    static readonly FittedColumn[] Every =
    [
        new("price", ColumnKind.Number, new FittedStep.Require(), new FittedStep.Clip(-1, 9), new FittedStep.Impute(2, Indicator: true), new FittedStep.Power(0), new FittedStep.Scale(1, 2),
            new FittedStep.Bins([0, 1.5f], Apart: true), new FittedStep.Cycle(24)) { KeepsNumber = true },
        new("units", ColumnKind.Number, new FittedStep.Log(), new FittedStep.Power(0.3), new FittedStep.Bins([])),
        new("debt", ColumnKind.Number, new FittedStep.Log(Signed: true), new FittedStep.Power(2)),
        new("day", ColumnKind.Date, [.. Enum.GetValues<DatePart>().Select(p => new FittedStep.Part(p)), new FittedStep.Since(19000), new FittedStep.Cycle(12, DatePart.Month), new FittedStep.Event("fair", [1, 5])]),
        new("flag", ColumnKind.Flag),
        new("store", ColumnKind.Text, new FittedStep.Require(), new FittedStep.OneHot("North", "South", "") { Other = true }, new FittedStep.Table("store: share", ["North"], [0.5], 0, 0.1), new FittedStep.Hash(4)),
        new("item", ColumnKind.Text, new FittedStep.ImputeText("tea", Indicator: true), new FittedStep.OneHot("tea"), new FittedStep.Hash(3, 7, Signed: false)),
        new("store × item", ColumnKind.Text, new FittedStep.OneHot("0", "3"), new FittedStep.Table("pair", ["1"], [7], 0, double.NaN), new FittedStep.Hash(5))
            { Cross = new FittedCross.Texts([["North", "South"], ["sake", "tea"]], Store, Item) },
        new("price × units", ColumnKind.Number) { Cross = new FittedCross.Product(Price, Units) },
        new("price ÷ units", ColumnKind.Number, new FittedStep.Log()) { Cross = new FittedCross.Ratio(Price, Units, double.NaN) },
    ];

    [Fact]
    public void The_onnx_checker_accepts_every_step()
    {
        const string check = "import onnx, sys; m = onnx.load_from_string(sys.stdin.buffer.read()); onnx.checker.check_model(m, full_check=True); print([(o.domain, o.version) for o in m.opset_import])";

        Assert.Equal("[('', 17), ('ai.onnx.ml', 3), ('com.microsoft', 1)]", World.Python(check, TransformGraph.Of(Every).ToBytes()));
        foreach (var column in Every.Where(c => !c.Steps.Any(s => s is FittedStep.Hash)))
            Assert.Equal("[('', 17), ('ai.onnx.ml', 3)]", World.Python(check, TransformGraph.Of([column]).ToBytes()));
    }

    [Fact]
    public void A_graph_of_every_step_is_read_back_with_the_same_bytes_and_takes_a_learner()
    {
        var model = TransformGraph.Of(Every);
        using var scorer = Scorer.Open(model.ToBytes());

        Assert.Equal(model.ToBytes(), OnnxModel.Read(model.ToBytes()).ToBytes());
        Assert.Equal(scorer.Features.Count, scorer.Width);
        using var whole = Scorer.Open(model.Append(Learners.Linear(new float[scorer.Width], 3)).ToBytes());
        Assert.Equal(["price", "store"], whole.Required);
    }

    static void Near(double[] expected, float[] found) => Assert.All(expected.Zip(found), p => Assert.Equal(p.First, p.Second, 1e-6));

    static float[] Run(FittedColumn column, params Column[] rows)
    {
        using var scorer = Scorer.Open(TransformGraph.Of([column]).ToBytes());
        return scorer.Score(rows);
    }

    [Fact]
    public void A_number_whose_logarithm_there_is_not_is_missing() =>
        Assert.Equal([MathF.Log(2), 0, float.NaN, float.NaN, float.NaN], Run(new("x", ColumnKind.Number, new FittedStep.Log()), Column.Of<double?>("x", 1, 0, -1, -7, null)));

    [Fact]
    public void A_power_of_0_is_a_logarithm_and_a_power_of_1_changes_nothing()
    {
        Near([Math.Log(4), -4], Run(new("x", ColumnKind.Number, new FittedStep.Power(0)), Column.Of("x", 3.0, -2.0)));
        Near([3, -Math.Log(3)], Run(new("x", ColumnKind.Number, new FittedStep.Power(2)), Column.Of("x", Math.Sqrt(7) - 1, -2.0)));
        Assert.Equal([3f, -2f, 0f, float.NaN], Run(new("x", ColumnKind.Number, new FittedStep.Power(1)), Column.Of<double?>("x", 3.0, -2.0, 0, null)));
    }

    [Fact]
    public void A_value_on_an_edge_is_in_the_bin_above_and_a_missing_one_in_none()
    {
        Assert.Equal([0, 1, 1, 2, float.NaN], Run(new("x", ColumnKind.Number, new FittedStep.Bins([0.1f, 0.7f])), Column.Of<double?>("x", 0.0999, 0.1, 0.6999, 0.7, null)));
        Assert.Equal([0, 0, 1, 0, 0, 0], Run(new("x", ColumnKind.Number, new FittedStep.Bins([0.1f, 0.7f], Apart: true)), Column.Of<double?>("x", 9, null)));
    }

    [Fact]
    public void What_grows_beyond_a_float_stays_within()
    {
        FittedColumn product = new("a × b", ColumnKind.Number) { Cross = new FittedCross.Product(new("a", ColumnKind.Number), new("b", ColumnKind.Number)) };

        Assert.Equal([float.MaxValue, float.MinValue, 6, float.NaN], Run(product, Column.Of("a", 1e30, -1e30, 2, 1), Column.Of<double?>("b", 1e30, 1e30, 3, null)));
    }

    [Fact]
    public void A_missing_text_is_no_other_category_and_a_cross_with_a_missing_part_is_missing()
    {
        Assert.Equal([1, 0, 0, 1, 0, 0], Run(new("t", ColumnKind.Text, new FittedStep.OneHot("a") { Other = true }), Column.Of("t", "a", "b", null)));

        FittedColumn cross = new("s × t", ColumnKind.Text, new FittedStep.Table("pair", ["0", "3"], [10, 13], -1, -2)) { Cross = new FittedCross.Texts([["a", "b"], ["x", "y"]], new TableColumn("s", ColumnKind.Text), new TableColumn("t", ColumnKind.Text)) };
        Assert.Equal([10, 13, -1, -1, -1, -2, -2], Run(cross, Column.Of("s", "a", "b", "a", "c", "a", null, "c"), Column.Of("t", "x", "y", "y", "x", "z", "x", null)));
    }

    [Fact]
    public void Feature_names_say_what_they_are()
    {
        using var scorer = Scorer.Open(TransformGraph.Of(Every).ToBytes());

        Assert.Subset(scorer.Features.ToHashSet(), new HashSet<string> {"price: below 0", "price: from 0 to below 1.5", "price: from 1.5", "price", "price is missing", "price: period 24 sin", "day: ISO week", "day: days since 2022-01-08",
            "day: fair", "store = North", "store is missing", "store is another", "store in bucket 3", "item is missing", "store × item = North × sake", "store × item = South × tea", "store × item in bucket 0" });
    }
}
