using System.Text;

namespace Kumiki.Tables;

/// <summary>Reads CSV records.</summary>
/// <remarks>
/// For each record: 1 find the end of the next field, 2 if the field belongs to a column, write its value into the row or note its fault, 3 at the record's end
/// keep the row if it has the right number of fields and no fault.
/// </remarks>
/// <param name="numbered">Records are rows of a database: their line is the number of the row.</param>
sealed class CsvRecords(CsvSource source, CsvText grammar, RowSchema schema, CancellationToken cancellation, bool numbered = false)
    : TextRecords(schema, source.DateFormat, cancellation)
{
    readonly byte[][] missing = [.. source.Missing.Select(Encoding.UTF8.GetBytes)];
    byte[] unquoted = new byte[256];
    int at;
    long line;

    protected override bool Record(ReadOnlySpan<byte> text, int row)
    {
        (at, line) = (At, Line);
        var start = Line;
        var kept = Record(text, File.Columns, row);
        (At, Line) = (at, numbered ? start + 1 : line);
        return kept;
    }

    bool Record(ReadOnlySpan<byte> text, int[] columns, int row)
    {
        var (start, startLine) = (at, line);
        if (!numbered && Blank(text)) return false;
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
                var parser = Parsers[column];
                if (parser is not TextParser) value = value.Trim((byte)' ');
                if (quoted ? value.IsEmpty && parser is not TextParser : value.IsEmpty || IsMissing(value))
                    Missing(column, Schema.Columns[column].Nullable ? null : Encoding.UTF8.GetString(value));
                else if (doubled && parser is TextParser copying)
                    copying.Copy(value, row);
                else if (parser.Parse(value, row) is not FieldFault.None and var fault)
                    Fault(column, fault, Encoding.UTF8.GetString(value));
            }
            if (!last) continue;
            if (field + 1 != columns.Length)
            {
                Aside(text[start..at], startLine, null, null, Message.Of("tables.reject-fields", ("found", field + 1), ("expected", columns.Length)));
                return false;
            }
            break;
        }
        return Keep(text[start..at], startLine, row);
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
        Aside(text[start..at], startLine, null, null, Message.Of("tables.reject-quote"));
    }

    // A row of a database has no text of its own: its fields are told with their names.
    protected override string Shown(ReadOnlySpan<byte> record)
    {
        if (File.Fields is not { } names) return base.Shown(record);
        var shown = new StringBuilder();
        record = record.TrimEnd("\r\n"u8);
        for (var (field, from) = (0, 0); field < names.Count; field++)
        {
            int end;
            if (from < record.Length && record[from] == CsvText.Quote && grammar.Follow(record, from, last: true, out var close, out _) == CsvText.QuoteEnd.Closed)
                end = close + 1;
            else
                end = record[from..].IndexOf(grammar.Delimiter) is >= 0 and var length ? from + length : record.Length;
            shown.Append(field > 0 ? ", " : "").Append(names[field]).Append('=').Append(Encoding.UTF8.GetString(record[from..end]));
            from = Math.Min(record.Length, end + 1);
        }
        return shown.ToString();
    }
}
