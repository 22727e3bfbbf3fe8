using System.Text.Json;
using Kumiki.Preprocessing;
using Kumiki.Tables;
using Kumiki.Training;
using Xunit;

namespace Kumiki.Lifecycle.Tests;

/// <summary>Linear learners of more weights than a matrix of products can hold.</summary>
public sealed class WideLinearTests
{
    static readonly ColumnSchema Target = Toy.Schema.Columns[0];

    /// <summary>One of many categories beside three numbers; make-wide.py has the same rows.</summary>
    sealed class World(int rows, int categories)
    {
        public int Width => categories + 3;

        public long Category(long i) => (i * i * 31 + i * 7) % categories;

        static double[] Number(long i) => [i * 37 % 101 / 64.0 - 0.75, i * 53 % 97 / 32.0 + 20, i * 71 % 89 == 0 ? 1 : 0];

        public double Of(string target, long i)
        {
            var (numbers, category, noise) = (Number(i), Category(i), i * 97 % 83 / 64.0);
            var classes = numbers[0] + category * 29 % 13 / 8.0 + noise;
            return target switch
            {
                "target" => numbers[0] - 0.5 * (numbers[1] - 21) + category * 53 % 17 / 8.0 + noise,
                "flags" => numbers[0] + category * 53 % 17 / 16.0 + noise > 1.3 ? 1 : 0,
                _ => classes >= 1.9 ? 2 : classes >= 1.0 ? 1 : 0,
            };
        }

        /// <summary>Filled in anew whenever they are asked for, as a graph does.</summary>
        public TrainingRows Rows(string target, bool weighted) => new(
            new FeatureRows(rows, Width, [.. Enumerable.Range(0, Width).Select(f => $"feature {f}")], (from, into) =>
            {
                into.Span.Clear();
                for (var row = 0; row < into.Length / Width; row++)
                {
                    var of = into.Span.Slice(row * Width, Width);
                    foreach (var (f, number) in Number(from + row).Index()) of[f] = (float)number;
                    of[3 + (int)Category(from + row)] = 1;
                }
            }),
            [.. Enumerable.Range(0, rows).Select(i => Of(target, i))], weighted ? [.. Enumerable.Range(0, rows).Select(i => 0.5 + i % 3)] : null);
    }

    static LinearFit Fit(string kind, string of, double alpha, double share, TrainingRows rows, int most, TrainingCourse course) => kind switch
    {
        "ridge" => LeastSquares.Ridge(rows, alpha, course, most),
        "net" => LeastSquares.ElasticNet(new(Target, alpha, share), rows, course, most),
        _ => LogisticFit.Train(new(Target, of == "classes", alpha, share), rows, of == "classes" ? 3 : 2, course, most),
    };

    static readonly JsonElement Golden = Lifecycle.Tests.Golden.File("06-Train/golden/wide.json");

    public static TheoryData<int> Models { get; } = [.. Enumerable.Range(0, Golden.GetArrayLength())];

    [Theory]
    [MemberData(nameof(Models))]
    public void Weights_of_sparse_features_are_scikit_learns(int number)
    {
        var (model, world) = (Golden[number], new World(2400, 900));
        var (kind, of, weighted) = (model.GetProperty("kind").GetString()!, model.GetProperty("of").GetString()!, model.GetProperty("weighted").GetBoolean());
        var warned = new List<Message>();

        var fit = Fit(kind, of, model.GetProperty("alpha").GetDouble(), model.GetProperty("share").GetDouble(), world.Rows(of, weighted), 500,
            new(0, default) { Warn = warned.Add });

        Assert.Empty(warned);
        var wanted = Lifecycle.Tests.Golden.Numbers(model.GetProperty("weights"));
        var intercepts = Lifecycle.Tests.Golden.Numbers(model.GetProperty("intercepts"));
        for (var output = 0; output < intercepts.Length; output++)
            for (var f = 0; f < 60; f++) Near($"weight {f} of {output}", wanted[output * 60 + f], fit.Weights[output * world.Width + f]);
        // Of a softmax only the differences between intercepts mean something.
        var shift = intercepts.Length == 1 ? 0 : intercepts.Average() - Enumerable.Range(0, intercepts.Length).Average(fit.InterceptAtZero);
        for (var o = 0; o < intercepts.Length; o++) Near($"intercept {o}", intercepts[o], fit.InterceptAtZero(o) + shift);
        Near("squares of all weights", model.GetProperty("norm").GetDouble(), fit.Weights.Sum(w => w * w));
        Assert.Equal(model.GetProperty("notZero").GetInt32(), fit.Weights.Count(w => w != 0));

        void Near(string what, double expected, double found) =>
            Assert.True(Math.Abs(expected - found) <= 1e-6 * Math.Max(1, Math.Abs(expected)), $"{kind} of {of}, {what}: {found:R} instead of {expected:R}");
    }

