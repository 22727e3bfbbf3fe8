using Kumiki.Statistics;

namespace Kumiki.Testing;

/// <summary>What a contestant is.</summary>
enum ContestantKind
{
    /// <summary>The model that the report is about.</summary>
    Model,

    /// <summary>Decides by drawing lots.</summary>
    Random,

    /// <summary>The same answer for every row.</summary>
    ZeroRule,

    /// <summary>A rule the author declared.</summary>
    Rule,

    /// <summary>The version in production when the report was made.</summary>
    Existing,

    /// <summary>People deciding every row by hand.</summary>
    People,
}

/// <summary>One of those that answer for the same rows.</summary>
/// <param name="Reference">The place of the contestant it is compared with: the model, or the model on the rows that this one has an answer for.</param>
sealed record Contestant(string Name, ContestantKind Kind, int Reference = 0)
{
    /// <summary>Rows it has an answer for; null: all.</summary>
    public int? Rows { get; init; }

    /// <summary>What a model has to be better than to be worth having.</summary>
    public bool NeedsNoModel => Kind is not (ContestantKind.Model or ContestantKind.Existing);
}

/// <summary>A model and all it is compared with, measured on the same resamples of the same rows; a figure that one of them does not have is NaN.</summary>
abstract class Contest
{
    /// <summary>The model first.</summary>
    public abstract IReadOnlyList<Contestant> Contestants { get; }

    /// <summary>Their names.</summary>
    public abstract IReadOnlyList<string> Figures { get; }

    public abstract int Rows { get; }

    /// <summary>Measures all on rows of which each was drawn so many times. From several threads.</summary>
    /// <param name="counts">[rows]</param>
    /// <param name="into">[contestants × figures]</param>
    public abstract void Measure(ReadOnlySpan<byte> counts, Span<double> into);

    /// <summary>Resamples that take seconds, not minutes: 1,000 up to 200,000 rows, 200 from a million rows on.</summary>
    public static int ResamplesFor(int rows) => (int)Math.Clamp(200_000_000L / Math.Max(1, rows), 200, 1000);

    public ContestResult Run(BootstrapPlan plan, CancellationToken stop) =>
        new(this, Bootstrap.Run(Resampling.OfRows(Rows), Contestants.Count * Figures.Count, Measure, plan, stop));

    /// <summary>All figures of all contestants on all rows, without resamples.</summary>
    public double[] Once()
    {
        var (counts, found) = (new byte[Rows], new double[Contestants.Count * Figures.Count]);
        Array.Fill(counts, (byte)1);
        Measure(counts, found);
        return found;
    }

    /// <summary>Which way a figure is better; null: neither, such as a share.</summary>
    public static Better? BetterOf(string figure) => figure switch
    {
        "share_above" or "share_reviewed" or "bias" or "coverage" => null,
        "cost_per_decision" or "mae" or "rmse" or "wape" or "mape" or "smape" or "pinball" or "log_loss" or "brier" or "width" or "winkler" => Better.Lower,
        _ => Better.Higher,
    };
}

/// <summary>A figure with its interval.</summary>
/// <param name="Value">NaN where these rows do not define it.</param>
/// <param name="Interval">Null where too few resamples define it.</param>
readonly record struct Measured(double Value, Interval? Interval);

/// <summary>What came of a contest.</summary>
sealed class ContestResult(Contest contest, BootstrapDraws[] draws)
{
    public Contest Contest => contest;

    public Measured Of(int contestant, string figure, double level = 0.95) => Said(Draws(contestant, figure), level);

    /// <summary>The figure of the contestant's reference (the model) less that of the contestant, resample by resample.</summary>
    public Measured Difference(int contestant, string figure, double level = 0.95) => Said(Draws(contest.Contestants[contestant].Reference, figure).Minus(Draws(contestant, figure)), level);

    BootstrapDraws Draws(int contestant, string figure) => draws[contestant * contest.Figures.Count + contest.Figures.ToList().IndexOf(figure)];

    static Measured Said(BootstrapDraws draws, double level)
    {
        if (double.IsNaN(draws.Estimate)) return new(double.NaN, null);
        try
        {
            return new(draws.Estimate, draws.BiasCorrected(level));
        }
        catch (UndefinedFigureException)
        {
            return new(draws.Estimate, null);       // a gap in the report: fewer than half of the resamples define it
        }
    }
}
