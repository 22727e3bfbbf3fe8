using System.Diagnostics;

namespace Kumiki.Serving;

/// <summary>The spans of a request on its way to the engine and back. Where nobody listens, none is made.</summary>
/// <remarks>
/// <code>
/// infer ─┬─ load      only where the model was not in memory
///        ├─ decode    the body into typed memory
///        ├─ queue     until a run takes it
///        ├─ run       the engine; of requests that were run as one, each has its own, linked with the others'
///        └─ encode    the engine's memory into the answer
/// </code>
/// </remarks>
static class ServingTrace
{
    /// <summary>The name that a collector asks for.</summary>
    public const string Name = "Kumiki.Serving";

    public static ActivitySource Source { get; } = new(Name);

    /// <summary>The span under way that the steps of a request belong to; null where none is written.</summary>
    public static Activity? Current => Source.HasListeners() && Activity.Current is { Recorded: true } now && ReferenceEquals(now.Source, Source) ? now : null;
}
