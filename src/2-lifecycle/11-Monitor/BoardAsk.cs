namespace Kumiki.Monitoring;

/// <summary>How long the periods are that actual rows are summed over.</summary>
enum BoardGrain { Day, Week, Month }

/// <summary>What of a board is asked for.</summary>
/// <param name="Keys">By name of a key the values wanted; a key that is not named takes all.</param>
/// <param name="From">The first day, or the first week by its Monday.</param>
/// <param name="To">The last day, or the last week by its Monday.</param>
/// <param name="Ahead">How many weeks ahead the forecasts were made; null: any.</param>
sealed record BoardFilter(IReadOnlyDictionary<string, IReadOnlyList<string>> Keys, DateOnly? From = null, DateOnly? To = null, int? Ahead = null)
{
    public static BoardFilter All { get; } = new(new Dictionary<string, IReadOnlyList<string>>());
}

/// <summary>A page of a table: how it is sorted, and which rows.</summary>
/// <param name="By">A name of a column of the answer.</param>
/// <param name="Limit">Null: all of them.</param>
readonly record struct BoardPage(string By, bool Down, long Offset = 0, int? Limit = 100);

/// <summary>Sums over periods.</summary>
/// <param name="Name">The key's value, where they are split by a key; null: all, or the rest beside the largest.</param>
/// <param name="Whole">False: the actual rows begin or end within the period.</param>
readonly record struct BoardPoint(DateOnly From, string? Name, double Value, bool Whole);

/// <summary>Forecasts of a week, summed over what was asked for.</summary>
/// <param name="Series">How many series they are of; an interval is that of a single one, for the ends of intervals do not add up.</param>
/// <param name="Actual">Null: the week is not over, or its rows are not there.</param>
readonly record struct BoardForecast(DateOnly Week, double Prediction, double? Lower, double? Upper, double? Actual, long Series);

/// <summary>Errors of forecasts: one row of a series and week, or many together.</summary>
/// <param name="Names">The values of the keys or week they are grouped by.</param>
/// <param name="Error">Prediction less actual, a mean over the rows: above 0, too much was forecast.</param>
/// <param name="Mae">Mean absolute error.</param>
/// <param name="Wape">Σ|error| / Σ|actual|; null where nothing happened.</param>
/// <param name="Inside">The share of rows whose interval holds what happened; null without intervals.</param>
/// <param name="Baseline">Mean absolute error of what people would say without a model, on the rows that have it.</param>
sealed record BoardError(
    IReadOnlyList<string> Names, long Rows, double Actual, double Prediction, double? Lower, double? Upper, double Error, double Mae, double Rmse,
        double? Wape, double? Inside, double? Baseline, int? Ahead, DateOnly? KnownUntil);

/// <summary>A forecast of the newest day beside that of the day before.</summary>
sealed record BoardChange(IReadOnlyList<string> Names, DateOnly Week, double Before, double Now, double Change, double? Share);

/// <summary>What has changed since the forecasts before.</summary>
/// <param name="Now">What the newest forecasts knew; null: they do not say.</param>
/// <param name="BeforeVersion">The version that holds the forecasts before; null: there are none.</param>
sealed record BoardChanges(DateOnly? Now, DateOnly? Before, VersionName? BeforeVersion, long Total, double BeforeSum, double NowSum,
    IReadOnlyList<BoardChange> Rows);

/// <param name="Rows">Of the page.</param>
sealed record BoardErrors(long Total, IReadOnlyList<BoardError> Rows);

/// <summary>What there is to show.</summary>
/// <param name="From">The first day of the actual rows; null: there are none.</param>
/// <param name="Aheads">Rising; empty where the forecasts do not say.</param>
/// <param name="FirstWeek">The first week that was forecast and is over.</param>
sealed record BoardSpan(DateOnly? From, DateOnly? To, long Rows, IReadOnlyList<int> Aheads, DateOnly? FirstWeek, DateOnly? LastWeek, bool HasInterval,
    bool HasBaseline);
