using Microsoft.AspNetCore.Http;

namespace Kumiki.Hosting;

/// <summary>The language a request asks for by Accept-Language: the first of ours it names, else English.</summary>
readonly record struct Language(string Code)
{
    public static Language Of(HttpContext http) => new(Catalogue.Known(http.Request.Headers.AcceptLanguage));

    public static ValueTask<Language> BindAsync(HttpContext http) => new(Of(http));
}

/// <summary>A message as the API gives it: the entry and its values for programs, the sentence for people.</summary>
sealed record Said(string Id, IReadOnlyDictionary<string, string> Values, string Text)
{
    public static Said Of(Message message, Language language) => new(message.Id, message.Values, TextOf(message, language));

    /// <summary>A message kept by an older or newer program may have an entry this one does not know; then its values are said plainly.</summary>
    static string TextOf(Message message, Language language)
    {
        try
        {
            return message.In(language.Code);
        }
        catch (KeyNotFoundException)
        {
            return $"{message.Id}: {string.Join(", ", message.Values.Select(v => $"{v.Key} = {v.Value}"))}";
        }
    }
}
