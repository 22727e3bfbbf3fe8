using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Kumiki.Onnx;

/// <summary>What is wrong with a field of an asked row.</summary>
/// <param name="Row">Counted from 1.</param>
/// <param name="Field">Null where it is about the row as a whole.</param>
public sealed record FieldError(int Row, string? Field, Message Says);

/// <summary>Rows that cannot be answered; every field that is wrong is named, up to a hundred.</summary>
public sealed class FieldsRefusedException(IReadOnlyList<FieldError> errors) : KumikiException(errors[0].Says)
{
    public IReadOnlyList<FieldError> Errors { get; } = errors;
}

/// <summary>Rows that an endpoint was asked with: read from JSON, held against its fields, ready to become the tensors of any model of the endpoint by the
/// same <see cref="Adapter"/> that training used. A server, a package and the offline runner read rows by this one code.</summary>
/// <remarks>Its memory is pooled: dispose it when the answer was written.</remarks>
public sealed class EndpointRows : IDisposable
{
    const int MostErrors = 100;
    const string Envelope = """{"rows": [{…}, …], "parameters": {…}}""";

    static readonly int Epoch = new DateOnly(1970, 1, 1).DayNumber;

    double[] numbers;           // [rows × fields]; NaN is missing
    (int At, int Length)[] texts;       // [rows × fields] in textBytes; length −1 is missing
    (int At, int Length)[] spans = [];     // [rows] of the JSON
    byte[] textBytes = [];
    byte[] json = [];
    int textEnd;
    List<(int Row, int Field, int From, int To)>? pictures;     // where their texts are in the JSON
    List<FieldError>? errors;

    EndpointRows(EndpointSchema schema)
    {
        Schema = schema;
        numbers = ArrayPool<double>.Shared.Rent(Math.Max(1, schema.Fields.Count));
        texts = ArrayPool<(int, int)>.Shared.Rent(Math.Max(1, schema.Fields.Count));
        spans = ArrayPool<(int, int)>.Shared.Rent(1);
    }

    public EndpointSchema Schema { get; }

    /// <summary>How many rows.</summary>
    public int Count { get; private set; }

    /// <summary>Whether one object was sent, and no list of them: then one object is the answer.</summary>
    public bool IsOne { get; private set; }

    int Width => Schema.Fields.Count;

    // ── reading what was read ──

    /// <summary>A number as the adapter sees it, days of a date, 0 or 1 of a flag; NaN where it is missing.</summary>
    public double Number(int field, int row) => numbers[(row * Width) + field];

    /// <summary>The UTF-8 of a text or choice; empty where it is missing.</summary>
    public ReadOnlySpan<byte> Text(int field, int row)
    {
        var (at, length) = texts[(row * Width) + field];
        return length <= 0 ? [] : textBytes.AsSpan(at, length);
    }

    public bool IsMissing(int field, int row) => Schema.Fields[field].IsNumeric ? double.IsNaN(Number(field, row)) : texts[(row * Width) + field].Length < 0;

