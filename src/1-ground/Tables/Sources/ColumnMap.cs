namespace Kumiki.Tables;

/// <summary>Which of the fields a source has fills which column of the record.</summary>
static class ColumnMap
{
    /// <summary>Maps fields by name: as it stands, as snake_case, or but for capitals.</summary>
    /// <param name="source">The file or table, as messages name it.</param>
    /// <param name="knowsFile">Whether the reader fills columns of the file's name by itself.</param>
    /// <param name="notes">Gets a sentence when fields are ignored.</param>
    /// <returns>By field: the schema's column it fills, or -1.</returns>
    /// <exception cref="KumikiException">A column is missing or there twice.</exception>
    internal static int[] Of(string source, IReadOnlyList<string> fields, RowSchema schema, List<Message> notes, bool knowsFile = false)
    {
        var map = fields.Select(f => ColumnOf(schema, f)).ToArray();
        if (knowsFile) map = Array.ConvertAll(map, column => column >= 0 && schema.Columns[column].SourceFile ? -1 : column);
        for (var column = 0; column < schema.Columns.Count; column++)
        {
            var first = Array.IndexOf(map, column);
            if (first >= 0 && Array.IndexOf(map, column, first + 1) is >= 0 and var second)
                throw new KumikiException(Message.Of("tables.csv-twice", ("file", source), ("column", schema.Columns[column].Name), ("first", fields[first]),
                    ("firstField", first + 1), ("second", fields[second]), ("secondField", second + 1)));
        }

        var missing = schema.Columns.Where((c, column) => !map.Contains(column) && !(knowsFile && c.SourceFile)).Select(c => c.Name).ToArray();
        if (missing.Length > 0) throw Missing(source, schema, fields, missing);

        var ignored = fields.Where((_, field) => map[field] < 0).ToArray();
        if (ignored.Length > 0)
        {
            var note = Message.Of("tables.csv-ignored", ("columns", string.Join(", ", ignored)), ("file", source));
            if (!notes.Any(n => n.Id == note.Id && n.Values["columns"] == note.Values["columns"])) notes.Add(note);
        }
        return map;
    }

    static int ColumnOf(RowSchema schema, string field) => ColumnName.Match(field, [.. schema.Columns.Select(c => c.Name)]);

    static KumikiException Missing(string source, RowSchema schema, IReadOnlyList<string> fields, string[] missing)
    {
        var unused = fields.Where(f => ColumnOf(schema, f) < 0).ToArray();
        var near = missing.Select(m => (Wanted: m, Found: ColumnName.Nearest(m, unused))).FirstOrDefault(n => n.Found is not null);
        var expected = string.Join(", ", schema.Columns.Where(c => !c.SourceFile).Select(c => c.Name));
        return near.Found is null
            ? new(Message.Of("tables.csv-missing", ("file", source), ("missing", string.Join(", ", missing)), ("found", string.Join(", ", fields)),
                ("expected", expected)))
            : new(Message.Of("tables.csv-missing-near", ("file", source), ("missing", string.Join(", ", missing)), ("found", string.Join(", ", fields)),
                ("expected", expected), ("near", near.Found), ("wanted", near.Wanted)));
    }
}
