using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kumiki.Analyzing;

/// <summary>What a column holds, for analysis.</summary>
enum ValueKind { Number, Truth, Category, Text, Date }

/// <summary>The report as data: <c>report.json</c>, docs/formats/analysis-report.md. It has no language; the same rows give the same bytes.</summary>
sealed record AnalysisReport
{
    public const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;

    /// <summary>The asset whose rows they are.</summary>
    public required string Dataset { get; init; }
    public required long Rows { get; init; }

    /// <summary>Whether all figures are of all rows.</summary>
    public required bool Exact { get; init; }

    /// <summary>Rows drawn for what is not of all rows; all rows where <see cref="Exact"/>.</summary>
    public required long SampleRows { get; init; }

    /// <summary>Rows that repeat an earlier one in every column.</summary>
    public required long DuplicateRows { get; init; }
    public required IReadOnlyList<ColumnReport> Columns { get; init; }

    /// <summary>Groups of columns that hold the same in every row.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> Copies { get; init; }
    public required RelationsReport Relations { get; init; }
    public TargetReport? Target { get; init; }
    public CoverageReport? Coverage { get; init; }
    public required IReadOnlyList<ExpectationFound> Expectations { get; init; }

    /// <summary>What to look at, the weightiest first.</summary>
    public required IReadOnlyList<AnalysisFinding> Findings { get; init; }

    public ColumnReport Column(string name) => Columns.First(c => c.Name == name);

    /// <summary>Significant digits of every number in the JSON: sums are exact or in a fixed order, and no machine differs before the 12th digit.</summary>
    const int Digits = 12;

    static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.Create(System.Text.Unicode.UnicodeRanges.All),
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new Rounded() },
    };

    public byte[] ToJson() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Form), (byte)'\n'];

    public static AnalysisReport FromJson(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<AnalysisReport>(json, Form)!;

    sealed class Rounded : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value)) writer.WriteNumberValue(double.Parse(value.ToString("G" + Digits, System.Globalization.CultureInfo.InvariantCulture),
                System.Globalization.CultureInfo.InvariantCulture));
            else writer.WriteNullValue();
        }
    }
}

/// <summary>One column.</summary>
sealed record ColumnReport
{
    public required string Name { get; init; }

    /// <summary>The record's type, as C# writes it.</summary>
    public required string Type { get; init; }
    public required ValueKind Kind { get; init; }

    /// <summary>Its values are not to be shown, and are left out.</summary>
    public bool Hidden { get; init; }
    public required long Missing { get; init; }
    public required double MissingShare { get; init; }
    public required DistinctCount Distinct { get; init; }
    public NumberReport? Number { get; init; }
    public TextReport? Text { get; init; }
    public DateReport? Date { get; init; }

    /// <summary>The most frequent values, by rows, then by value.</summary>
    public IReadOnlyList<TopValue> Top { get; init; } = [];

    [JsonIgnore]
    public bool IsConstant => Distinct is { Exact: true, Count: 1 };
}

/// <param name="Exact">False: estimated from the values whose hash falls into one of equal parts; <paramref name="Error"/> is its relative standard
/// error.</param>
sealed record DistinctCount(long Count, bool Exact, double? Error = null);

/// <summary>A value and the rows that have it, which are counted exactly.</summary>
/// <param name="Value">As text, invariant; of a text its first 200 characters.</param>
/// <param name="Share">Of the rows that have a value.</param>
sealed record TopValue(string Value, long Rows, double Share);

/// <summary>Finite numbers of a column; times are no numbers.</summary>
sealed record NumberReport
{
    public required double Min { get; init; }
    public required double Max { get; init; }
    public required double Mean { get; init; }

    /// <summary>Of a sample: the sum of squares by n − 1. Null for one value.</summary>
    public double? Std { get; init; }
    public required Quantiles Quantiles { get; init; }
    public required long Zeros { get; init; }
    public required long Negatives { get; init; }
    public required long Infinite { get; init; }
    public required long NotANumber { get; init; }
    public required Histogram Histogram { get; init; }

    /// <summary>Bins of equal ratios, for values above 0; only where they show more.</summary>
    public Histogram? LogHistogram { get; init; }
}

/// <summary>Values below which a share of the rows lies, straight between neighbours (Hyndman and Fan 1996, type 7).</summary>
/// <param name="Exact">False: of the sample; the rank of each is off by at most about 0.1 % of the rows (95 %).</param>
sealed record Quantiles(double P1, double P5, double P25, double P50, double P75, double P95, double P99, bool Exact);