    /// <summary>A row as it came: a JSON object, in the memory that was read from; but in the place of a picture its SHA-256 and length.</summary>
    public ReadOnlySpan<byte> Json(int row)
    {
        var (at, length) = spans[row];
        if (pictures is null) return json.AsSpan(at, length);
        var shown = new ArrayBufferWriter<byte>(1024);
        var end = at + length;
        foreach (var (_, field, from, to) in pictures.Where(p => p.Row == row))
        {
            shown.Write(json.AsSpan(at, from - at));
            var picture = Text(field, row);
            shown.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $$"""{"sha256":"{{Convert.ToHexStringLower(SHA256.HashData(picture))}}","bytes":{{picture.Length}}}""")));
            at = to;
        }
        shown.Write(json.AsSpan(at, end - at));
        return shown.WrittenSpan;
    }

    /// <summary>The tensor values of a column that is no text.</summary>
    /// <param name="into">[rows].</param>
    /// <returns>The first row whose number is too large for a model's; −1 without one.</returns>
    public int Write(int field, ReadOnlySpan<int> rows, Span<float> into)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            into[i] = (float)Number(field, rows[i]);
            if (float.IsInfinity(into[i])) return rows[i];
        }
        return -1;
    }

    /// <summary>The text that a column becomes: digits of a whole number too.</summary>
    /// <param name="room">At least 32 bytes.</param>
    public ReadOnlySpan<byte> TextOf(int field, int row, Span<byte> room)
    {
        if (!Schema.Fields[field].IsNumeric) return Text(field, row);
        var number = Number(field, row);
        if (double.IsNaN(number) || !Utf8Formatter.TryFormat((long)number, room, out var length)) return [];
        return room[..length];
    }

    // ── reading JSON ──

    /// <summary>Reads <c>{…}</c>, <c>[{…}, …]</c> or <c>{"rows": [{…}, …]}</c>.</summary>
    /// <param name="json">Must live as long as the rows.</param>
    /// <param name="length">Bytes of it.</param>
    /// <param name="parameters">Where the last form's <c>"parameters"</c> object begins and its length; 0 without one.</param>
    /// <exception cref="KumikiException">It is no JSON, or of another form.</exception>
    /// <exception cref="FieldsRefusedException">Fields are wrong.</exception>
    public static EndpointRows Read(EndpointSchema schema, byte[] json, int length, out (int At, int Length) parameters)
    {
        var rows = new EndpointRows(schema) { json = json };
        try
        {
            rows.Read(length, out parameters);
            if (rows.errors is { } errors) throw new FieldsRefusedException(errors);
            return rows;
        }
        catch (JsonException e)
        {
            rows.Dispose();
            throw new KumikiException(Message.Of("endpoint.bad-json", ("line", (e.LineNumber ?? 0) + 1), ("place", (e.BytePositionInLine ?? 0) + 1), ("form", Envelope)), e);
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    void Read(int length, out (int At, int Length) parameters)
    {
        var reader = new Utf8JsonReader(json.AsSpan(0, length), new JsonReaderOptions { MaxDepth = 64 });
        parameters = default;
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            List(ref reader);
        }
        else if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new KumikiException(Message.Of("endpoint.no-object", ("form", Envelope)));
        }
        else if (!IsEnvelope(reader, length))
        {
            IsOne = true;
            Row(ref reader);
        }
        else
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (Is(ref reader, "rows"u8))
                {
                    reader.Read();
                    if (Count > 0) throw new KumikiException(Message.Of("endpoint.field-twice", ("field", "rows"), ("row", 1)));
                    if (reader.TokenType != JsonTokenType.StartArray) throw new KumikiException(Message.Of("endpoint.no-object", ("form", Envelope)));
                    List(ref reader);
                }
                else if (Is(ref reader, "parameters"u8))
                {
                    reader.Read();
                    if (reader.TokenType != JsonTokenType.StartObject) throw new KumikiException(Message.Of("endpoint.no-parameters", ("form", Envelope)));
                    var at = (int)reader.TokenStartIndex;
                    reader.Skip();
                    parameters = (at, (int)reader.BytesConsumed - at);
                }
                else
                {
                    throw new KumikiException(Message.Of("endpoint.odd-property", ("property", Short(Texts(ref reader)))));
                }
            }
        }
        reader.Read();      // what follows the end is an error
        if (Count == 0) throw new KumikiException(Message.Of("endpoint.no-rows"));
    }

    /// <summary>Whether an object holds rows rather than fields: it has a list of that name, and no field has.</summary>
    bool IsEnvelope(Utf8JsonReader reader, int length)
    {
        // Most are rows, which no name in the whole text speaks against.
        if (Schema.Place("rows") >= 0 || json.AsSpan(0, length).IndexOf("\"rows\""u8) < 0) return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "rows"u8)) return true;
            reader.Skip();
        }
        return false;
    }

    static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) => !reader.ValueIsEscaped && reader.ValueSpan.SequenceEqual(name);

    void List(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject) throw new KumikiException(Message.Of("endpoint.row-no-object", ("row", Count + 1), ("form", "{…}")));
            Row(ref reader);
        }
    }

    void Row(ref Utf8JsonReader reader)
    {
        var row = Count++;
        Grow();
        var first = row * Width;
        numbers.AsSpan(first, Width).Fill(double.NaN);
        texts.AsSpan(first, Width).Fill((0, -1));
        Span<bool> seen = Width <= 256 ? stackalloc bool[Width] : new bool[Width];
        var begin = (int)reader.TokenStartIndex;
        var next = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var place = !reader.ValueIsEscaped ? Schema.Place(reader.ValueSpan, next) : Schema.Place(Texts(ref reader));
            if (place < 0)
            {
                var name = Short(Texts(ref reader));
                Refuse(row, name, Message.Of("endpoint.unknown-field", ("field", name), ("row", row + 1), ("near", Near(name))));
                reader.Skip();
                continue;
            }
            next = place + 1;
            var field = Schema.Fields[place];
            if (seen[place]) Refuse(row, field.Name, Message.Of("endpoint.field-twice", ("field", field.Name), ("row", row + 1)));
            seen[place] = true;
            reader.Read();
            Value(ref reader, row, place, field);
        }
        for (var place = 0; place < Width; place++)
        {
            var field = Schema.Fields[place];
            if (!seen[place] && !field.Optional) Refuse(row, field.Name, Message.Of("endpoint.field-missing", ("field", field.Name), ("row", row + 1)));
        }
        spans[row] = (begin, (int)reader.BytesConsumed - begin);
    }

    void Value(ref Utf8JsonReader reader, int row, int place, EndpointField field)
    {
        var at = (row * Width) + place;
        if (field.Kind == FieldKind.Any)
        {
            reader.Skip();
            return;
        }
        if (reader.TokenType == JsonTokenType.Null)
        {
            if (!field.Optional) Refuse(row, field.Name, Message.Of("endpoint.field-missing", ("field", field.Name), ("row", row + 1)));
            return;
        }
        if (!field.IsNumeric)
        {
            if (reader.TokenType != JsonTokenType.String) Wrong(ref reader);
            else if (field.Kind == FieldKind.Picture) KeepPicture(ref reader, at, row, place, field);
            else Keep(ref reader, at, row, place, field);
            return;
        }
        var number = Number(ref reader, field.Kind);
        if (number is not { } value) Wrong(ref reader);
        else if (!double.IsFinite(value)) Refuse(row, field.Name, Message.Of("endpoint.field-infinite", ("field", field.Name), ("row", row + 1)));
        else if (!field.IsInRange(value))
            Refuse(row, field.Name, Message.Of("endpoint.field-range", ("field", field.Name), ("row", row + 1), ("value", Shown(field, value)), ("range", RangeOf(field))));
        else numbers[at] = value;

        void Wrong(ref Utf8JsonReader reader)
        {
            var found = reader.TokenType switch
            {
                JsonTokenType.String => "\"" + Short(Texts(ref reader)) + "\"",
                JsonTokenType.Number => Short(Encoding.UTF8.GetString(reader.ValueSpan)),
                JsonTokenType.True => "true",
                JsonTokenType.False => "false",
                JsonTokenType.StartObject => "{…}",
                _ => "[…]",
            };
            reader.Skip();
            (string, object?)[] holes = [("field", field.Name), ("row", row + 1), ("found", found)];
            Refuse(row, field.Name, field.Kind switch
            {
                FieldKind.Integer => Message.Of("endpoint.not-integer", holes),
                FieldKind.Flag => Message.Of("endpoint.not-flag", holes),
                FieldKind.Date => Message.Of("endpoint.not-date", holes),
                FieldKind.Text or FieldKind.Choice => Message.Of("endpoint.not-text", holes),
                FieldKind.Picture => Message.Of("endpoint.not-picture", holes),
                _ => Message.Of("endpoint.not-number", holes),
            });
        }
    }

    /// <summary>A name or text to show; what is no UTF-8 is shown as such.</summary>
    static string Texts(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return "�";
        }
    }

    /// <summary>As the adapter sees it; null where it is of another type.</summary>
    static double? Number(ref Utf8JsonReader reader, FieldKind kind)
    {
        switch (kind)
        {
            case FieldKind.Flag:
                return reader.TokenType switch { JsonTokenType.True => 1, JsonTokenType.False => 0, _ => null };
            case FieldKind.Date:
                Span<char> text = stackalloc char[10];
                return reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length == 10 && Encoding.UTF8.TryGetChars(reader.ValueSpan, text, out var length)
                    && DateOnly.TryParseExact(text[..length], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
                    ? day.DayNumber - Epoch : null;
        }
        if (reader.TokenType != JsonTokenType.Number) return null;
        return kind switch
        {
            FieldKind.Integer => reader.TryGetInt64(out var whole) ? whole : null,
            FieldKind.Decimal => reader.TryGetDecimal(out var exact) ? (double)exact : null,
            FieldKind.Single => reader.TryGetSingle(out var single) ? single : null,
            // What is too large for any is told as such.
            _ => PlainNumbers.TryRead(reader.ValueSpan, out var real) || reader.TryGetDouble(out real) ? real : null,
        };
    }

    static readonly PictureLimits Largest = new();

    void KeepPicture(ref Utf8JsonReader reader, int at, int row, int place, EndpointField field)
    {
        MakeRoom(reader.ValueSpan.Length);
        var length = 0;
        try
        {
            length = reader.CopyString(textBytes.AsSpan(textEnd));
        }
        catch (InvalidOperationException)
        {
            // no UTF-8, so no base64 either
        }
        if (length == 0 || Base64.DecodeFromUtf8InPlace(textBytes.AsSpan(textEnd, length), out length) != OperationStatus.Done)
        {
            Refuse(row, field.Name, Message.Of("endpoint.not-base64", ("field", field.Name), ("row", row + 1)));
            return;
        }
        try
        {
            new PictureInput(field.Name, 1).Hold(textBytes.AsSpan(textEnd, length), row + 1, Largest);
        }
        catch (KumikiException e)
        {
            Refuse(row, field.Name, e.Says);
            return;
        }
        (pictures ??= []).Add((row, place, (int)reader.TokenStartIndex, (int)reader.BytesConsumed));
        texts[at] = (textEnd, length);
        textEnd += length;
    }

    void Keep(ref Utf8JsonReader reader, int at, int row, int place, EndpointField field)
    {
        MakeRoom(reader.ValueSpan.Length);
        int length;
        try
        {
            length = reader.CopyString(textBytes.AsSpan(textEnd));
        }
        catch (InvalidOperationException)
        {
            Refuse(row, field.Name, Message.Of("endpoint.not-utf8", ("field", field.Name), ("row", row + 1)));
            return;
        }
        if (Schema.Choices[place] is { } choices)
        {
            var text = textBytes.AsSpan(textEnd, length);
            var known = false;
            foreach (var choice in choices) known |= text.SequenceEqual(choice);
            if (!known)
            {
                Refuse(row, field.Name, Message.Of("endpoint.field-choice", ("field", field.Name), ("row", row + 1), ("found", Short(Encoding.UTF8.GetString(text))),
                    ("choices", string.Join(", ", field.Choices!))));
                return;
            }
        }
        texts[at] = (textEnd, length);
        textEnd += length;
    }

    void MakeRoom(int most)
    {
        if (textBytes.Length - textEnd >= most) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * textBytes.Length, Math.Max(1024, textEnd + most)));
        textBytes.AsSpan(0, textEnd).CopyTo(larger);
        if (textBytes.Length > 0) ArrayPool<byte>.Shared.Return(textBytes);
        textBytes = larger;
    }

    void Refuse(int row, string? field, Message says)
    {
        errors ??= [];
        if (errors.Count >= MostErrors) throw new FieldsRefusedException(errors);
        errors.Add(new(row + 1, field, says));
    }

    string Near(string name) => string.Join(", ", Schema.Fields.Where(f => f.IsRead || !f.Optional).Select(f => f.Name).DefaultIfEmpty("-").OrderBy(n => Distance(n, name)).Take(3));

    /// <summary>Letters that one has and the other has not: enough to put likely names first.</summary>
    static int Distance(string one, string other)
    {
        var left = other.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant().ToList();
        return one.Replace("_", "", StringComparison.Ordinal).Count(c => !left.Remove(c)) + left.Count;
    }

    static string Shown(EndpointField field, double value) => field.Kind == FieldKind.Date
        ? DateOnly.FromDayNumber((int)value + Epoch).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : value.ToString("R", CultureInfo.InvariantCulture);

    static string RangeOf(EndpointField field) =>
        $"{(field.MinExcluded ? '(' : '[')}{(field.Min is { } min ? Shown(field, min) : "-∞")}, {(field.Max is { } max ? Shown(field, max) : "∞")}{(field.MaxExcluded ? ')' : ']')}";

    static string Short(string text) => text.Length <= 60 ? text : text[..60] + "…";

    void Grow()
    {
        Larger(ref numbers, Count * Width, (Count - 1) * Width);
        Larger(ref texts, Count * Width, (Count - 1) * Width);
        Larger(ref spans, Count, Count - 1);
    }

    static void Larger<T>(ref T[] array, int wanted, int used)
    {
        if (array.Length >= wanted) return;
        var larger = ArrayPool<T>.Shared.Rent(Math.Max(2 * array.Length, wanted));
        array.AsSpan(0, used).CopyTo(larger);
        ArrayPool<T>.Shared.Return(array);
        array = larger;
    }

    public void Dispose()
    {
        if (spans.Length == 0) return;
        ArrayPool<double>.Shared.Return(numbers);
        ArrayPool<(int, int)>.Shared.Return(texts);
        ArrayPool<(int, int)>.Shared.Return(spans);
        if (textBytes.Length > 0) ArrayPool<byte>.Shared.Return(textBytes);
        (numbers, texts, spans, textBytes, Count) = ([], [], [], [], 0);
    }
}
