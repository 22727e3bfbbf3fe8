using System.Runtime.InteropServices;
using Kumiki.Native;
using Kumiki.Native.XGBoost;
using Xunit;

namespace Kumiki.Ground.Tests.XGBoost;

public sealed class BoosterTests
{
    const int Columns = 4;

    static float[] Matrix(int rows, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, rows * Columns).Select(_ => random.Next(8) == 0 ? float.NaN : (float)random.NextDouble())];
    }

    static DMatrix Rows(int rows, int seed)
    {
        var matrix = Matrix(rows, seed);
        float Filled(int i) => float.IsNaN(matrix[i]) ? 0.5f : matrix[i];
        return DMatrix.Of(matrix, Columns).WithLabels([.. Enumerable.Range(0, rows).Select(r => Filled(r * Columns) * 3 + Filled(r * Columns + 1))]);
    }

    static Booster Plain(params (string, string)[] more) => Booster.Of([("objective", "reg:squarederror"), ("nthread", "1"), .. more]);

    [Fact]
    public void The_library_is_1_7_4() => Assert.Equal("1.7.4", Booster.LibraryVersion);

    [Fact]
    public void Training_gives_every_figure_of_every_round_as_it_happens()
    {
        using var train = Rows(500, seed: 1);
        using var validation = Rows(200, seed: 2);
        using var booster = Plain(("eval_metric", "rmse"), ("eval_metric", "mae"));
        var figures = new List<RoundFigure>();
        var seen = new List<int>();

        booster.Train(train, 5, [("train", train), ("held-out: 組", validation)], now =>
        {
            figures.AddRange(now);
            seen.Add(booster.Rounds);
            return true;
        });

        Assert.Equal([1, 2, 3, 4, 5], seen);
        Assert.Equal(["train rmse", "train mae", "held-out: 組 rmse", "held-out: 組 mae"], figures.Take(4).Select(f => $"{f.Rows} {f.Metric}"));
        var rmse = figures.Where(f => f is { Rows: "train", Metric: "rmse" }).Select(f => f.Value).ToArray();
        Assert.Equal(5, rmse.Length);
        Assert.Equal(rmse.OrderDescending(), rmse);
    }

    [Fact]
    public void The_figures_are_those_worked_out_from_the_predictions()
    {
        using var train = Rows(500, seed: 1);
        using var booster = Plain(("eval_metric", "mae"));
        booster.Train(train, 4, []);
        var matrix = Matrix(500, seed: 1);
        float Filled(int i) => float.IsNaN(matrix[i]) ? 0.5f : matrix[i];

        var mae = booster.Predict(train).Select((p, r) => Math.Abs(p - (Filled(r * Columns) * 3 + Filled(r * Columns + 1)))).Average();

        Assert.Equal(mae, Assert.Single(booster.Measure(3, [("train", train)])).Value, 1e-5);
    }

    [Fact]
    public void A_callback_may_stop_the_training()
    {
        using var train = Rows(100, seed: 1);
        using var booster = Plain();

        booster.Train(train, 50, [], _ => booster.Rounds < 3);

        Assert.Equal(3, booster.Rounds);
    }

    [Fact]
    public void Training_stops_between_two_rounds_when_cancelled_and_keeps_those_before()
    {
        using var train = Rows(100, seed: 1);
        using var booster = Plain();
        using var stop = new CancellationTokenSource();

        Assert.Throws<OperationCanceledException>(() => booster.Train(
            train, 50, [], _ =>
            {
                if (booster.Rounds == 2) stop.Cancel();
                return true;
            }, stop.Token));

        Assert.Equal(2, booster.Rounds);
    }

    [Theory]
    [InlineData(BoosterFormat.Json)]
    [InlineData(BoosterFormat.Ubj)]
    public void A_saved_booster_predicts_the_same_when_loaded_and_trains_on(BoosterFormat format)
    {
        using var train = Rows(500, seed: 1);
        using var booster = Plain();
        booster.Train(train, 10, []);

        using var loaded = Booster.Load(booster.Save(format), [("nthread", "1")]);

        Assert.Equal(booster.Predict(train), loaded.Predict(train));
        Assert.Equal((10, Columns), (loaded.Rounds, loaded.Columns));
        loaded.Train(train, 5, []);
        booster.Train(train, 5, []);
        Assert.Equal(booster.Predict(train), loaded.Predict(train));
    }

    [Fact]
    public void Two_trainings_on_the_same_rows_give_the_same_bytes()
    {
        byte[] Once()
        {
            using var train = Rows(500, seed: 1);
            using var booster = Plain(("tree_method", "hist"), ("subsample", "0.8"), ("seed", "3"));
            booster.Train(train, 10, []);
            return booster.Save();
        }

        Assert.Equal(Once(), Once());
    }

    [Fact]
    public void A_margin_is_before_the_last_function()
    {
        using var train = DMatrix.Of([0f, 1f, 2f, 3f], 1).WithLabels([0, 0, 1, 1]);
        using var booster = Booster.Of([("objective", "binary:logistic"), ("min_child_weight", "0")]);
        booster.Train(train, 3, []);

        Assert.All(
            booster.Predict(train).Zip(booster.Predict(train, PredictionKind.Margin)), p => Assert.Equal(p.First, 1 / (1 + MathF.Exp(-p.Second)), 1e-6));
    }

    [Fact]
    public void A_weight_of_zero_takes_a_row_out()
    {
        using var train = DMatrix.Of([0f, 0f, 1f, 1f], 1).WithLabels([0, 100, 5, 5]).WithWeights([1, 0, 1, 1]);
        using var booster = Plain(("eta", "1"), ("lambda", "0"), ("min_child_weight", "0"));
        booster.Train(train, 1, []);

        Assert.Equal([0f, 0f, 5f, 5f], booster.Predict(train));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void Other_columns_than_trained_on_are_refused(int columns)
    {
        using var train = Rows(100, seed: 1);
        using var booster = Plain();
        booster.Train(train, 2, []);
        using var other = DMatrix.Of(new float[columns * 10], columns);

        var e = Assert.Throws<KumikiException>(() => booster.Predict(other));

        Assert.Equal(
            $"The model was trained on 4 columns, but these rows have {columns}; give it the columns it was trained on, in their order.", e.Says.In("en"));
        Assert.Throws<KumikiException>(() => booster.Train(other, 1, []));
        Assert.Throws<KumikiException>(() => booster.Measure(0, [("other", other)]));
    }

    [Fact]
    public void An_unknown_parameter_is_refused_with_the_nearest_name() =>
        Assert.Equal(
            "XGBoost 1.7.4 has no parameter 'max_deph'; did you mean 'max_depth'?",
            Assert.Throws<KumikiException>(() => Plain(("max_deph", "3"))).Says.In("en"));

    [Theory]
    [InlineData("eta", "fast", "could not be parsed: 'ast'")]
    [InlineData("objective", "reg:nonsense", "Unknown objective function: `reg:nonsense`")]
    [InlineData("max_depth", "-3", "value -3 for Parameter max_depth should be greater equal to 0")]
    public void A_wrong_value_is_refused_in_the_first_line_of_xgboosts_own_words(string name, string value, string reason)
    {
        using var train = Rows(10, seed: 1);

        var e = Assert.Throws<NativeException>(() =>
        {
            using var booster = Plain((name, value));
            booster.Train(train, 1, []);
        });

        Assert.DoesNotContain('\n', e.Reason);
        Assert.DoesNotContain("Stack trace", e.Reason, StringComparison.Ordinal);
        Assert.Contains(reason, e.Reason, StringComparison.Ordinal);
        Assert.Contains($" {name}={value}:", e.Says.In("en"), StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_of_another_length_infinite_values_and_cut_rows_are_refused()
    {
        Assert.Throws<ArgumentException>(() => DMatrix.Of([1f, 2f, 3f], 2));
        Assert.Throws<ArgumentException>(() => DMatrix.Of([], 2));
        using var rows = DMatrix.Of([1f, 2f], 1);
        Assert.Throws<ArgumentException>(() => rows.WithLabels([1f]));
        Assert.Throws<NativeException>(() => DMatrix.Of([1f, float.PositiveInfinity], 1));
        Assert.Throws<NativeException>(() => rows.WithLabels([1f, float.NaN]));
    }

    [Fact]
    public void Damaged_models_are_refused()
    {
        using var train = Rows(50, seed: 1);
        using var booster = Plain();
        booster.Train(train, 2, []);
        var (json, ubj) = (booster.Save(), booster.Save(BoosterFormat.Ubj));

        Assert.Throws<NativeException>(() => Booster.Load(json.AsSpan(0, json.Length / 2)));
        Assert.Throws<NativeException>(() => Booster.Load(ubj.AsSpan(0, ubj.Length / 2)));
        Assert.Throws<NativeException>(() => Booster.Load("nonsense"u8));
    }

    [Fact]
    public void Waiting_threads_of_openmp_do_not_spin()
    {
        _ = Booster.LibraryVersion;

        Assert.Equal("passive", Marshal.PtrToStringUTF8(getenv("OMP_WAIT_POLICY")));
    }

    [DllImport("libc", CharSet = CharSet.Ansi)]
    static extern nint getenv(string name);
}
