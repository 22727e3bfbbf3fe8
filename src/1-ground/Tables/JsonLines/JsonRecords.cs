using System.Text;
using System.Text.Json;

namespace Kumiki.Tables;

/// <summary>Reads JSON lines.</summary>
/// <remarks>
/// Most lines are flat, good and without escapes: they are read in one go (JsonRecords.Plain.cs). For every other line: 1 walk its tokens, descending where a
/// name leads to nested columns, 2 write each value into the row as it stands in the text, so that 64-bit integers and decimals stay exact, or note its fault, 3 at the end note the columns that never came. A line that is not one whole object is set aside as it is.
/// </remarks>
sealed partial class JsonRecords(JsonLinesSource source, JsonPaths paths, RowSchema schema, CancellationToken cancellation)
    : TextRecords(schema, null, cancellation)
{
    /// <summary>The most of a broken line that is kept.</summary>
    const int MostShown = 10_000;

    static readonly JsonReaderOptions Strict = new() { MaxDepth = 64 };

    readonly JsonPaths.Lookup names = new(paths);
    readonly bool[] met = new bool[schema.Columns.Count];
    readonly SortedSet<string> ignored = new(StringComparer.Ordinal);
    byte[] unescaped = new byte[256];

    internal override IReadOnlyCollection<string> Ignored => ignored;

    protected override bool Record(ReadOnlySpan<byte> text, int row)
    {
        var (start, line) = (At, Line);
        var newline = text[start..].IndexOf((byte)'\n');
        At = newline < 0 ? text.Length : start + newline + 1;
        if (newline >= 0) Line++;
        var record = text[start..(newline < 0 ? text.Length : start + newline)];
        if (record.IndexOfAnyExcept(" \t\r"u8) < 0) return false;

        Array.Clear(met);
        if (Plain(record, row)) return Keep(record, line, row);
        Forget();
        Array.Clear(met);
        var reader = new Utf8JsonReader(record, Strict);
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                Aside(record, line, null, null, Message.Of("tables.reject-json-object", ("found", Kind(reader.TokenType))));
                return false;
            }
            Object(ref reader, record, names, row);
            reader.Read();      // throws when something stands behind the object
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            var reason = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal) is > 0 and var end ? e.Message[..end].TrimEnd('.', ' ') : e.Message;
            var place = (e as JsonException)?.BytePositionInLine ?? reader.BytesConsumed;
            Aside(record, line, null, null, Message.Of("tables.reject-json", ("byte", place + 1), ("reason", reason)));
            return false;
        }
        for (var column = 0; column < met.Length; column++)
            if (!met[column]) Missing(column, null);
        return Keep(record, line, row);
    }

    void Object(ref Utf8JsonReader reader, ReadOnlySpan<byte> record, JsonPaths.Lookup level, int row)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var place = level.Find(reader.ValueIsEscaped ? Unescaped(ref reader) : reader.ValueSpan);
            if (place < 0)
            {
                if (place == JsonPaths.Lookup.New) Ignore(reader.ValueSpan);
                reader.Read();
                reader.Skip();
                continue;
            }
            reader.Read();
            if (level.Level(place) is { } below)
            {
                if (reader.TokenType == JsonTokenType.StartObject)
                {
                    Object(ref reader, record, below, row);
                    continue;
                }
                if (level.Column(place) < 0)
                {
                    Below(ref reader, record, below);
                    continue;
                }
            }
            Value(ref reader, record, level.Column(place), row);
        }
    }

    void Ignore(ReadOnlySpan<byte> name)
    {
        if (ignored.Count <= MostIgnored) ignored.Add(Encoding.UTF8.GetString(name));
    }

    // Where an object should stand is something else: all its columns are missing, or at fault.
    void Below(ref Utf8JsonReader reader, ReadOnlySpan<byte> record, JsonPaths.Lookup below)
    {
        var isNull = reader.TokenType == JsonTokenType.Null;
        var fault = FaultOf(reader.TokenType);
        var value = isNull ? "null" : Raw(ref reader, record);
        foreach (var column in below.Columns())
        {
            if (met[column]) Fault(column, FieldFault.Twice, value);
            else if (isNull) Missing(column, value);
            else Fault(column, fault, value);
            met[column] = true;
        }
    }

    void Value(ref Utf8JsonReader reader, ReadOnlySpan<byte> record, int column, int row)
    {
        if (met[column])
        {
            Fault(column, FieldFault.Twice, Raw(ref reader, record));
            return;
        }
        met[column] = true;
        var schema = Schema.Columns[column];
        var parser = Parsers[column];
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                Missing(column, "null");
                return;
            case JsonTokenType.String:
                if (!source.LooseTypes && (schema.IsNumber || schema.Kind is ColumnKind.Bool or ColumnKind.Vector))
                    Fault(column, FieldFault.IsText, Raw(ref reader, record));
                else
                    Text(ref reader, column, parser, row);
                return;
            case JsonTokenType.Number when schema.IsNumber:
            case JsonTokenType.True or JsonTokenType.False when schema.Kind == ColumnKind.Bool:
                Parsed(column, parser.Parse(reader.ValueSpan, row), reader.ValueSpan);
                return;
            case JsonTokenType.StartArray when schema.Kind == ColumnKind.Vector:
                var array = Span(ref reader, record);
                Parsed(column, parser.Parse(array, row), array);
                return;
            case var token:
                var raw = Span(ref reader, record);
                // What is no text is one where the author says so: an identifier written as a number, a part of the object kept as JSON.
                if (source.LooseTypes && (schema.Kind == ColumnKind.String || token is JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False))
                    Parsed(column, parser.Parse(raw, row), raw);
                else
                    Fault(column, FaultOf(token), Shown(raw));
                return;
        }
    }

    void Text(ref Utf8JsonReader reader, int column, FieldParser parser, int row)
    {
        if (!reader.ValueIsEscaped)
        {
            Taken(reader.ValueSpan, copy: false);
            return;
        }
        ReadOnlySpan<byte> text;
        try
        {
            text = Unescaped(ref reader);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: it has no UTF-8.
            Fault(column, FieldFault.BrokenText, Encoding.UTF8.GetString(reader.ValueSpan));
            return;
        }
        Taken(text, copy: true);

        void Taken(ReadOnlySpan<byte> text, bool copy)
        {
            if (parser is TextParser texts)
            {
                if (copy) texts.Copy(text, row);
                else texts.Parse(text, row);
                return;
            }
            text = text.Trim((byte)' ');
            if (text.IsEmpty) Missing(column, "");
            else Parsed(column, parser.Parse(text, row), text);
        }
    }

    void Parsed(int column, FieldFault fault, ReadOnlySpan<byte> value)
    {
        if (fault != FieldFault.None) Fault(column, fault, Shown(value));
    }

    ReadOnlySpan<byte> Unescaped(scoped ref Utf8JsonReader reader)
    {
        if (unescaped.Length < reader.ValueSpan.Length) unescaped = new byte[reader.ValueSpan.Length * 2];
        return unescaped.AsSpan(0, reader.CopyString(unescaped));
    }

    static ReadOnlySpan<byte> Span(ref Utf8JsonReader reader, ReadOnlySpan<byte> record)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return record[start..(int)reader.BytesConsumed];
    }

    string Raw(ref Utf8JsonReader reader, ReadOnlySpan<byte> record) => Shown(Span(ref reader, record));

    protected override string Shown(ReadOnlySpan<byte> record) =>
        record.Length <= MostShown ? base.Shown(record) : Encoding.UTF8.GetString(Utf8Text.Cut(record, MostShown)) + "…";

    static FieldFault FaultOf(JsonTokenType token) => token switch
    {
        JsonTokenType.String => FieldFault.IsText,
        JsonTokenType.Number => FieldFault.IsNumber,
        JsonTokenType.True or JsonTokenType.False => FieldFault.IsTruth,
        JsonTokenType.StartArray => FieldFault.IsArray,
        _ => FieldFault.IsObject,
    };

    static string Kind(JsonTokenType token) => token switch
    {
        JsonTokenType.String => "string",
        JsonTokenType.Number => "number",
        JsonTokenType.True or JsonTokenType.False => "boolean",
        JsonTokenType.Null => "null",
        _ => "array",
    };
}
