using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Kumiki.Tracking;

namespace Kumiki.Hosting;

/// <summary>Tokens of the next page: where it begins, and of which question it is one; no other question takes it.</summary>
static class SearchTokens
{
    /// <param name="question">What is asked, without how many.</param>
    internal static string Question(params IEnumerable<string> question) => Digest.OfParts(question).Short;

    /// <returns>How many to pass over; 0 for the first page.</returns>
    internal static long Offset(Fields fields, string question)
    {
        if (fields.TextOrNull("page_token") is not { Length: > 0 } token) return 0;
        Span<byte> bytes = stackalloc byte[64];
        if (token.Length > 80 || !Base64Url.IsValid(token) || !Base64Url.TryDecodeFromChars(token, bytes, out var length)
            || Encoding.UTF8.GetString(bytes[..length]).Split(' ') is not [var of, var at]
            || !long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
            throw Fields.Bad(Message.Of("tracking.bad-token"));
        return of == question ? offset : throw Fields.Bad(Message.Of("tracking.other-token"));
    }

    internal static string Token(string question, long offset) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $"{question} {offset}")));

    /// <summary>One page of what <paramref name="find"/> finds, and the next one's token; it is asked for one more than wanted, to know whether there
    /// is a next.</summary>
    internal static async Task<(IReadOnlyList<T> Found, string? Next)> PageAsync<T>(Fields fields, int most, string question, Func<Page,
        Task<IReadOnlyList<T>>> find)
    {
        var offset = Offset(fields, question);
        var found = await find(new(offset, most + 1));
        return found.Count <= most ? (found, null) : ([.. found.Take(most)], Token(question, offset + most));
    }
}
