using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kumiki;

/// <summary>One version of one asset, written as people say it: <c>demand-model@7</c>.</summary>
/// <param name="Asset">The asset's name: slugs <c>[a-z0-9-]</c>, a family member as <c>family.key</c>.</param>
/// <param name="Number">1 for the first version, rising by one.</param>
[JsonConverter(typeof(Json))]
public readonly record struct VersionName(string Asset, int Number) : IParsable<VersionName>, IComparable<VersionName>
{
    public override string ToString() => $"{Asset}@{Number}";

    public static VersionName Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var name) ? name : throw new FormatException($"'{s}' is not a version; write it as demand-model@7.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out VersionName result)
    {
        result = default;
        if (s is null) return false;
        var at = s.LastIndexOf('@');
        if (at < 1 || !AssetName.IsValid(s.AsSpan(0, at)) || !int.TryParse(s.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1) return false;
        result = new(s[..at], number);
        return true;
    }

    public int CompareTo(VersionName other) =>
        string.CompareOrdinal(Asset, other.Asset) is var byName and not 0 ? byName : Number.CompareTo(other.Number);

    public static bool operator <(VersionName left, VersionName right) => left.CompareTo(right) < 0;
    public static bool operator >(VersionName left, VersionName right) => left.CompareTo(right) > 0;
    public static bool operator <=(VersionName left, VersionName right) => left.CompareTo(right) <= 0;
    public static bool operator >=(VersionName left, VersionName right) => left.CompareTo(right) >= 0;

    /// <summary>Written as <c>name@7</c>; public so that source-generated contexts of other assemblies can use it.</summary>
    public sealed class Json : JsonConverter<VersionName>
    {
        public override VersionName Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString() ?? "");
        public override void Write(Utf8JsonWriter writer, VersionName value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
