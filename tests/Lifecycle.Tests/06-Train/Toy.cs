using Kumiki.Onnx;
using Kumiki.Preprocessing;
using Kumiki.Tables;
using Kumiki.Training;
using OnnxKind = Kumiki.Onnx.ColumnKind;

namespace Kumiki.Lifecycle.Tests;

public enum Size { Small, Large, Middle }

/// <summary>A row of a small invented shop: what is sold depends on price, place and day.</summary>
public sealed record ToyRow(double Sold, bool Returned, string Mood, Size Size, int Code, double? Price, string? Place, DateOnly Day, bool? Discount,
    double Weight);

/// <summary>Rows with known truth, as Parquet files and as a frame.</summary>
static class Toy
{
    public static readonly RowSchema Schema = RowSchema.Of<ToyRow>();

    public static readonly FittedColumn[] Fitted =
    [
        new("price", OnnxKind.Number, new FittedStep.Impute(3.5, Indicator: true), new FittedStep.Scale(3.1, 1.25)),
        new("day", OnnxKind.Date),
        new("discount", OnnxKind.Flag, new FittedStep.Impute(0)),
        new("place", OnnxKind.Text, new FittedStep.OneHot("North", "South", "東京")),
    ];

    /// <summary>Fitted as it is, but missing numbers stay missing.</summary>
    public static readonly FittedColumn[] Raw =
    [
        new("price", OnnxKind.Number),
        new("day", OnnxKind.Date),
        new("discount", OnnxKind.Flag),
        new("place", OnnxKind.Text, new FittedStep.OneHot("North", "South", "東京")),
    ];

    /// <param name="places">Also places nobody knows.</param>
    public static ToyRow[] Rows(int count, int seed, bool places = false)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            double? price = random.Next(7) == 0 ? null : Math.Round(random.NextDouble() * 7, 2);
            var place = random.Next(6) switch { 0 => null, 1 when places => $"new {random.Next(99)}", var p => new[] { "North", "South", "東京" }[p % 3] };
            var day = new DateOnly(2024, 1, 1).AddDays(random.Next(700));
            bool? discount = random.Next(9) == 0 ? null : random.Next(3) == 0;
            var sum = 4 - 0.5 * (price ?? 3) + (place == "東京" ? 2 : 0) + (discount == true ? 1 : 0) + Math.Sin(day.DayNumber / 30.0);
            var sold = Math.Max(0, sum + (0.3 + sum * sum / 20) * Normal(random));
            return new ToyRow(
                sold, random.NextDouble() < 1 / (1 + Math.Exp(sum - 4)), sum + Normal(random) > 5 ? "good" : sum + Normal(random) > 3 ? "fair" : "bad",
                    sold > 5 ? Size.Large : sold > 3 ? Size.Middle : Size.Small,
                (int)Math.Min(3, sold), price, place, day, discount, 0.5 + random.Next(3));
        })];
    }

    public static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    public static string Write(TableEngine engine, IReadOnlyList<ToyRow> rows, string path)
    {
        using var writer = new TableWriter(engine, Schema);
        var block = new TableBlock(Schema);
        block.Set<double>("sold", [.. rows.Select(r => r.Sold)]);
        block.Set<bool>("returned", [.. rows.Select(r => r.Returned)]);
        block.Set("mood", [.. rows.Select(r => r.Mood)]);
        block.Set("size", [.. rows.Select(r => r.Size.ToString())]);
        block.Set<int>("code", [.. rows.Select(r => r.Code)]);
        block.Set<double>("price", [.. rows.Select(r => r.Price ?? 0)], [.. rows.Select(r => r.Price is null)]);
        block.Set("place", [.. rows.Select(r => r.Place)]);
        block.Set<DateOnly>("day", [.. rows.Select(r => r.Day)]);
        block.Set<bool>("discount", [.. rows.Select(r => r.Discount ?? false)], [.. rows.Select(r => r.Discount is null)]);
        block.Set<double>("weight", [.. rows.Select(r => r.Weight)]);
        writer.Append(block);
        writer.Complete(path);
        return path;
    }

    public static Frame Frame(TableEngine engine, string path, params string[] exact)
    {
        var wanted = Schema.Columns.ToDictionary(c => c.Name, c => Preprocessing.Frame.KindOf(c, category: false), StringComparer.Ordinal);
        return Preprocessing.Frame.Read(engine, [path], wanted, default, exact.ToHashSet());
    }
}

/// <summary>Toy rows in a frame, with an engine and a folder that go when disposed.</summary>
sealed class ToyWorld : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-toy-").FullName;
    readonly TableEngine engine;

    public ToyWorld(IReadOnlyList<ToyRow> rows)
    {
        engine = new(new() { SpillFolder = Path.Combine(folder, "spill") });
        Rows = rows;
        File = Toy.Write(engine, rows, Path.Combine(folder, "rows.parquet"));
        Frame = Toy.Frame(engine, File, "sold", "weight");
    }

    public TableEngine Engine => engine;
    public string File { get; }
    public string Folder => folder;
    public IReadOnlyList<ToyRow> Rows { get; }
    public Frame Frame { get; }
    public int[] All => [.. Enumerable.Range(0, Rows.Count)];

    /// <summary>Trains on all rows, as a model's making does.</summary>
    public (OnnxModel Graph, Trained Trained, TargetColumn Target) Train(Algorithm algorithm, FittedColumn[] columns, int[]? train = null,
        int[]? validation = null, TrainingCourse? course = null)
    {
        train ??= All;
        var transforms = TransformGraph.Of(columns);
        using var scorer = Scorer.Open(transforms.ToBytes());
        var target = TargetColumn.Of(algorithm, Frame, train);
        target.Check(algorithm, train);
        var weights = target.Weights(algorithm, Frame, train, validation ?? []);
        var trained = Trainer.Train(algorithm, Of(train), Of(validation ?? []), target.Classes.Count, course ?? new(0, default));
        return (transforms.Append(trained.Learner), trained, target);

        TrainingRows Of(int[] rows) => new(FeatureRows.Of(scorer, Frame, rows, default), Frame.Gather(target.Values, rows),
            weights is null ? null : Frame.Gather(weights, rows));
    }

    /// <summary>Every row through a graph.</summary>
    public float[] Score(OnnxModel graph)
    {
        using var scorer = Scorer.Open(graph.ToBytes());
        return scorer.Score(Frame.All());
    }

    public void Dispose()
    {
        engine.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
