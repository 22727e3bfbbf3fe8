using System.Text;

namespace Kumiki.Tables;

/// <summary>The first record of a file: which field fills which column.</summary>
static class CsvHeader
{
    const int Longest = 1 << 20;

    /// <summary>Reads and checks a file's header.</summary>
    /// <param name="path">The file as the author knows it.</param>
    /// <param name="textPath">Its UTF-8 text.</param>
    /// <param name="notes">Gets a sentence when columns are ignored.</param>
    /// <exception cref="KumikiException">The file is empty or not UTF-8, or a column is missing or there twice.</exception>
    internal static TextFile Read(string path, string textPath, CsvSource source, RowSchema schema, List<Message> notes)
    {
        var text = Beginning(textPath);
        var start = text is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0;
        var line = 1L;
        for (; start < text.Length && text[start] is (byte)'\n' or (byte)'\r'; start++)
            if (text[start] == '\n') line++;
        if (start == text.Length) throw new KumikiException(Message.Of("tables.csv-empty", ("file", path), ("columns", Names(schema))));

        var end = Fields(text, start, (byte)source.Delimiter, out var fields);
        if (fields is null || end == Longest)
            throw new KumikiException(Message.Of("tables.csv-header-open", ("file", path), ("line", line), ("columns", Names(schema))));
        Utf8Text.Require(path, text.AsSpan(0, end), 1, 0);
        if (text.AsSpan(start, end - start).Contains((byte)0))
            throw new KumikiException(Message.Of("tables.csv-zero", ("file", path), ("pattern", source.Pattern)));
        if (text.AsSpan(start, end - start).TrimEnd("\r\n"u8).Contains((byte)'\r')) throw new KumikiException(Message.Of("tables.csv-cr", ("file", path)));
        if (fields.Count == 1 && schema.Columns.Count > 1
            && ";\t|,:".FirstOrDefault(d => d != source.Delimiter && fields[0].Contains(d)) is not '\0' and var likely)
            throw new KumikiException(Message.Of("tables.csv-delimiter", ("file", path), ("found", fields[0]), ("delimiter", Shown(source.Delimiter)),
                ("likely", Shown(likely))));

        var found = new FileInfo(path);
        return new(path, textPath, end, line + text.AsSpan(start, end - start).Count((byte)'\n'), ColumnMap.Of(path, fields, schema, notes, knowsFile: true))
        {
            Bytes = found.Length,
            TextBytes = new FileInfo(textPath).Length,
            ModifiedTicks = found.LastWriteTimeUtc.Ticks,
        };
    }

    static byte[] Beginning(string path)
    {
        using var file = File.OpenRead(path);
        var text = new byte[Math.Min(Longest, file.Length)];
        file.ReadExactly(text);
        return text;
    }

    // Null: a quote is broken.
    static int Fields(byte[] text, int at, byte delimiter, out List<string>? fields)
    {
        var grammar = new CsvText(delimiter, Longest);
        fields = [];
        while (true)
        {
            int end;
            if (at < text.Length && text[at] == CsvText.Quote)
            {
                if (grammar.Follow(text, at, last: true, out var close, out _) != CsvText.QuoteEnd.Closed)
                {
                    fields = null;
                    return at;
                }
                fields.Add(Encoding.UTF8.GetString(text, at + 1, close - at - 1).Replace("\"\"", "\"", StringComparison.Ordinal).Trim());
                end = close + 1;
                if (end < text.Length && text[end] == '\r') end++;
            }
            else
            {
                var length = text.AsSpan(at).IndexOfAny(delimiter, (byte)'\n');
                end = length < 0 ? text.Length : at + length;
                fields.Add(Encoding.UTF8.GetString(text, at, end - at).Trim());
            }
            if (end == text.Length) return end;
            at = end + 1;
            if (text[end] == '\n') return at;
        }
    }

    internal static string Shown(char delimiter) => delimiter == '\t' ? "\\t" : delimiter.ToString();

    static string Names(RowSchema schema) => string.Join(", ", schema.Columns.Where(c => !c.SourceFile).Select(c => c.Name));
}
