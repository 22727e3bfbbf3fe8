using System.Text;
using System.Text.Unicode;

namespace Kumiki.Tables;

/// <summary>Text must be UTF-8.</summary>
static class Utf8Text
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
            ("value", $"0x{text[at]:X2}"), ("encoding", Transcoding.Guess(suspect))));
    }

    /// <summary>The beginning of a text, cut between characters.</summary>
    internal static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> text, int most)
    {
        var end = Math.Min(text.Length, most);
        while (end > 0 && end < text.Length && (text[end] & 0xC0) == 0x80) end--;
        return text[..end];
    }
}
