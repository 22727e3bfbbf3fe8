namespace Kumiki.Tables;

/// <summary>The grammar of a CSV text, the same for cutting it into parts and for reading its records (RFC 4180, and what to do where a file breaks
/// it).</summary>
/// <remarks>
/// A quote opens a field only as its first byte; elsewhere it is a letter. A quoted field ends at a quote that is followed by a delimiter, a line end or the
/// end of the file; a doubled quote is a quote. Where that does not
/// come about, the quote is broken: the record ends with the line on which the quote stands, and the next line is a new record.
/// </remarks>
readonly record struct CsvText(byte Delimiter, int LongestField)
{
    internal const byte Quote = (byte)'"';

    internal enum QuoteEnd
    {
        Closed,
        Broken,

        /// <summary>The text at hand ends before it can be told.</summary>
        Cut,
    }

    /// <summary>Follows a quoted field.</summary>
    /// <param name="open">Where its opening quote stands.</param>
    /// <param name="last">The text ends where the file, or the records at hand, end.</param>
    /// <param name="close">Where its closing quote stands.</param>
    /// <param name="doubled">It holds doubled quotes.</param>
    internal QuoteEnd Follow(ReadOnlySpan<byte> text, int open, bool last, out int close, out bool doubled)
    {
        doubled = false;
        for (var at = open + 1; ; at = close + 2)
        {
            var quote = text[at..].IndexOf(Quote);
            close = at + quote;
            if (quote < 0) return last || text.Length - open > LongestField ? QuoteEnd.Broken : QuoteEnd.Cut;
            if (close - open > LongestField) return QuoteEnd.Broken;
            if (close + 1 == text.Length) return last ? QuoteEnd.Closed : QuoteEnd.Cut;
            var next = text[close + 1];
            if (next == Delimiter || next == '\n') return QuoteEnd.Closed;
            if (next == '\r')
            {
                if (close + 2 == text.Length) return last ? QuoteEnd.Closed : QuoteEnd.Cut;
                return text[close + 2] == '\n' ? QuoteEnd.Closed : QuoteEnd.Broken;
            }
            if (next != Quote) return QuoteEnd.Broken;
            doubled = true;
            if (close + 2 == text.Length) return last ? QuoteEnd.Broken : QuoteEnd.Cut;
        }
    }

    /// <summary>Where the last whole record of a text ends that goes on behind it; 0 when it holds none.</summary>
    internal int LastRecordEnd(ReadOnlySpan<byte> text)
    {
        var end = 0;
        for (var at = 0; ;)
        {
            var quote = text[at..].IndexOf(Quote);
            var stop = quote < 0 ? text.Length : at + quote;
            var newline = text[at..stop].LastIndexOf((byte)'\n');
            if (newline >= 0) end = at + newline + 1;
            if (quote < 0) return end;
            if (stop > 0 && text[stop - 1] != Delimiter && text[stop - 1] != '\n')
            {
                at = stop + 1;
                continue;
            }
            switch (Follow(text, stop, last: false, out var close, out _))
            {
                case QuoteEnd.Closed:
                    at = close + 1;
                    break;
                case QuoteEnd.Broken:
                    newline = text[stop..].IndexOf((byte)'\n');
                    if (newline < 0) return end;
                    at = end = stop + newline + 1;
                    break;
                default:
                    return end;
            }
        }
    }
}
