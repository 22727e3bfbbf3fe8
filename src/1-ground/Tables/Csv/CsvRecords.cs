using System.Text;
using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>Reads the records of one part: good ones into DuckDB's chunks, bad ones into the reject log.</summary>
/// <remarks>
/// For each record: 1 find the end of the next field, 2 if the field belongs to a column, write its value into the row or note its fault, 3 at the record's end
/// keep the row if it has the right number of fields and no fault.
/// A row that is not kept is simply overwritten by the next.
/// </remarks>
sealed class CsvRecords
{
    readonly CsvText grammar;
    readonly RowSchema schema;
    readonly FieldParser[] parsers;
    readonly byte[][] missing;
    readonly CancellationToken cancellation;
    readonly int[] nulls;
    readonly List<(int Column, FieldFault Fault, string Value)> faults = [];
    byte[] unquoted = new byte[256];

    Kumiki.Native.NativeBuffer? buffer;
    CsvPart? part;
    RejectLog? rejects;
    int segment;
    int at;
    int end;
    long line;

    internal CsvRecords(CsvSource source, CsvText grammar, RowSchema schema, CancellationToken cancellation)
    {
        (this.grammar, this.schema, this.cancellation) = (grammar, schema, cancellation);
        parsers = [.. schema.Columns.Select(c => FieldParser.Of(c, source.DateFormat))];
        missing = [.. source.Missing.Select(Encoding.UTF8.GetBytes)];
        nulls = new int[schema.Columns.Count];
    }

    /// <summary>Good rows of the current part so far.</summary>
    internal long Rows { get; private set; }

    /// <summary>Turns to a part, whose bytes lie in <paramref name="bytes"/> until it is read.</summary>
    internal void Turn(CsvPart to, Kumiki.Native.NativeBuffer bytes, RejectLog log)
    {
        (part, buffer, rejects, segment, at, end, Rows) = (to, bytes, log, -1, 0, 0, 0);
        foreach (var (file, atLine, beginning, length) in to.TooLong)
            log.Add(new(file.Path, atLine, null, null, Message.Of("tables.reject-long", ("bytes", length), ("most", bytes.Length)),
                Encoding.UTF8.GetString(beginning)));
    }

    /// <summary>Fills a chunk; it stays empty when the part is at its end.</summary>
    internal void Fill(DuckDbChunkWriter chunk)
    {
        cancellation.ThrowIfCancellationRequested();
        for (var column = 0; column < parsers.Length; column++) parsers[column].To = chunk[column];
        var text = buffer!.Span;
        var row = 0;
        while (row < DuckDbChunkWriter.Capacity)
        {
            if (at == end)
            {
                if (segment + 1 == part!.Segments.Count) break;
                Open(part.Segments[++segment]);
            }
            else if (Record(text[..end], part!.Segments[segment].File.Columns, row))
                row++;
        }
        chunk.Rows = row;
        Rows += row;
    }

    void Open(CsvSegment opened)
    {
        CsvEncoding.Require(opened.File.Path, buffer!.Span.Slice(opened.Start, opened.Length), opened.Line, opened.Offset);
        (at, end, line) = (opened.Start, opened.Start + opened.Length, opened.Line);
    }

