using System.Globalization;
using System.Text;
using Kumiki.Native;

namespace Kumiki.Tables;

/// <summary>Rows of a database or a listing, written down as CSV, so that they are checked as every other text is.</summary>
abstract class RowParts(TextFile table) : TextParts
{
    protected TextFile Table { get; } = table;

    readonly Lock gate = new();
    readonly RowText text = new(table.Fields!.Count);
    int number;
    long rows;
    bool waiting;

    internal override TextPart? Next(NativeBuffer buffer)
    {
        lock (gate)
        {
            var used = 0;
            var first = rows + 1;
            var segments = new List<TextSegment>();
            var aside = new List<Reject>();
            while (waiting || Row())
            {
                waiting = false;
                if (text.Fault is { } fault)
                {
                    // Rows before and after it are segments of their own, so that each has its number.
                    Close();
                    rows++;
                    aside.Add(new(Table.Path, rows, text.FaultColumn, null, fault, Encoding.UTF8.GetString(Utf8Text.Cut(text.Bytes, 1000))));
                    first = rows + 1;
                    continue;
                }
                if (text.Bytes.Length > buffer.Length)
                {
                    Close();
                    rows++;
                    aside.Add(new(Table.Path, rows, null, null, Message.Of("tables.reject-long", ("bytes", text.Bytes.Length), ("most", buffer.Length)),
                        Encoding.UTF8.GetString(Utf8Text.Cut(text.Bytes, 1000))));
                    first = rows + 1;
                    continue;
                }
                if (used + text.Bytes.Length > buffer.Length)
                {
                    waiting = true;
                    break;
                }
                text.Bytes.CopyTo(buffer.Span[used..]);
                used += text.Bytes.Length;
                rows++;
            }
            Close();
            return segments.Count + aside.Count == 0 ? null : new(number++, segments, aside);

            void Close()
            {
                var start = segments.Count == 0 ? 0 : segments[^1].Start + segments[^1].Length;
                if (used > start) segments.Add(new(Table, start, used - start, first, 0));
            }
        }
    }

    bool Row()
    {
        text.Begin();
        if (!NextRow(text)) return false;
        text.End();
        return true;
    }

    /// <summary>Writes the fields of the next row, all of them in order.</summary>
    /// <returns>False after the last row.</returns>
    protected abstract bool NextRow(RowText row);

    public override void Dispose()
    {
    }
}

/// <summary>One row as CSV: what was no text stands bare, every text in quotes, no value is an empty field.</summary>
sealed class RowText(int fields)
{
    byte[] bytes = new byte[1024];
    int length;
    int field;

    internal ReadOnlySpan<byte> Bytes => bytes.AsSpan(0, length);

    /// <summary>Why the row cannot be written down.</summary>
    internal Message? Fault { get; private set; }

    internal string? FaultColumn { get; private set; }

    internal void Begin() => (length, field, Fault, FaultColumn) = (0, 0, null, null);

    internal void End()
    {
        if (field != fields) throw new InvalidOperationException($"The row has {field} fields, not {fields}.");
        Room(1)[0] = (byte)'\n';
        length++;
    }

    internal void Null() => Comma();

    internal void Bare(ReadOnlySpan<byte> value)
    {
        Comma();
        value.CopyTo(Room(value.Length));
        length += value.Length;
    }

    internal void Number<T>(T value) where T : IUtf8SpanFormattable
    {
        Comma();
        if (!value.TryFormat(Room(64), out var written, default, CultureInfo.InvariantCulture)) throw new InvalidOperationException($"{value} is too long.");
        length += written;
    }

    internal void Text(ReadOnlySpan<byte> value)
    {
        Comma();
        var room = Room(value.Length * 2 + 2);
        var at = 0;
        room[at++] = CsvText.Quote;
        while (value.IndexOf(CsvText.Quote) is >= 0 and var quote)
        {
            value[..(quote + 1)].CopyTo(room[at..]);
            at += quote + 1;
            room[at++] = CsvText.Quote;
            value = value[(quote + 1)..];
        }
        value.CopyTo(room[at..]);
        at += value.Length;
        room[at++] = CsvText.Quote;
        length += at;
    }

    /// <summary>The field is nothing a column can take, whatever the column.</summary>
    internal void Refuse(string column, Message why)
    {
        Comma();
        if (Fault is null) (Fault, FaultColumn) = (why, column);
    }

    void Comma()
    {
        if (field++ == 0) return;
        Room(1)[0] = (byte)',';
        length++;
    }

    Span<byte> Room(int wanted)
    {
        if (bytes.Length - length < wanted) Array.Resize(ref bytes, Math.Max(bytes.Length * 2, length + wanted));
        return bytes.AsSpan(length);
    }
}

/// <summary>Reads rows that were written down as CSV by ourselves or by a database: there is no header, and lines are the numbers of rows.</summary>
static class RowReader
{
    static readonly CsvSource Source = new("");

    internal static readonly CsvText Grammar = new((byte)',', int.MaxValue);

    internal static CsvRecords Of(RowSchema schema, CancellationToken cancellation) => new(Source, Grammar, schema, cancellation, numbered: true);
}
