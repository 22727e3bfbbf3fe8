using System.Text.Json.Serialization;

namespace Kumiki;

/// <summary>What an asset is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AssetKind>))]
public enum AssetKind { Goal, Dataset, Labels, Features, Model, Threshold, SearchIndex, Endpoint, Predictions, Report, Other }

/// <summary>How an asset depends on an input; the release rule reads it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EdgeKind>))]
public enum EdgeKind
{
    /// <summary>Provenance: made from it. Need not be current, but models that share a source must share its version.</summary>
    Source,

    /// <summary>Cut for it: production must hold exactly that version.</summary>
    Fit,

    /// <summary>Only scored: exempt from the rule of shared sources.</summary>
    Scored,
}
