using System.Text;
using Kumiki.Native;
using Kumiki.Native.DuckDb;

namespace Kumiki.Tables;

/// <summary>Reads the records of one part after the other: good ones into DuckDB's chunks, bad ones into the reject log.</summary>
/// <remarks>A row that is not kept is simply overwritten by the next.</remarks>
abstract class TextRecords
{
    readonly CancellationToken cancellation;
    readonly int[] nulls;
    readonly TextParser[] ofFile;
    byte[] fileName = [];
    readonly List<(int Column, FieldFault Fault, string? Value)> faults = [];

    NativeBuffer? buffer;
    TextPart? part;
    RejectLog? rejects;
    int segment;
    int end;
    int nullCount;

    protected TextRecords(RowSchema schema, string? dateFormat, CancellationToken cancellation)
    {
        (Schema, this.cancellation) = (schema, cancellation);
        Parsers = [.. schema.Columns.Select(c => FieldParser.Of(c, dateFormat))];
        nulls = new int[schema.Columns.Count];
        ofFile = [.. schema.Columns.Index().Where(c => c.Item.SourceFile).Select(c => (TextParser)Parsers[c.Index])];
    }

    /// <summary>Good rows of the current part so far.</summary>
    internal long Rows { get; private set; }

    /// <summary>Names in the records that no column asked for, in the order they were met; at most <see cref="MostIgnored"/>.</summary>
    internal virtual IReadOnlyCollection<string> Ignored => [];

    internal const int MostIgnored = 20;

    protected RowSchema Schema { get; }

    protected FieldParser[] Parsers { get; }

    protected TextFile File => part!.Segments[segment].File;

    /// <summary>The next byte to read.</summary>
    protected int At { get; set; }

    /// <summary>Its line.</summary>
    protected long Line { get; set; }

    /// <summary>Turns to a part, whose bytes lie in <paramref name="bytes"/> until it is read.</summary>
    internal void Turn(TextPart to, NativeBuffer bytes, RejectLog log)
    {
        (part, buffer, rejects, segment, At, end, Rows) = (to, bytes, log, -1, 0, 0, 0);
        foreach (var aside in to.Aside) log.Add(aside);
    }

    /// <summary>Fills a chunk; it stays empty when the part is at its end.</summary>
    internal void Fill(DuckDbChunkWriter chunk)
    {
        cancellation.ThrowIfCancellationRequested();
        for (var column = 0; column < Parsers.Length; column++) Parsers[column].Begin(chunk[column]);
        var text = buffer!.Span;
        var row = 0;
        while (row < DuckDbChunkWriter.Capacity)
        {
            if (At == end)
            {
                if (segment + 1 == part!.Segments.Count) break;
                Open(part.Segments[++segment]);
            }
            else
            {
                Forget();
                if (Record(text[..end], row)) row++;
            }
        }
        chunk.Rows = row;
        Rows += row;
    }

    void Open(TextSegment opened)
    {
        Utf8Text.Require(opened.File.Path, buffer!.Span.Slice(opened.Start, opened.Length), opened.Line, opened.Offset);
        (At, end, Line) = (opened.Start, opened.Start + opened.Length, opened.Line);
        if (ofFile.Length > 0) fileName = Encoding.UTF8.GetBytes(Path.GetFileName(opened.File.Path));
    }

    /// <summary>Reads the record at <see cref="At"/> into a row, and moves behind it.</summary>
    /// <returns>Whether the row is to be kept.</returns>
    protected abstract bool Record(ReadOnlySpan<byte> text, int row);

    /// <summary>Notes that a column of the record has no value.</summary>
    protected void Missing(int column, string? value)
    {
        if (Schema.Columns[column].Nullable) nulls[nullCount++] = column;
        else faults.Add((column, FieldFault.Missing, value));
    }

    protected void Fault(int column, FieldFault fault, string? value) => faults.Add((column, fault, value));

    /// <summary>Forgets what was noted of the record, to read it once more.</summary>
    protected void Forget()
    {
        faults.Clear();
        nullCount = 0;
    }

    /// <summary>Ends a record whose fields were all there: it is kept, or set aside once for each fault.</summary>
    protected bool Keep(ReadOnlySpan<byte> record, long line, int row)
    {
        foreach (var (column, fault, value) in faults)
            Aside(record, line, Schema.Columns[column].Name, value, FieldFaults.Says(fault, Schema.Columns[column]));
        if (faults.Count > 0) return false;
        foreach (var parser in ofFile) parser.Copy(fileName, row);
        for (var i = 0; i < nullCount; i++) Parsers[nulls[i]].SetNull(row);
        return true;
    }

    protected void Aside(ReadOnlySpan<byte> record, long line, string? column, string? value, Message says) =>
        rejects!.Add(new(File.Path, line, column, value, says, Shown(record)));

    /// <summary>A record as it is kept aside.</summary>
    protected virtual string Shown(ReadOnlySpan<byte> record) => Encoding.UTF8.GetString(record.TrimEnd("\r\n"u8));
}