    bool Record(ReadOnlySpan<byte> text, int[] columns, int row)
    {
        var (start, startLine) = (at, line);
        if (Blank(text)) return false;
        faults.Clear();
        var nullCount = 0;
        for (var field = 0; ; field++)
        {
            var quoted = at < text.Length && text[at] == CsvText.Quote;
            var doubled = false;
            ReadOnlySpan<byte> value;
            bool last;
            if (!quoted)
                value = Plain(text, out last);
            else if (!Quoted(text, out value, out last, out doubled))
            {
                KeepLine(text, start, startLine);
                return false;
            }

            if (field < columns.Length && columns[field] is >= 0 and var column)
            {
                var parser = parsers[column];
                if (parser is not TextParser) value = value.Trim((byte)' ');
                if (quoted ? value.IsEmpty && parser is not TextParser : value.IsEmpty || IsMissing(value))
                {
                    if (schema.Columns[column].Nullable) nulls[nullCount++] = column;
                    else faults.Add((column, FieldFault.Missing, Encoding.UTF8.GetString(value)));
                }
                else if (doubled && parser is TextParser copying)
                    copying.Copy(value, row);
                else if (parser.Parse(value, row) is not FieldFault.None and var fault)
                    faults.Add((column, fault, Encoding.UTF8.GetString(value)));
            }
            if (!last) continue;
            if (field + 1 != columns.Length)
            {
                Keep(text, start, startLine, null, null, Message.Of("tables.reject-fields", ("found", field + 1), ("expected", columns.Length)));
                return false;
            }
            break;
        }
        foreach (var (column, fault, value) in faults)
            Keep(text, start, startLine, schema.Columns[column].Name, value, FieldFaults.Says(fault, schema.Columns[column]));
        if (faults.Count > 0) return false;
        for (var i = 0; i < nullCount; i++) parsers[nulls[i]].To.SetNull(row);
        return true;
    }

    // A line without a byte is no record.
    bool Blank(ReadOnlySpan<byte> text)
    {
        var skip = text[at] == '\n' ? 1 : text[at] != '\r' ? 0 : at + 1 == text.Length ? 1 : text[at + 1] == '\n' ? 2 : 0;
        if (skip == 0) return false;
        at += skip;
        line++;
        return true;
    }

    ReadOnlySpan<byte> Plain(ReadOnlySpan<byte> text, out bool last)
    {
        var rest = text[at..];
        var length = rest.IndexOfAny(grammar.Delimiter, (byte)'\n');
        if (length < 0)
        {
            at = text.Length;
            last = true;
            return rest is [.., (byte)'\r'] ? rest[..^1] : rest;
        }
        at += length + 1;
        var value = rest[..length];
        last = rest[length] == '\n';
        if (!last) return value;
        line++;
        return value is [.., (byte)'\r'] ? value[..^1] : value;
    }

    bool Quoted(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> value, out bool last, out bool doubled)
    {
        last = false;
        value = default;
        if (grammar.Follow(text, at, last: true, out var close, out doubled) != CsvText.QuoteEnd.Closed) return false;
        value = text[(at + 1)..close];
        line += value.Count((byte)'\n');
        if (doubled) value = Undoubled(value);
        at = close + 1;
        if (at < text.Length && text[at] == grammar.Delimiter)
        {
            at++;
            return true;
        }
        last = true;
        if (at < text.Length && text[at] == '\r') at++;
        if (at < text.Length)
        {
            at++;
            line++;
        }
        return true;
    }

    ReadOnlySpan<byte> Undoubled(ReadOnlySpan<byte> value)
    {
        if (unquoted.Length < value.Length) unquoted = new byte[value.Length * 2];
        var length = 0;
        for (var i = 0; i < value.Length; i++)
        {
            unquoted[length++] = value[i];
            if (value[i] == CsvText.Quote) i++;
        }
        return unquoted.AsSpan(0, length);
    }

    bool IsMissing(ReadOnlySpan<byte> value)
    {
        foreach (var text in missing)
            if (value.SequenceEqual(text)) return true;
        return false;
    }

    // A broken quote: the record ends with the line the quote stands on.
    void KeepLine(ReadOnlySpan<byte> text, int start, long startLine)
    {
        var newline = text[at..].IndexOf((byte)'\n');
        at = newline < 0 ? text.Length : at + newline + 1;
        if (newline >= 0) line++;
        Keep(text, start, startLine, null, null, Message.Of("tables.reject-quote"));
    }

    void Keep(ReadOnlySpan<byte> text, int start, long startLine, string? column, string? value, Message says) =>
        rejects!.Add(new(part!.Segments[segment].File.Path, startLine, column, value, says, Encoding.UTF8.GetString(text[start..at].TrimEnd("\r\n"u8))));
}
