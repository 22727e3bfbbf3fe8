using System.Text;
using System.Text.Unicode;

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
    internal static CsvFile Read(string path, string textPath, CsvSource source, RowSchema schema, List<Message> notes)
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
        CsvEncoding.Require(path, text.AsSpan(0, end), 1, 0);
        if (text.AsSpan(start, end - start).Contains((byte)0))
            throw new KumikiException(Message.Of("tables.csv-zero", ("file", path), ("pattern", source.Pattern)));
        if (text.AsSpan(start, end - start).TrimEnd("\r\n"u8).Contains((byte)'\r')) throw new KumikiException(Message.Of("tables.csv-cr", ("file", path)));

        var found = new FileInfo(path);
        return new(path, textPath, end, line + text.AsSpan(start, end - start).Count((byte)'\n'), Map(path, source, schema, fields, notes))
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

    static int[] Map(string path, CsvSource source, RowSchema schema, List<string> fields, List<Message> notes)
    {
        var map = fields.Select(f => ColumnOf(schema, f)).ToArray();
        for (var column = 0; column < schema.Columns.Count; column++)
        {
            var first = Array.IndexOf(map, column);
            if (first >= 0 && Array.IndexOf(map, column, first + 1) is >= 0 and var second)
                throw new KumikiException(Message.Of("tables.csv-twice", ("file", path), ("column", schema.Columns[column].Name), ("first", fields[first]),
                    ("firstField", first + 1),
                    ("second", fields[second]), ("secondField", second + 1)));
        }

        var missing = schema.Columns.Where((_, column) => !map.Contains(column)).Select(c => c.Name).ToArray();
        if (missing.Length > 0) throw Missing(path, source, schema, fields, missing);

        var ignored = fields.Where((_, field) => map[field] < 0).ToArray();
        if (ignored.Length > 0)
        {
            var note = Message.Of("tables.csv-ignored", ("columns", string.Join(", ", ignored)), ("file", path));
            if (!notes.Any(n => n.Id == note.Id && n.Values["columns"] == note.Values["columns"])) notes.Add(note);
        }
        return map;
    }

    static int ColumnOf(RowSchema schema, string field)
    {
        var plain = ColumnName.Snake(field.Replace(' ', '_').Replace('-', '_'));
        for (var pass = 0; pass < 3; pass++)
            for (var column = 0; column < schema.Columns.Count; column++)
            {
                var name = schema.Columns[column].Name;
                if (pass == 0 ? name == field : pass == 1 ? name == plain : name.Equals(field, StringComparison.OrdinalIgnoreCase)) return column;
            }
        return -1;
    }

    static KumikiException Missing(string path, CsvSource source, RowSchema schema, List<string> fields, string[] missing)
    {
        if (fields.Count == 1 && schema.Columns.Count > 1 && ";\t|,:".FirstOrDefault(d => d != source.Delimiter && fields[0].Contains(d)) is not '\0'
            and var likely)
            return new(Message.Of("tables.csv-delimiter", ("file", path), ("found", fields[0]), ("delimiter", Shown(source.Delimiter)),
                ("likely", Shown(likely))));

        var unused = fields.Where(f => ColumnOf(schema, f) < 0).ToArray();
        var near = missing.Select(m => (Wanted: m, Found: ColumnName.Nearest(m, unused))).FirstOrDefault(n => n.Found is not null);
        return near.Found is null
            ? new(Message.Of("tables.csv-missing", ("file", path), ("missing", string.Join(", ", missing)), ("found", string.Join(", ", fields)),
                ("expected", Names(schema))))
            : new(Message.Of("tables.csv-missing-near", ("file", path), ("missing", string.Join(", ", missing)), ("found", string.Join(", ", fields)),
                ("expected", Names(schema)),
                ("near", near.Found), ("wanted", near.Wanted)));
    }

    internal static string Shown(char delimiter) => delimiter == '\t' ? "\\t" : delimiter.ToString();

    static string Names(RowSchema schema) => string.Join(", ", schema.Columns.Select(c => c.Name));
}

/// <summary>Text must be UTF-8.</summary>
static class CsvEncoding
{
    /// <exception cref="KumikiException">A byte is not UTF-8; the sentence names it and what to declare.</exception>
    internal static void Require(string path, ReadOnlySpan<byte> text, long line, long offset)
    {
        if (Utf8.IsValid(text)) return;
        var at = 0;
        while (Rune.DecodeFromUtf8(text[at..], out _, out var used) == System.Buffers.OperationStatus.Done) at += used;
        var from = text[..at].LastIndexOf((byte)'\n') + 1;
        var length = text[at..].IndexOf((byte)'\n');
        var suspect = text[from..(length < 0 ? text.Length : at + length)];
        throw new KumikiException(Message.Of("tables.csv-not-utf8", ("file", path), ("line", line + text[..at].Count((byte)'\n')), ("byte", offset + at),
            ("value", $"0x{text[at]:X2}"), ("encoding", CsvTranscoding.Guess(suspect))));
    }
}
