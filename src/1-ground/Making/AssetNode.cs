using System.Globalization;
using System.Reflection;

namespace Kumiki.Making;

/// <summary>One asset in the graph of a project.</summary>
public sealed class AssetNode
{
    IReadOnlyList<AssetParameter> parameters = [];

    public required string Name { get; init; }
    public required Type Type { get; init; }
    public required IReadOnlyList<NodeInput> Inputs { get; init; }
    public required IReadOnlyList<AssetParameter> Parameters { get => parameters; init => parameters = value; }
    public string? Family { get; init; }
    public string? RawKey { get; init; }

    /// <summary>The message of <c>[Obsolete]</c> on its class.</summary>
    public string? Obsolete { get; init; }

    /// <summary>Null while the graph has findings that keep it from being built.</summary>
    public Asset? Instance { get; internal set; }

    /// <summary>What its class was constructed with.</summary>
    internal object[] Arguments { get; set; } = [];

    public AssetKind Kind => Instance?.Kind ?? AssetKind.Other;

    /// <summary>Whether its versions are brought in from elsewhere and none is made here.</summary>
    public bool IsBroughtIn => Instance?.IsBroughtIn ?? false;

    /// <summary>The instances it asks for, in the order of <see cref="Inputs"/>.</summary>
    public IEnumerable<Asset> InputAssets { get; internal init; } = [];

    /// <summary>What was set from outside for what it depends on, near or far, as <c>asset.parameter</c> and value: it can ask those instances for it.</summary>
    public IReadOnlyList<(string Parameter, string Value)> SetUpstream { get; internal init; } = [];

    /// <summary>The same, and what was set for itself: what those that use it can ask for.</summary>
    internal IEnumerable<(string Parameter, string Value)> SetHere => SetUpstream.Concat(Parameters.Where(p => p.IsSet).Select(p => ($"{Name}.{p.Name}", p.Value)));

    /// <summary>The columns whose values are the keys of families.</summary>
    public IReadOnlyList<string> KeyColumns { get; internal init; } = [];

    /// <summary>The same place in the graph with other parameters, its instance not built yet.</summary>
    internal AssetNode With(IReadOnlyList<AssetParameter> other)
    {
        var copy = (AssetNode)MemberwiseClone();
        (copy.parameters, copy.Instance) = (other, null);
        return copy;
    }

    public override string ToString() => Name;
}

/// <summary>An edge of the graph, from a node to what it asks for.</summary>
public sealed record NodeInput(string Asset, EdgeKind Edge);

/// <summary>A parameter of an asset, with the value it has in this graph.</summary>
public sealed record AssetParameter(string Name, PropertyInfo Property, double Min, double Max)
{
    /// <summary>The value, written in the invariant culture; what a run records.</summary>
    public string Value { get; internal set; } = "";

    /// <summary>Whether its values are searched by their orders of magnitude.</summary>
    public bool Log { get; init; }

    /// <summary>Whether a setting overrode the default.</summary>
    public bool IsSet { get; internal set; }

    internal static string Write(object? value) => value switch
    {
        double d => d.ToString("R", CultureInfo.InvariantCulture),
        bool b => b ? "true" : "false",
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => value?.ToString() ?? "",
    };

    /// <summary>Reads a setting's text as the property's type.</summary>
    /// <returns>Null when it cannot be read.</returns>
    internal object? Read(string text)
    {
        var type = Property.PropertyType;
        var invariant = CultureInfo.InvariantCulture;
        if (type == typeof(string)) return text;
        if (type == typeof(int)) return int.TryParse(text, NumberStyles.Integer, invariant, out var i) ? i : null;
        if (type == typeof(long)) return long.TryParse(text, NumberStyles.Integer, invariant, out var l) ? l : null;
        if (type == typeof(double)) return double.TryParse(text, NumberStyles.Float, invariant, out var d) && double.IsFinite(d) ? d : null;
        if (type == typeof(decimal)) return decimal.TryParse(text, NumberStyles.Number, invariant, out var m) ? m : null;
        if (type == typeof(bool)) return bool.TryParse(text, out var b) ? b : null;
        return type.IsEnum && Enum.TryParse(type, text, ignoreCase: true, out var e) && Enum.IsDefined(type, e) ? e : null;
    }

    internal bool InRange(object value) =>
        value is string or bool or Enum || Convert.ToDouble(value, CultureInfo.InvariantCulture) is var number && number >= Min && number <= Max;

    /// <summary>A text as a value of this parameter is recorded.</summary>
    /// <returns>Null when it cannot be read as one, in range or not.</returns>
    public string? Written(string text) => Read(text) is { } value ? Write(value) : null;

    /// <summary>Whether a text can be read as a value, and is in range.</summary>
    public bool Takes(string text) => Read(text) is { } value && InRange(value);

    /// <summary>What it takes, such as <c>int 1 … 5000</c>.</summary>
    public string Kind => Property.PropertyType.IsEnum ? string.Join(" | ", Enum.GetNames(Property.PropertyType))
        : double.IsFinite(Min) || double.IsFinite(Max) ? $"{TypeName} {Min.ToString(CultureInfo.InvariantCulture)} … {Max.ToString(CultureInfo.InvariantCulture)}"
        : TypeName;

    /// <summary>The type as C# writes it.</summary>
    string TypeName => Type.GetTypeCode(Property.PropertyType) switch
    {
        TypeCode.Int32 => "int",
        TypeCode.Int64 => "long",
        TypeCode.Boolean => "bool",
        _ => Property.PropertyType.Name.ToLowerInvariant(),
    };
}

/// <summary>A parameter set from outside.</summary>
/// <param name="Asset">The asset, or null for the one that is made.</param>
public sealed record ParameterSetting(string? Asset, string Name, string Value);
