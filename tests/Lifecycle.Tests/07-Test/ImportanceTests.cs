using Kumiki.Native.XGBoost;
using Kumiki.Onnx;
using Kumiki.Preprocessing;
using Kumiki.Tables;
using Kumiki.Testing;
using Xunit;
using OnnxKind = Kumiki.Onnx.ColumnKind;
using TableKind = Kumiki.Tables.ColumnKind;

namespace Kumiki.Lifecycle.Tests;

public sealed class ImportanceTests
{
    static readonly string[] Names = ["a", "b", "c"];

    static (Frame Frame, TableEngine Engine) Read(double[] values, string folder)
    {
        var schema = new RowSchema("Rows", [.. Names.Select(n => new ColumnSchema { Name = n, Property = n, Kind = TableKind.Double })]);
        var engine = new TableEngine(new() { SpillFolder = Path.Combine(folder, "spill") });
        using var writer = new TableWriter(engine, schema);
        var block = new TableBlock(schema);
        for (var c = 0; c < 3; c++) block.Set<double>(Names[c], [.. Enumerable.Range(0, values.Length / 3).Select(r => values[r * 3 + c])]);
        writer.Append(block);
        var path = Path.Combine(folder, "rows.parquet");
        writer.Complete(path);
        return (Frame.Read(engine, [path], Names.ToDictionary(n => n, _ => OnnxKind.Number), default), engine);
    }

    [Fact]
    public void Shuffling_columns_does_the_harm_that_scikit_learn_finds_and_an_unused_column_none()
    {
        var golden = ContestTests.Root.GetProperty("permutation");
        var (x, y, weights) = (Golden.Numbers(golden.GetProperty("x")), Golden.Numbers(golden.GetProperty("y")), Golden.Numbers(golden.GetProperty("weights")));
        var folder = Directory.CreateTempSubdirectory("kumiki-importance-").FullName;
        var (frame, engine) = Read(x, folder);
        var graph = TransformGraph.Of([.. Names.Select(n => new FittedColumn(n, OnnxKind.Number))])
            .Append(Learners.Linear([(float)weights[0], (float)weights[1], 0], (float)golden.GetProperty("intercept").GetDouble())).ToBytes();
        int[] rows = [.. Enumerable.Range(300, 300)];
        var truth = Frame.Gather(y, rows);
        var subject = new Subject("m@1", new Ridge(new() { Name = "y", Property = "Y", Kind = TableKind.Double }, 0), [], new(truth, truth), null, null, y[..300], null, null);

        var found = ImportanceView.Of(subject, frame, "validation", new Scored(truth, truth) { Rows = rows }, graph, null, rows, new Random(5), default);

        Assert.Equal(("absolute_error", "linear"), (found.Loss, found.ShapOf));
        var (mean, deviation) = (Golden.Numbers(golden.GetProperty("mean")), Golden.Numbers(golden.GetProperty("deviation")));
        for (var c = 0; c < 2; c++)
        {
            var ours = found.Permutation.Single(p => p.Column == Names[c]);
            // Ten shuffles beside four hundred: four standard errors of ten.
            Assert.InRange(ours.Harm, mean[c] - 4 * deviation[c] / Math.Sqrt(10), mean[c] + 4 * deviation[c] / Math.Sqrt(10));
            Assert.InRange(ours.High - ours.Low, 0.3 * deviation[c], 3 * deviation[c]);       // 2 · t₉ / √10 = 1.43 deviations
        }
        Assert.Equal(["c"], found.Unused);
        Assert.Equal(["a", "b", "c"], found.Shap.Select(s => s.Column));
        Assert.Equal(0, found.Shap[2].Mean);
        Assert.Equal(1, found.Shap[0].Features[0].Rising!.Value, 1e-6);
        engine.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Contributions_are_summed_by_the_columns_that_features_come_from_whatever_they_are_called()
    {
        var folder = Directory.CreateTempSubdirectory("kumiki-importance-").FullName;
        var schema = new RowSchema("Rows",
        [
            new() { Name = "a", Property = "A", Kind = TableKind.String }, new() { Name = "a = x", Property = "B", Kind = TableKind.Double },
            new() { Name = "c", Property = "C", Kind = TableKind.Double }, new() { Name = "d", Property = "D", Kind = TableKind.Double },
        ]);
        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(folder, "spill") });
        var path = Path.Combine(folder, "rows.parquet");
        double[] b = [1, 2, 3, 4], c = [2, -1, 0, 1], d = [1, 1, 2, 0];
        using (var writer = new TableWriter(engine, schema))
        {
            var block = new TableBlock(schema);
            block.Set("a", ["x", "y", "x", "y"]);
            block.Set<double>("a = x", b);
            block.Set<double>("c", c);
            block.Set<double>("d", d);
            writer.Append(block);
            writer.Complete(path);
        }
        TableColumn ofB = new("a = x", OnnxKind.Number), ofC = new("c", OnnxKind.Number), ofD = new("d", OnnxKind.Number);
        // The feature "a = y" comes of a; "a = x: bin" of the column that is called "a = x"; "c × d" and "d ÷ c" of both.
        var transforms = TransformGraph.Of(
        [
            new("a", OnnxKind.Text, new FittedStep.OneHot("y", "z")), new("a = x", OnnxKind.Number, new FittedStep.Scale(0, 1)), new("c", OnnxKind.Number),
            new("c × d", OnnxKind.Number) { Cross = new FittedCross.Product(ofC, ofD) },
            new("d over c", OnnxKind.Number) { Cross = new FittedCross.Ratio(ofD, ofC, 0) },
        ]);
        using var features = Scorer.Open(transforms.ToBytes());
        var weights = features.Features.Select(f => f switch { "a = y" => 3f, "a = x" => 5f, "c" => 0f, "c × d" => 7f, _ => 0.5f }).ToArray();
        var graph = transforms.Append(Learners.Linear(weights, 0)).ToBytes();
        var frame = Frame.Read(engine, [path], new Dictionary<string, OnnxKind>
        {
            ["a"] = OnnxKind.Text,
            ["a = x"] = OnnxKind.Number,
            ["c"] = OnnxKind.Number,
            ["d"] = OnnxKind.Number,
        }, default);
        int[] rows = [0, 1, 2, 3];
        double[] truth = [1, 2, 3, 4];
        var ridge = new Ridge(new() { Name = "t", Property = "T", Kind = TableKind.Double }, 0);
        var subject = new Subject("m@1", ridge, [], new(truth, truth), null, null, truth, null, null);

