using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kumiki.Testing;

/// <summary>A test report as <c>report.json</c> holds it; docs/formats/test-report.md. What is not defined is null.</summary>
sealed record ReportData
{
    public const int CurrentFormat = 1;

    static readonly JsonSerializerOptions Written = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new FiniteOnly() },
    };

    public int Format { get; init; } = CurrentFormat;
    public required string Report { get; init; }
    public required string Model { get; init; }
    public string? Threshold { get; init; }
    public string? Goal { get; init; }
    public required string Data { get; init; }
    public required string Task { get; init; }
    public required string Target { get; init; }
    public string? Positive { get; init; }
    public IReadOnlyList<string> Classes { get; init; } = [];
    public required Sampling Sampling { get; init; }
    public required VerdictData Verdict { get; init; }
    public GoalData? GoalCheck { get; init; }
    public required InputData Input { get; init; }
    public required ProcessData Process { get; init; }
    public required OutputData Output { get; init; }
    public required SlicesData Slices { get; init; }
    public required ImportanceData Importance { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Written);

    /// <exception cref="KumikiException">It was written by a newer Kumiki.</exception>
    public static ReportData FromJson(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        var format = JsonElement.ParseValue(ref reader).GetProperty("format").GetInt32();
        if (format > CurrentFormat) throw new KumikiException(Message.Of("report.newer", ("found", format), ("known", CurrentFormat)));
        return JsonSerializer.Deserialize<ReportData>(json, Written)!;
    }

    /// <summary>A number that is none is null: JSON has no other word for it.</summary>
    sealed class FiniteOnly : JsonConverter<double>
    {
        public override bool HandleNull => true;
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value)) writer.WriteNumberValue(value);
            else writer.WriteNullValue();
        }
    }
}

/// <summary>How the work was bounded.</summary>
/// <param name="Resamples">Of the bootstrap, of all test rows.</param>
/// <param name="DrawnRows">Test rows that calibration and residuals are worked out on.</param>
/// <param name="SliceRows">Test rows looked at for weak slices.</param>
/// <param name="ShapRows">Rows explained.</param>
/// <param name="PermutationRows">Rows that columns are shuffled on, so many times.</param>
sealed record Sampling(int Resamples, double Level, int DrawnRows, int SliceRows, int ShapRows, int PermutationRows, int PermutationRepeats);

/// <param name="Go">Whether every check held.</param>
sealed record VerdictData(bool Go, IReadOnlyList<CheckData> Checks);

sealed record CheckData(string Name, bool Held, Message Says);

/// <summary>A figure with its interval.</summary>
sealed record FigureData(string Name, double Value, double Low, double High, Better? Better)
{
    public static FigureData Of(string name, Measured measured) => new(name, measured.Value, measured.Interval?.Low ?? double.NaN, measured.Interval?.High ?? double.NaN, Contest.BetterOf(name));
}

/// <summary>Whether the business gets what it wants.</summary>
/// <param name="Figure">On the test rows, in <paramref name="Unit"/>.</param>
/// <param name="OutOfFold">On the rows of the cross-validation.</param>
/// <param name="PerPeriod">All decisions of a period, what running costs among them.</param>
sealed record GoalData(string Problem, string Measure, string? Unit, FigureData Figure, double Target, double? Today, FigureData? OutOfFold, string? Period, double? Decisions, FigureData? PerPeriod, double? Value);

// ── input ──

sealed record InputData(IReadOnlyList<PartData> Parts, IReadOnlyDictionary<string, string> Split, IReadOnlyList<ColumnData> Columns, IReadOnlyList<LeakData> Leaks);

sealed record PartData(string Name, int Rows, double? TargetMean);

/// <param name="Missing">Shares, by part.</param>
/// <param name="Unseen">Test rows with a category that no training row has.</param>
/// <param name="Outside">Test rows beyond what training rows hold.</param>
sealed record ColumnData(string Name, string Kind, IReadOnlyDictionary<string, double> Missing, int? Categories, int? Unseen, double? TrainMin, double? TrainMax, double? TestMin, double? TestMax, int? Outside);

/// <summary>One look for a leak.</summary>
/// <param name="Held">Null: it is shown, and judges nothing.</param>
sealed record LeakData(string Name, bool? Held, Message Says);

// ── process ──

sealed record ProcessData(string Algorithm, IReadOnlyDictionary<string, string> Settings, IReadOnlyDictionary<string, string> Parameters, IReadOnlyList<string> Features, long Seed, string? BestRound, IReadOnlyList<CurveData> Curves,
    IReadOnlyList<FoldsData> Folds, CostData Cost);

sealed record CurveData(string Name, IReadOnlyList<double> Steps, IReadOnlyList<double> Values);

sealed record FoldsData(string Figure, double Mean, double Low, double High, IReadOnlyList<double> Values);

sealed record CostData(double WallSeconds, double CpuSeconds, double PeakMegabytes);

// ── output ──

sealed record OutputData(IReadOnlyList<ContestantData> Contestants, string? NoExisting)
{
    /// <summary>Test rows whose truth is 0, which <c>mape</c> leaves out.</summary>
    /// <value>Null: the task is not a number.</value>
    public int? ZeroTruths { get; init; }

