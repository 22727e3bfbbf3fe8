using System.Diagnostics;
using Kumiki.Native.XGBoost;
using Kumiki.Onnx;

namespace Kumiki.Ground.Tests.Onnx;

/// <summary>A small shop: a price that may be missing, units, a day, a discount flag and a store.</summary>
static class World
{
    public static readonly string[] Stores = ["North", "South", "東京"];

    public static readonly FittedColumn[] Columns =
    [
        new("price", ColumnKind.Number, new FittedStep.Impute(3.5, Indicator: true), new FittedStep.Scale(3.1, 1.25)),
        new("units", ColumnKind.Number, new FittedStep.Scale(100, 40)),
        new("day", ColumnKind.Date),
        new("discount", ColumnKind.Flag),
        new("store", ColumnKind.Text, new FittedStep.OneHot(Stores)),
    ];

    /// <summary>Random rows with missing values and stores nobody knows.</summary>
    public static Column[] Rows(int count, int seed)
    {
        var random = new Random(seed);
        return
        [
            Column.Of<double?>("price", Many<double?>(count, () => random.Next(5) == 0 ? null : random.NextDouble() * 7)),
            Column.Of<int?>("units", Many<int?>(count, () => random.Next(9) == 0 ? null : random.Next(300))),
            Column.Of<DateOnly>("day", Many(count, () => new DateOnly(2024, 1, 1).AddDays(random.Next(700)))),
            Column.Of<bool>("discount", Many(count, () => random.Next(2) == 0)),
            Column.Of<string?>("store", Many<string?>(count, () => random.Next(6) switch { 0 => null, 1 => $"new {random.Next(99)}", var s => Stores[s % 3] })),
        ];
    }

    static T[] Many<T>(int count, Func<T> next) => [.. Enumerable.Range(0, count).Select(_ => next())];

    public static OnnxModel Transform { get; } = TransformGraph.Of(Columns);

    /// <summary>The shop's model: trees over the features.</summary>
    public static OnnxModel Model { get; } = Transform.Append(Learners.XGBoost(Trees(Transform, "reg:squarederror")));

    /// <summary>The same shop, with a share between 0 and 1 for an answer.</summary>
    public static OnnxModel Logistic { get; } = Transform.Append(Learners.XGBoost(Trees(Transform, "reg:logistic")));

    static byte[] Trees(OnnxModel transform, string objective)
    {
        using var features = Scorer.Open(transform.ToBytes());
        var matrix = features.Score(Rows(3000, seed: 7));
        var labels = Enumerable.Range(0, 3000).Select(r => matrix.AsSpan(r * features.Width, 3).ToArray().Sum(x => float.IsNaN(x) ? 0.5f : x)).ToArray();
        if (objective == "reg:logistic") labels = [.. labels.Select(l => 1 / (1 + MathF.Exp(-l)))];
        using var train = DMatrix.Of(matrix, features.Width).WithLabels(labels);
        using var booster = Booster.Of([("objective", objective), ("max_depth", "5"), ("tree_method", "hist"), ("nthread", "1")]);
        booster.Train(train, 30, []);
        return booster.Save();
    }

    /// <summary>Runs a script in Debian's own Python, which has onnx 1.12.</summary>
    public static string Python(string script, byte[] input)
    {
        var start = new ProcessStartInfo("/usr/bin/python3") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(script);
        using var python = Process.Start(start)!;
        var errors = python.StandardError.ReadToEndAsync();
        python.StandardInput.BaseStream.Write(input);
        python.StandardInput.Close();
        var output = python.StandardOutput.ReadToEnd();
        python.WaitForExit();
        return python.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException(errors.Result);
    }

    /// <summary>The nearest folder above the tests that has <paramref name="inside"/>.</summary>
    public static string Above(string inside)
    {
        for (var up = new DirectoryInfo(AppContext.BaseDirectory); up is not null; up = up.Parent)
            if (Path.Exists(Path.Combine(up.FullName, inside))) return Path.Combine(up.FullName, inside);
        throw new InvalidOperationException($"No folder above the tests has {inside}.");
    }
}