/// <param name="Edges">[n + 1]; the last bin has both its ends.</param>
/// <param name="Counts">[n] rows.</param>
sealed record Histogram(IReadOnlyList<double> Edges, IReadOnlyList<long> Counts);

/// <summary>Lengths of texts in characters.</summary>
sealed record TextReport(long MinLength, double MeanLength, long MaxLength, long Empty);

/// <summary>Days of a date or time column.</summary>
/// <param name="Days">Distinct days.</param>
/// <param name="Usual">The most days from one to the next for 95 % of them.</param>
/// <param name="Gaps">Longer stretches without a row, the longest 20, in order.</param>
/// <param name="GapCount">All of them.</param>
sealed record DateReport(DateOnly Min, DateOnly Max, long Days, int Usual, IReadOnlyList<Gap> Gaps, int GapCount, Periods Histogram);

/// <param name="After">The last day before it.</param>
/// <param name="Before">The first day after it.</param>
/// <param name="Days">Days between without a row.</param>
sealed record Gap(DateOnly After, DateOnly Before, int Days);

/// <param name="Unit">day, week (from Monday), month, year.</param>
/// <param name="From">The first day of each, without holes.</param>
/// <param name="Rows">Rows of each.</param>
sealed record Periods(string Unit, IReadOnlyList<DateOnly> From, IReadOnlyList<long> Rows);

/// <summary>How columns go together.</summary>
/// <param name="Columns">The columns looked at.</param>
/// <param name="LeftOut">Columns that could have been, beyond the bound.</param>
/// <param name="Rows">Rows looked at.</param>
sealed record RelationsReport(IReadOnlyList<string> Columns, IReadOnlyList<string> LeftOut, long Rows, bool Exact, IReadOnlyList<Relation> Pairs)
{
    public static RelationsReport None { get; } = new([], [], 0, true, []);
}

/// <summary>How two columns go together.</summary>
enum RelationMeasure { Pearson, CramersV, CorrelationRatio }

/// <param name="Value">Pearson's correlation in [-1, 1], Cramér's V or the correlation ratio in [0, 1].</param>
/// <param name="Spearman">For two numbers, the correlation of ranks.</param>
/// <param name="Rows">Rows in which both have a value.</param>
sealed record Relation(string A, string B, RelationMeasure Measure, double Value, double? Spearman, long Rows);

/// <summary>What the column to predict asks for.</summary>
enum TargetTask { Binary, Classes, Number, None }

/// <summary>The column to predict.</summary>
/// <param name="Classes">Its values, where it has at most 50.</param>
/// <param name="Positive">Of two classes, the one that scores are about.</param>
/// <param name="Columns">What each column alone tells of it, the strongest first.</param>
sealed record TargetReport(string Column, TargetTask Task, long Missing, IReadOnlyList<TopValue> Classes, string? Positive,
    IReadOnlyList<TargetRelation> Columns, IReadOnlyList<TargetProfile> Profiles, IReadOnlyList<LeakSuspect> Leaks);

/// <summary>How well one column alone tells the target: by the area under the ROC curve (0.5 … 1), the share of variance (0 … 1), or Cramér's V (0 …
/// 1).</summary>
enum TargetMeasure { RocAuc, RSquared, CramersV }

sealed record TargetRelation(string Column, TargetMeasure Measure, double Value);

/// <summary>The target along one column.</summary>
/// <param name="Measure">mean, or share of the positive class.</param>
sealed record TargetProfile(string Column, string Measure, IReadOnlyList<ProfilePoint> Points);

/// <param name="Label">A category; null for a range of numbers.</param>
/// <param name="Low">The lower end of a 95 % interval.</param>
/// <param name="High">The upper end of a 95 % interval.</param>
sealed record ProfilePoint(string? Label, double? From, double? To, long Rows, double Value, double Low, double High);

/// <summary>Why a column may give the target away.</summary>
enum LeakReason { Copy, Predicts, Missing, Identifier }

/// <param name="Value">The measure that made it suspect, where there is one.</param>
sealed record LeakSuspect(string Column, LeakReason Reason, double? Value);

/// <summary>Rows by day, week and month of the time column, those without rows too; null where there would be more than 4,000 of them.</summary>
sealed record CoverageReport(string Column, DateReport Dates, Periods? Day, Periods? Week, Periods? Month);

sealed record ExpectationFound(string Name, bool Held, Message Says);

/// <summary>Something to look at.</summary>
/// <param name="Weight">From 0 to 100; findings come by it.</param>
/// <param name="Column">The column it is about; null for the table.</param>
sealed record AnalysisFinding(int Weight, string? Column, Message Says);
