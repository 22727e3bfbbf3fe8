using Kumiki.Native;

namespace Kumiki.Tables;

/// <summary>One text of records ready to be read: it is UTF-8, its header is understood.</summary>
/// <param name="Path">The author's file, as messages name it.</param>
/// <param name="TextPath">Where its UTF-8 lies: the file itself, or what it was turned into.</param>
/// <param name="Start">Byte at which the first record begins.</param>
/// <param name="Line">Line of that byte, from 1.</param>
/// <param name="Columns">By field: the schema's column it fills, or -1; empty where records name their fields.</param>
sealed record TextFile(string Path, string TextPath, long Start, long Line, int[] Columns)
{
    /// <summary>The file as it was found; what was read is held against it at the end.</summary>
    internal long Bytes { get; init; }

    internal long ModifiedTicks { get; init; }

    /// <summary>Of the UTF-8 text with its header.</summary>
    internal long TextBytes { get; init; }

    /// <summary>Of the author's bytes, where they were transcoded; else made while reading.</summary>
    internal Digest? Content { get; init; }

    /// <summary>The fields' names, where records are rows of a database: a record kept aside is then written with them.</summary>
    internal IReadOnlyList<string>? Fields { get; init; }
}

/// <summary>Whole records of one file, lying in a part's buffer.</summary>
/// <param name="Start">In the buffer.</param>
/// <param name="Line">Of the first byte, from 1; of a database, the number of the row.</param>
/// <param name="Offset">Of the first byte in the file's text.</param>
sealed record TextSegment(TextFile File, int Start, int Length, long Line, long Offset);

/// <summary>What becomes one Parquet file: up to a buffer of whole records, from one or several files.</summary>
/// <param name="Aside">Records that could not even be put into the buffer.</param>
sealed record TextPart(int Number, IReadOnlyList<TextSegment> Segments, IReadOnlyList<Reject> Aside);

/// <summary>Hands out the records of a source in parts, in order and from any thread; the same records give the same parts, whatever the number of readers.</summary>
abstract class TextParts : IDisposable
{
    /// <summary>What was read to its end so far.</summary>
    internal abstract IReadOnlyList<SourceRead> Reads { get; }

    /// <summary>Of the input, 0 to 1; null where no one knows how much is to come.</summary>
    internal abstract double? Share { get; }

    /// <summary>Fills the buffer with the next part; null after the last. Any thread.</summary>
    internal abstract TextPart? Next(NativeBuffer buffer);

    public abstract void Dispose();
}
