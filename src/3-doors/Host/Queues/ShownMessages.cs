using System.Text;
using Kumiki.Onnx;
using Kumiki.Predictions;
using Kumiki.Serving;

namespace Kumiki.Hosting;

/// <summary>What may be shown of messages: the personal fields of every endpoint that is live are left out, at any depth.</summary>
/// <remarks>A body that is no JSON is not shown at all while there are such fields, for nobody can tell what is in it.</remarks>
sealed class ShownMessages
{
    /// <summary>Characters of a body.</summary>
    const int Longest = 4000;

    static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);
    static readonly string[] Told = ["row", "field", "column"];

    readonly PersonalMask? mask;

    public ShownMessages(LiveRelease live)
    {
        var names = live.Endpoints.Values.SelectMany(e => e.Plan.Fields).Where(f => f.Personal).Select(f => f.Name).Distinct(StringComparer.Ordinal).ToList();
        if (names.Count > 0) mask = new([.. names, .. names.Select(EndpointSchema.CamelOf)]);
    }

    /// <returns>Null where nothing of it may be shown.</returns>
    public (string? Text, bool IsCut) Of(ReadOnlyMemory<byte> body)
    {
        var text = mask is null ? Plain(body.Span) : Masked(body.Span);
        return text is { Length: > Longest } ? (text[..Longest], true) : (text, false);
    }

    static string Plain(ReadOnlySpan<byte> body)
    {
        try
        {
            return Strict.GetString(body);
        }
        catch (DecoderFallbackException)
        {
            return Convert.ToBase64String(body);
        }
    }

    string? Masked(ReadOnlySpan<byte> body)
    {
        // The mask reads objects: a list of rows is one's only field while it does.
        var isList = body.TrimStart(" \t\r\n"u8) is [(byte)'[', ..];
        byte[] read = isList ? [.. "{\"\":"u8, .. body, (byte)'}'] : body.ToArray();
        return mask!.Apply(read) is { } masked ? Encoding.UTF8.GetString(isList ? masked.AsSpan(4, masked.Length - 5) : masked) : null;
    }

    /// <summary>A reason, without the values of personal fields.</summary>
    public Said Of(Message reason, Language language)
    {
        var about = Told.Select(t => reason.Values.GetValueOrDefault(t)).OfType<string>().ToList();
        if (mask is null || !about.Any(mask.Hides)) return Said.Of(reason, language);
        return Said.Of(new(reason.Id, reason.Values.ToDictionary(v => v.Key, v => Told.Contains(v.Key) ? v.Value : "…")), language);
    }
}