    [Theory]
    [InlineData("ridge", "target", 0.5, 0)]
    [InlineData("net", "target", 1e-3, 0.5)]
    [InlineData("logistic", "flags", 1, 0)]
    [InlineData("logistic", "classes", 1, 0)]
    public void Without_the_matrix_of_products_the_weights_are_the_same(string kind, string of, double alpha, double share)
    {
        var rows = new World(700, 150).Rows(of, weighted: true);

        var (narrow, wide) = (Fit(kind, of, alpha, share, rows, 6000, new(0, default)), Fit(kind, of, alpha, share, rows, 10, new(0, default)));

        Assert.All(narrow.Weights.Zip(wide.Weights), w => Assert.Equal(w.First, w.Second, 1e-7));
        // Of a softmax only the differences between intercepts mean something.
        for (var o = 0; o < wide.Intercepts.Length; o++)
        {
            var other = wide.Intercepts.Length == 1 ? (0, 0) : (narrow.InterceptAtZero(0), wide.InterceptAtZero(0));
            Assert.Equal(narrow.InterceptAtZero(o) - other.Item1, wide.InterceptAtZero(o) - other.Item2, 1e-6);
        }
        // The graph takes the mean from what is mostly not 0, and nothing from a rare category.
        Assert.Equal(narrow.Centres[1], wide.Centres[1], 1e-9);
        Assert.Equal(0, wide.Centres[10]);
        var one = Fit(kind, of, alpha, share, rows, 10, new(0, default) { Threads = 1 });
        Assert.Equal(one.Weights, Fit(kind, of, alpha, share, rows, 10, new(0, default) { Threads = 5 }).Weights);
    }

    [Theory]
    [InlineData("ridge", "target", 1, 0)]
    [InlineData("net", "target", 1e-3, 1)]
    [InlineData("logistic", "flags", 1, 0)]
    public void Fifty_thousand_categories_take_no_quadratic_memory(string kind, string of, double alpha, double share)
    {
        var world = new World(8000, 50_000);
        var rows = world.Rows(of, weighted: false);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var fit = Fit(kind, of, alpha, share, rows, Moments.MostWeights, new(0, default));

        // The matrix of products would be 20 GB; rows of 16 MB at a time, and vectors of 50,000.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 600_000_000);
        Assert.Equal(50_003, fit.Width);
        // A category that no row has cannot be told from 0.
        var seen = Enumerable.Range(0, 8000).Select(i => (int)world.Category(i)).ToHashSet();
        Assert.All(Enumerable.Range(0, 50_000).Where(c => !seen.Contains(c)), c => Assert.Equal(0, fit.Weights[3 + c], 1e-12));
        if (kind == "net") return;
        Assert.True(seen.Count(c => fit.Weights[3 + c] != 0) > 0.9 * seen.Count);
    }

    [Fact]
    public void A_model_of_twelve_thousand_places_finds_what_each_sells()
    {
        const int places = 12_000;
        var folder = Directory.CreateTempSubdirectory("kumiki-wide-").FullName;
        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(folder, "spill") });
        ToyRow[] rows = [.. Toy.Rows(2 * places, seed: 4).Select((row, i) =>
            row with { Place = $"place {i % places}", Price = i % 7, Sold = i % places % 17 / 4.0 + i % 7 })];
        Toy.Write(engine, rows, Path.Combine(folder, "rows.parquet"));
        var plans = new Features<ToyRow>([]).OneHot(r => r.Place, most: 50_000).Number(r => r.Price);
        var ridge = plans.Then(new Ridge(Toy.Schema.ColumnOf((ToyRow r) => r.Sold), 1e-4));
        var wanted = new Dictionary<string, Kumiki.Onnx.ColumnKind>(Fitting.Reads(ridge.Features))
        {
            ["sold"] = Kumiki.Onnx.ColumnKind.Number,
            ["returned"] = Kumiki.Onnx.ColumnKind.Flag,
        };
        var frame = Frame.Read(engine, [Path.Combine(folder, "rows.parquet")], wanted, default);
        int[] all = [.. Enumerable.Range(0, rows.Length)];
        var target = TargetColumn.Of(ridge.Algorithm, frame, all);
        var warned = new List<Message>();
        var course = new TrainingCourse(0, default) { Warn = warned.Add };

        var scored = ModelFit.Of("toy", ridge, frame, target, all, [], course).Score(frame, target, all, course);

        Assert.Empty(warned);
        for (var row = 0; row < scored.Count; row++) Assert.Equal(rows[row].Sold, scored.Scores[row], 0.01);
        var lasso = plans.Then(new LogisticRegression(Toy.Schema.ColumnOf((ToyRow r) => r.Returned), false, 1, 1));
        var flags = TargetColumn.Of(lasso.Algorithm, frame, all);
        Assert.Contains("weights, more than 6000, most of them of place (12,000), price (1);",
            Assert.Throws<KumikiException>(() => ModelFit.Of("toy", lasso, frame, flags, all, [], course)).Says.In("en"), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void What_so_many_weights_cannot_do_is_one_sentence_that_names_the_columns()
    {
        var rows = new World(100, 7000).Rows("flags", weighted: false);

        Assert.Equal("LogisticRegression with an L1 penalty would have 7004 weights, more than 6000, most of them of -; "
            + "use an L2 penalty alone, or drop columns with many categories.",
            Says(() => LogisticFit.Train(new(Target, false, 1, 0.5), rows, 2, new(0, default))));
        Assert.Equal("Ridge would have 7003 weights, more than 6000, most of them of -, and no penalty to hold those of rare categories; "
            + "set its Alpha above 0.", Says(() => LeastSquares.Ridge(rows, 0, new(0, default))));
        Assert.StartsWith("LogisticRegression would have 7004 weights", Says(() => LogisticFit.Train(new(Target, false, 0, 0), rows, 2, new(0, default))),
            StringComparison.Ordinal);

        static string Says(Action act) => Assert.Throws<KumikiException>(act).Says.In("en");
    }
}
