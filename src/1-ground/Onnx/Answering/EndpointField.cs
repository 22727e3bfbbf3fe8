using System.Text.Json.Serialization;

namespace Kumiki.Onnx;

/// <summary>What a field of an asked row holds, and how JSON writes it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FieldKind>))]
public enum FieldKind
{
    /// <summary>A number, read as double.</summary>
    Number,

    /// <summary>A number, read as float.</summary>
    Single,

    /// <summary>A number, read as decimal.</summary>
    Decimal,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>true or false.</summary>
    Flag,

    /// <summary>A text of the form 2026-12-31.</summary>
    Date,

    Text,

    /// <summary>One of <see cref="EndpointField.Choices"/>.</summary>
    Choice,

    /// <summary>An encoded picture, JPEG, PNG or WebP: in JSON a text in base64.</summary>
    Picture,

    /// <summary>Anything: no model reads it, it is only written down.</summary>
    Any,
}

/// <summary>One field of the rows that an endpoint is asked with.</summary>
public sealed record EndpointField
{
    /// <summary>The column's name, snake_case.</summary>
    public required string Name { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required FieldKind Kind { get; init; }

    /// <summary>Whether it may be null or left out.</summary>
    public bool Optional { get; init; }

    /// <summary>Whether a model of the endpoint or a rule reads it.</summary>
    public bool IsRead { get; init; }

    /// <summary>Whether it tells of a person; then it is shown and written down nowhere.</summary>
    public bool Personal { get; init; }

    /// <summary>The smallest value allowed; of a date, days since 1970-01-01. Null: none.</summary>
    public double? Min { get; init; }

    /// <inheritdoc cref="Min"/>
    public double? Max { get; init; }

    /// <summary>Whether <see cref="Min"/> itself is not allowed.</summary>
    public bool MinExcluded { get; init; }
    public bool MaxExcluded { get; init; }

    /// <summary>The texts of a choice.</summary>
    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>Texts that the model knows, to choose from; another is refused unless whoever asks wants it scored. Null: not told, or too many.</summary>
    public IReadOnlyList<string>? Known { get; init; }

    [JsonIgnore]
    public bool IsNumeric => Kind <= FieldKind.Date;

    public bool IsInRange(double value) =>
        (Min is not { } min || (MinExcluded ? value > min : value >= min)) && (Max is not { } max || (MaxExcluded ? value < max : value <= max));
}
