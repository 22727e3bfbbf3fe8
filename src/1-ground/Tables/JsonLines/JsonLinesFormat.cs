namespace Kumiki.Tables;

/// <summary>JSON lines: one object a line, its names telling the columns.</summary>
sealed class JsonLinesFormat(JsonLinesSource source, RowSchema schema) : TextFormat(schema)
{
    readonly JsonPaths paths = JsonPaths.Of(schema);

    internal override string? Encoding => source.Encoding;

    internal override TextFile Open(string path, string textPath, List<Message> notes)
    {
        var found = new FileInfo(path);
        using var text = File.OpenRead(textPath);
        var beginning = new byte[4096];
        var read = beginning.AsSpan(0, text.ReadAtLeast(beginning, beginning.Length, throwOnEndOfStream: false));
        var start = read is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0;
        if (read[start..].TrimStart(" \t\r\n"u8) is [(byte)'[', ..]) throw new KumikiException(Message.Of("tables.json-array", ("file", path)));
        return new(path, textPath, start, 1, []) { Bytes = found.Length, TextBytes = text.Length, ModifiedTicks = found.LastWriteTimeUtc.Ticks };
    }

    internal override int LastRecordEnd(ReadOnlySpan<byte> text) => text.LastIndexOf((byte)'\n') + 1;

    internal override TextRecords Reader(CancellationToken cancellation) => new JsonRecords(source, paths, Schema, cancellation);

    internal override Message NoRows(string file, int files) => Message.Of("tables.no-rows", ("file", file), ("count", files));

    internal override Message NoRowsNote(string file) => Message.Of("tables.no-rows-note", ("file", file));
}
