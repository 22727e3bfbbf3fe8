using Kumiki.Onnx;
using Kumiki.Serving;

namespace Kumiki;

/// <summary>How a predictor is asked.</summary>
public sealed record Asking
{
    /// <summary>How long to wait for an answer.</summary>
    /// <value>Null: as long as it takes.</value>
    public TimeSpan? Timeout { get; init; }

    /// <summary>1 goes first, 3 last.</summary>
    /// <value>2.</value>
    public int Priority { get; init; } = 2;

    /// <summary>Equal rows of one session get one answer, whatever is released meanwhile.</summary>
    public string? Session { get; init; }

    /// <summary>The release that the session's first answer named, so that it goes on with that in any process; once it was rolled back, with the live
    /// one.</summary>
    /// <value>Null: the session begins here.</value>
    public int? SessionRelease { get; init; }

    /// <summary>The one and only release that is to answer: the live one, or one that was live and was not rolled back.</summary>
    /// <value>Null: the live one.</value>
    public int? Release { get; init; }

    /// <summary>The oldest release that will do.</summary>
    public int AtLeastRelease { get; init; }

    /// <summary>Whether texts that the model never saw are scored instead of refused.</summary>
    public bool ScoreUnknown { get; init; }

    /// <summary>[rows] what the predictions are called, for the log and their outcomes.</summary>
    /// <value>Null: they get names.</value>
    public IReadOnlyList<string>? Ids { get; init; }
}

/// <summary>What an endpoint answered to one row.</summary>
/// <param name="Value">The decision.</param>
/// <param name="Id">What the prediction is called.</param>
/// <param name="Score">The model's first score; null where no model was asked, or several were.</param>
/// <param name="Endpoint">The version that answered; its model and threshold follow, null where none was asked.</param>
/// <param name="Fallback">What answered in the model's place; null where nothing had to.</param>
public sealed record Answer<TOut>(TOut Value, string Id, double? Score, int Release, VersionName Endpoint, VersionName? Model, VersionName? Threshold, string? Fallback)
{
    /// <summary>The interval of a number, where the model gives one.</summary>
    public double? Lower { get; init; }
    public double? Upper { get; init; }

    /// <summary>What each of several models said; empty where one decided, or none.</summary>
    public IReadOnlyList<AnswerPart> Parts { get; init; } = [];

    /// <summary>Classes with their probabilities, where the endpoint lists them; empty otherwise.</summary>
    public IReadOnlyList<(string Class, double Probability)> Top { get; init; } = [];
}

/// <summary>What one of several models said to a row.</summary>
/// <param name="Text">Its answer as a text; null where it answers with a number.</param>
/// <param name="Score">Its first score.</param>
public sealed record AnswerPart(VersionName Model, VersionName? Threshold, string? Text, double? Number, double Score);

/// <summary>A released endpoint within this process: the release that is live, swapped while requests run, or one of before where
/// <see cref="Asking.Release"/> names it. Safe to use from many threads.</summary>
public sealed class Predictor<TIn, TOut>
{
    readonly OpenReleases releases;
    readonly string endpoint;
    readonly RowWriter<TIn> writer = new();

    internal Predictor(OpenReleases releases, string endpoint) => (this.releases, this.endpoint) = (releases, endpoint);

    /// <summary>The endpoint's version that answers now, as last seen; null before the first look or where none is released.</summary>
    public VersionName? Version => releases.Endpoints.Seen?.Endpoints.GetValueOrDefault(endpoint)?.Version;

    /// <summary>The release that answers now, as last seen; 0 before the first look.</summary>
    public int Release => releases.Endpoints.Seen?.Number ?? 0;

    /// <summary>Answers one row.</summary>
    /// <exception cref="KumikiException">The row is refused, the model failed and nothing stood in for it, or no such endpoint is released; the sentence says what to do.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public async ValueTask<Answer<TOut>> AskAsync(TIn row, Asking? how = null, CancellationToken stop = default) => (await AskAsync([row], how, stop))[0];

    /// <summary>Answers rows, all by one release; each gets what it would get alone.</summary>
    /// <inheritdoc cref="AskAsync(TIn, Asking?, CancellationToken)"/>
    public async ValueTask<IReadOnlyList<Answer<TOut>>> AskAsync(IReadOnlyList<TIn> rows, Asking? how = null, CancellationToken stop = default)
    {
        if (rows.Count == 0) return [];
        how ??= new();
        if (how.Ids is { } ids && ids.Count != rows.Count) throw new ArgumentException($"{ids.Count} ids for {rows.Count} rows.", nameof(how));
        ArgumentOutOfRangeException.ThrowIfLessThan(how.Priority, 1, nameof(how));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(how.Priority, InferenceRequest.Priorities, nameof(how));
        var wanted = new AskedRelease(how.Release, how.AtLeastRelease, how.SessionRelease);
        var release = await releases.Endpoints.ReleaseAsync(wanted, stop);
        var live = EndpointShelf.Find(release, endpoint);
        var json = writer.Write(rows, live.Schema);
        using var asked = EndpointRows.Read(live.Schema, json.Array!, json.Count, out _);
        var ask = new EndpointAsk
        {
            Timeout = how.Timeout,
            Priority = how.Priority,
            Session = how.Session,
            IsOfRelease = wanted.IsNamed,
            ScoreUnknown = how.ScoreUnknown,
            Ids = how.Ids,
        };
        var answer = await releases.Endpoints.AskAsync(release, live, asked, ask, stop);
        return [.. answer.Rows.Select(row => Of(answer, row))];
    }

    static Answer<TOut> Of(EndpointAnswer answer, Prediction row) => new(
        ValueOf(row.Decided), row.Id, row.Parts is null && row.Scores is { Length: > 0 } scores ? scores[0] : null, answer.Release.Number, answer.Endpoint.Version, row.Model,
        row.Threshold, row.Fallback)
    {
        Lower = row.Decided.Lower,
        Upper = row.Decided.Upper,
        Parts = [.. (row.Parts ?? []).Select(p => new AnswerPart(p.Model, p.Threshold, p.Decided.Answer, p.Decided.Number, p.Scores[0]))],
        Top = row.Decided.Top is { } top ? [.. top.Select(t => (t.Class, t.Probability))] : [],
    };

    static TOut ValueOf(Decided decided)
    {
        object? value = decided.Number is { } number ? number : decided.Answer;
        if (value is TOut same) return same;
        if (value is string text && typeof(TOut).IsEnum && Enum.TryParse(typeof(TOut), text, out var named)) return (TOut)named;
        throw new KumikiException(Message.Of("endpoint.answer-type", ("answer", value), ("type", typeof(TOut).Name)));
    }
}
