namespace Kumiki.Tables;

/// <summary>One file ready to be read: its text is UTF-8, its header is understood.</summary>
/// <param name="Path">The author's file, as messages name it.</param>
/// <param name="TextPath">Where its UTF-8 lies: the file itself, or what it was transcoded to.</param>
/// <param name="Start">Byte at which the first record begins.</param>
/// <param name="Line">Line of that byte, from 1.</param>
/// <param name="Columns">By field: the schema's column it fills, or -1.</param>
sealed record CsvFile(string Path, string TextPath, long Start, long Line, int[] Columns)
{
    /// <summary>The file as it was found; what was read is held against it at the end.</summary>
    internal long Bytes { get; init; }

    internal long ModifiedTicks { get; init; }

    /// <summary>Of the UTF-8 text with its header.</summary>
    internal long TextBytes { get; init; }

    /// <summary>Of the author's bytes, where they were transcoded; else made while reading.</summary>
    internal Digest? Content { get; init; }
}

/// <summary>A file that was taken in, as it was then.</summary>
/// <param name="Path">Full path.</param>
/// <param name="ModifiedTicks">UTC.</param>
/// <param name="Content">Digest of exactly the bytes that were read.</param>
public sealed record CsvInput(string Path, long Bytes, long ModifiedTicks, Digest Content);