        var found = ImportanceView.Of(subject, frame, "validation", new Scored(truth, truth) { Rows = rows }, graph, null, rows, new Random(5), default);

        var both = rows.Average(r => Math.Abs(7 * c[r] * d[r] + 0.5 * (c[r] == 0 ? 0 : d[r] / c[r])));
        var said = found.Shap.ToDictionary(s => s.Column, s => s.Mean);
        Assert.Equal(["a", "a = x", "c", "c × d"], said.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(3 / 2.0, said["a"], 1e-6);
        Assert.Equal(5 * b.Average(), said["a = x"], 1e-6);
        Assert.Equal(0, said["c"]);
        Assert.Equal(both, said["c × d"], 1e-6);
        Assert.Empty(found.Unused);      // c does nothing alone, and something with d
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Contributions_of_trees_and_of_linear_models_sum_to_the_margin()
    {
        var random = new Random(9);
        float[] features = [.. Enumerable.Range(0, 500 * 4).Select(i => i % 37 == 0 ? float.NaN : (float)(random.NextDouble() * 4 - 2))];
        float[] labels = [.. Enumerable.Range(0, 500).Select(r => features[r * 4] * features[r * 4 + 1] + (float)random.NextDouble() > 0.5f ? 1f : 0)];
        using var rows = DMatrix.Of(features, 4).WithLabels(labels);
        using var booster = Booster.Of([("objective", "binary:logistic"), ("max_depth", "4"), ("eta", "0.3"), ("tree_method", "hist"), ("base_score", "0.3"), ("seed", "1")]);
        booster.Train(rows, 30, []);
        var margins = booster.Predict(rows, PredictionKind.Margin);

        var (outputs, parts) = ImportanceView.Contributions([], booster.Save(BoosterFormat.Ubj), features, 4)!.Value;

        Assert.Equal(1, outputs);
        for (var row = 0; row < 500; row++) Assert.Equal(margins[row], parts.AsSpan(row * 5, 5).ToArray().Sum(p => (double)p), 1e-4);

        float[] plain = [.. features.Select(f => float.IsNaN(f) ? 0 : f)];
        var linear = TransformGraph.Of([.. Enumerable.Range(0, 4).Select(i => new FittedColumn($"f{i}", OnnxKind.Number))])
            .Append(Learners.Linear([1, 0.5f, -2, 0, 3, 1, 0.1f, 0.2f], [0.5f, -1], [0.3f, 0, -1, 2], Link.Identity)).ToBytes();
        using var scorer = Scorer.Open(linear);
        var scores = scorer.Score([.. Enumerable.Range(0, 4).Select(i => Column.Of($"f{i}", (ReadOnlyMemory<float>)Enumerable.Range(0, 500).Select(r => plain[r * 4 + i]).ToArray()))]);
        (outputs, parts) = ImportanceView.Contributions(linear, null, plain, 4)!.Value;
        Assert.Equal(2, outputs);
        for (var at = 0; at < 1000; at++) Assert.Equal(scores[at], parts.AsSpan(at * 5, 5).ToArray().Sum(p => (double)p), 1e-5);

        var constant = TransformGraph.Of([new FittedColumn("f0", OnnxKind.Number)]).Append(Learners.Constant(1, [1])).ToBytes();
        Assert.Null(ImportanceView.Contributions(constant, null, [1, 2], 1));
    }
}