    public ConfusionData? Confusion { get; init; }
    public LineData? Roc { get; init; }
    public LineData? PrecisionRecall { get; init; }
    public LineData? CostCurve { get; init; }
    public CalibrationData? Calibration { get; init; }
    public ResidualData? Residuals { get; init; }
    public IReadOnlyList<ClassData> ByClass { get; init; } = [];
    public IReadOnlyList<TimeData> ByTime { get; init; } = [];
}

/// <param name="Differences">The model's figure less this one's, on the same resamples.</param>
sealed record ContestantData(string Name, ContestantKind Kind, int? Rows, IReadOnlyList<FigureData> Figures, IReadOnlyList<FigureData> Differences);

/// <summary>[truth][decided], by weight of rows.</summary>
sealed record ConfusionData(double? Threshold, double? GreyFrom, IReadOnlyList<string> Truths, IReadOnlyList<string> Decisions, IReadOnlyList<IReadOnlyList<double>> Cells);

sealed record LineData(string X, string Y, IReadOnlyList<double> Xs, IReadOnlyList<double> Ys, IReadOnlyList<double> Thresholds);

/// <param name="Slope">Of the truth on log odds, as its intercept; null where it is not defined.</param>
sealed record CalibrationData(double Ece, double Mce, double Reliability, double Resolution, double Uncertainty, double WithinBins, double? Slope, double? Intercept, IReadOnlyList<BinData> Bins);

sealed record BinData(double Above, double UpTo, double Weight, double Predicted, double Observed, double Low, double High);

/// <param name="Bins">Of about equally many rows, by prediction; of each, quantiles of truth − prediction.</param>
/// <param name="Edges">Of the counts of all residuals.</param>
sealed record ResidualData(IReadOnlyList<ResidualBin> Bins, IReadOnlyList<double> Edges, IReadOnlyList<int> Counts);

sealed record ResidualBin(double Predicted, int Rows, double Low, double Middle, double High);

sealed record ClassData(string Name, double Rows, double Precision, double Recall, double F1);

sealed record TimeData(string From, int Rows, double Loss, double Low, double High, double TruthMean, double PredictedMean);

// ── slices and importance ──

/// <param name="Loss">What <see cref="SliceData.Loss"/> is: <c>log_loss</c>, <c>absolute_error</c> or <c>pinball</c>.</param>
/// <param name="Tried">Slices that were large enough to be tested in the search.</param>
sealed record SlicesData(string Loss, int Smallest, IReadOnlyList<SliceData> Declared, int Tried, IReadOnlyList<SliceData> Found)
{
    /// <summary>[n + 1] edges of the bins that losses are counted in; the last bin also holds those beyond.</summary>
    public IReadOnlyList<double> LossEdges { get; init; } = [];

    /// <summary>Of all test rows.</summary>
    public ErrorsData? All { get; init; }
}

/// <param name="TooSmall">Fewer rows than can be judged: nothing but their count is said.</param>
/// <param name="Effect">Hedges' g of the loss against the rest; above 0 is worse.</param>
/// <param name="PAdjusted">Of being worse than the rest, adjusted over all slices that were tested (Benjamini and Hochberg).</param>
sealed record SliceData(string Name, int Rows, bool TooSmall, double? Loss, double? Low, double? High, double? Rest, double? Effect, double? PAdjusted, double? TruthMean, double? PredictedMean, double? CostPerDecision)
{
    /// <value>Null: too small to be judged.</value>
    public ErrorsData? Errors { get; init; }
}

/// <summary>How the losses of some rows lie.</summary>
/// <param name="Counts">[n] rows, by <see cref="SlicesData.LossEdges"/>.</param>
/// <param name="Worst">At most 20 rows, the largest loss first.</param>
sealed record ErrorsData(IReadOnlyList<int> Counts, IReadOnlyList<WorstRow> Worst);

/// <param name="Row">Its number in the data, from 0.</param>
/// <param name="Truth">A number, or the number of a class.</param>
/// <param name="Predicted">Null for many classes.</param>
sealed record WorstRow(int Row, double Truth, double? Predicted, double Loss);

/// <param name="Unused">Input columns that no explanation and no shuffle shows any effect of.</param>
/// <param name="Unstable">Columns whose shuffles do some harm, but not by more than chance.</param>
/// <param name="Part">Which rows columns were shuffled on: validation, or test where there are none.</param>
sealed record ImportanceData(string? ShapOf, IReadOnlyList<ShapData> Shap, string Part, string Loss, IReadOnlyList<PermutationData> Permutation, IReadOnlyList<string> Unused, IReadOnlyList<string> Unstable);

/// <param name="Mean">Mean size of what the column's features contribute to the margin together.</param>
sealed record ShapData(string Column, double Mean, double Share, IReadOnlyList<ShapFeature> Features);

/// <param name="Rising">Correlation of the feature's value with its contribution; null where either never changes.</param>
sealed record ShapFeature(string Name, double Mean, double? Rising);

/// <param name="Harm">How much the loss rises when the column is shuffled.</param>
sealed record PermutationData(string Column, double Harm, double Low, double High);
