using Kumiki.Onnx;

namespace Kumiki.Serving;

/// <summary>How an endpoint is asked.</summary>
sealed record EndpointAsk
{
    public static EndpointAsk Plain { get; } = new();

    /// <summary>How long the caller waits; null: as long as it takes.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>1 goes first; 2 is what most are.</summary>
    public int Priority { get; init; } = 2;

    /// <summary>Rows of one session that are equal get one answer, whatever is released meanwhile.</summary>
    public string? Session { get; init; }

    /// <summary>Whether the caller named the release, so that a session's answers by another one are not its answers.</summary>
    public bool IsOfRelease { get; init; }

    /// <summary>[rows] what the caller calls its predictions; null: they get names.</summary>
    public IReadOnlyList<string>? Ids { get; init; }

    /// <summary>Whether texts that the model never saw are scored instead of refused.</summary>
    public bool ScoreUnknown { get; init; }
}

/// <summary>The answers to the rows of one request, all by one release.</summary>
/// <param name="Took">From the whole request to the whole answer.</param>
/// <param name="Queued">Of that, waiting for the engine; <paramref name="Ran"/>: in it.</param>
sealed record EndpointAnswer(LiveRelease Release, LiveEndpoint Endpoint, Prediction[] Rows, TimeSpan Took, TimeSpan Queued, TimeSpan Ran);

/// <summary>The answer to one row.</summary>
struct Prediction
{
    /// <summary>What the prediction is called, in the log and where its outcome is told.</summary>
    public string Id { get; set; }

    public Decided Decided { get; set; }

    /// <summary>[outputs] the model's scores, or those of all that decided together; null where no model was asked.</summary>
    public float[]? Scores { get; set; }

    /// <summary>What its scores are; null where no model was asked.</summary>
    public ModelOutputs? Outputs { get; set; }

    /// <summary>The model that was asked; null where none was, or several were.</summary>
    public VersionName? Model { get; set; }
    public VersionName? Threshold { get; set; }

    /// <summary>[parts] what each of several models said; null where one decided, or none.</summary>
    public PredictedPart[]? Parts { get; set; }

    /// <summary>The decision that several models came to; null where one decided, or none.</summary>
    public LiveDecision? Together { get; set; }

    /// <summary>What answered in the model's place; null where nothing had to.</summary>
    public string? Fallback { get; set; }

    /// <summary>Whether the session was answered this before.</summary>
    public bool Remembered { get; set; }

    /// <summary>Whether there is an answer yet.</summary>
    public bool IsThere { get; set; }
}

/// <summary>What one of several models said to a row.</summary>
/// <param name="Scores">[outputs]</param>
sealed record PredictedPart(VersionName Model, VersionName? Threshold, Decided Decided, float[] Scores, ModelOutputs Outputs);
