namespace Kumiki.Tables;

/// <summary>How the records of a text are told apart and read: CSV or JSON lines.</summary>
abstract class TextFormat(RowSchema schema)
{
    internal RowSchema Schema { get; } = schema;

    /// <summary>What the author says the files are encoded in; null: UTF-8, or UTF-16 by its byte order mark.</summary>
    internal abstract string? Encoding { get; }

    /// <summary>Looks at a file's beginning.</summary>
    /// <param name="path">The file as the author knows it.</param>
    /// <param name="textPath">Its UTF-8 text.</param>
    /// <exception cref="KumikiException">It cannot hold such records.</exception>
    internal abstract TextFile Open(string path, string textPath, List<Message> notes);

    /// <summary>Where the last whole record of a text ends that goes on behind it; 0 when it holds none.</summary>
    internal abstract int LastRecordEnd(ReadOnlySpan<byte> text);

    /// <summary>A reader of records; each worker has its own.</summary>
    internal abstract TextRecords Reader(CancellationToken cancellation);

    /// <summary>The file has nothing but a header.</summary>
    internal abstract Message NoRows(string file, int files);

    /// <summary>Like <see cref="NoRows"/>, where other files have rows.</summary>
    internal abstract Message NoRowsNote(string file);
}
