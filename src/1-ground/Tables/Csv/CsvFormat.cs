namespace Kumiki.Tables;

/// <summary>CSV files: a header, then records of as many fields.</summary>
sealed class CsvFormat(CsvSource source, RowSchema schema, int longestField) : TextFormat(schema)
{
    readonly CsvText grammar = new((byte)source.Delimiter, longestField);

    internal override string? Encoding => source.Encoding;

    internal override TextFile Open(string path, string textPath, List<Message> notes) => CsvHeader.Read(path, textPath, source, Schema, notes);

    internal override int LastRecordEnd(ReadOnlySpan<byte> text) => grammar.LastRecordEnd(text);

    internal override TextRecords Reader(CancellationToken cancellation) => new CsvRecords(source, grammar, Schema, cancellation);

    internal override Message NoRows(string file, int files) => Message.Of("tables.csv-no-rows", ("file", file), ("count", files));

    internal override Message NoRowsNote(string file) => Message.Of("tables.csv-no-rows-note", ("file", file));
}
