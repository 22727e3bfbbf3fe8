using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kumiki;

/// <summary>A SHA-256 digest, written as 64 lower-case hexadecimal digits.</summary>
[JsonConverter(typeof(Json))]
public readonly record struct Digest : IParsable<Digest>, IComparable<Digest>
{
    readonly string? hex;

    Digest(string hex) => this.hex = hex;

    /// <summary>64 lower-case hexadecimal digits; all zero for <c>default</c>.</summary>
    public string Hex => hex ?? Zero;

    static readonly string Zero = new('0', 64);

    /// <summary>The digest of a text's UTF-8 bytes.</summary>
    public static Digest Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    public static Digest Of(ReadOnlySpan<byte> bytes) => FromHash(SHA256.HashData(bytes));

    /// <summary>From the 32 bytes of a finished hash.</summary>
    public static Digest FromHash(ReadOnlySpan<byte> hash) =>
        hash.Length == 32 ? new(Convert.ToHexStringLower(hash)) : throw new ArgumentException($"A SHA-256 hash has 32 bytes, not {hash.Length}.", nameof(hash));

    /// <summary>The digest of several texts in order; each is preceded by its length, so that no two lists share a digest by joining.</summary>
    public static Digest OfParts(params IEnumerable<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }
        return FromHash(hash.GetHashAndReset());
    }

    /// <summary>The first 12 digits, for people.</summary>
    public string Short => Hex[..12];

    public override string ToString() => Hex;

    public int CompareTo(Digest other) => string.CompareOrdinal(Hex, other.Hex);

    public bool Equals(Digest other) => Hex == other.Hex;

    public override int GetHashCode() => Hex.GetHashCode(StringComparison.Ordinal);

    public static Digest Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var digest) ? digest : throw new FormatException($"'{s}' is not a SHA-256 digest: 64 hexadecimal digits.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Digest result)
    {
        result = default;
        if (s is not { Length: 64 }) return false;
        foreach (var c in s)
            if (!char.IsAsciiHexDigitLower(c)) return false;
        result = new(s);
        return true;
    }

    public static bool operator <(Digest left, Digest right) => left.CompareTo(right) < 0;
    public static bool operator >(Digest left, Digest right) => left.CompareTo(right) > 0;
    public static bool operator <=(Digest left, Digest right) => left.CompareTo(right) <= 0;
    public static bool operator >=(Digest left, Digest right) => left.CompareTo(right) >= 0;

    /// <summary>Written as its digits; public so that source-generated contexts of other assemblies can use it.</summary>
    public sealed class Json : JsonConverter<Digest>
    {
        public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString() ?? "");
        public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) => writer.WriteStringValue(value.Hex);
        public override Digest ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString() ?? "");
        public override void WriteAsPropertyName(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) => writer.WritePropertyName(value.Hex);
    }
}
